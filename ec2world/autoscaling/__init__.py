"""moto's Auto Scaling with groups that launch, replace and terminate instances over time."""
