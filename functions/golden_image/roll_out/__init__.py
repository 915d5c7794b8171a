"""The rollout: what happens to the group's instances."""
