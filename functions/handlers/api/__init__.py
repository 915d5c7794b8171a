"""What starts, lists, describes and stops runs: the API's routes, and the schedule's target."""
