"""Trouble with any call: faults, stale reads, token buckets, limits."""
