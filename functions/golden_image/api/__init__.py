"""Runs as the callers of the API see them."""
