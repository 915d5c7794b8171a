"""The states of golden_image_refresh that need code: from the plan to the group, and the lock."""
