"""The world of tests/ec2world, and the state machines and functions of tests/sandbox."""

from tests.ec2world.conftest import served, world
from tests.sandbox.conftest import function, machine, role

__all__ = ["function", "machine", "role", "served", "world"]
