"""The API's routes, which start, list, describe and stop runs, and the schedule's target."""
