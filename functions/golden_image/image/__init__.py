"""The image: its snapshots, its registration, the checks of both."""
