"""The undo of a run, and the sweeper that starts it."""
