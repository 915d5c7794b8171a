"""What can go wrong with any call: faults, stale reads, token buckets, limits."""
