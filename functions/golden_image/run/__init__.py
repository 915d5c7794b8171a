"""A run: what it is asked to do, its plan, its row in the ledger."""
