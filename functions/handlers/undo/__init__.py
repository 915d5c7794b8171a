"""The states of the workflow undo that need code, and the sweeper, which starts it."""
