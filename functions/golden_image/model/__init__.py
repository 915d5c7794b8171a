"""The values that a run is made of. They answer questions about themselves; nothing here acts."""
