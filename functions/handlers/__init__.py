"""One module per state that needs code, named after the state."""
