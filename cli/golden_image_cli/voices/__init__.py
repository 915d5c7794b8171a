"""How a run is told: to a terminal, to a pipe, to a program."""
