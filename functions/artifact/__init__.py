"""What `sam build` makes of functions/: run by the Makefile beside it, and not part of what it makes."""

# The packages that run on Lambda.
PACKAGES = ("golden_image", "handlers")
