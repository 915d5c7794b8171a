"""The way back: the state that undoes a run, and the sweeper, which looks for runs that need it."""
