"""The unit tests' account, for cases that need no workflow."""

from tests.unit.conftest import account, clients, ledger_table, open_runs, served

__all__ = ["account", "clients", "ledger_table", "open_runs", "served"]
