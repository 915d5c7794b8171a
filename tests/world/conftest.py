"""The world of tests/ec2world, and the state machines of tests/sandbox."""

from tests.ec2world.conftest import served, world
from tests.sandbox.conftest import machine, role

__all__ = ["machine", "role", "served", "world"]
