"""The states of the rollout that need code: drain, then restore."""
