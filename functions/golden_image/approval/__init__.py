"""Approval: a run asks people before it goes on, and waits for their answer."""
