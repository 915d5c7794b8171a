"""The build of functions/ for `sam build`. The Makefile beside it runs it; its result does not contain it."""

# The packages that run on Lambda.
PACKAGES = ("golden_image", "handlers")
