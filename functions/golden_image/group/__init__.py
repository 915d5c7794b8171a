"""The Auto Scaling group, its options and its launch template."""
