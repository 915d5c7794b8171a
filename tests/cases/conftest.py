"""The unit tests' account, for cases that need no workflow."""

from tests.unit.conftest import account, clients, served

__all__ = ["account", "clients", "served"]
