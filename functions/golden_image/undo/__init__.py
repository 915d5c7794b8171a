"""The way back after a failure."""
