"""The states of the workflow prove_image that need code."""
