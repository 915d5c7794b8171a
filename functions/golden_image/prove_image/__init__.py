"""The canary: one instance that proves the image before the group is touched."""
