"""`golden-image`: the command line of golden-image-refresh, for a deployed stack and for a sandbox."""
