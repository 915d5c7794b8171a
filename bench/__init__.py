"""Measurements of this project beside what people would otherwise use; `make bench` runs them all."""
