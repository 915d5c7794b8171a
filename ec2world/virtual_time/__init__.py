"""Virtual time: how long each kind of change takes, and what is due when."""
