"""The source: its facts, its power state, and what a run refuses of it."""
