"""The metrics that AWS has not of its own: of each run at its end, and of what is kept, once an hour."""
