"""The report of a run: one page of what it did, how long each part took, and what it left."""
