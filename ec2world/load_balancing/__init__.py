"""moto's target groups, with the health of the targets that Auto Scaling registers."""
