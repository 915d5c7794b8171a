"""The states of the workflow run_document that need code."""
