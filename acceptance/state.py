"""The state files: which acceptances were begun and not removed yet, so that a killed one can be finished.

A file is written before anything is made. It needs no list of what was made: see removal.py.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sandbox.build import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from acceptance.account import Account

DIRECTORY = ROOT / ".sandbox/acceptance"


def begin(account: Account, name: str) -> None:
    """Write down that an acceptance of that name begins."""
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    _path(name).write_text(json.dumps({"account": account.number, "region": account.region}))


def end(name: str) -> None:
    """Forget an acceptance of which nothing is left."""
    _path(name).unlink(missing_ok=True)


def begun(account: Account) -> list[str]:
    """The names of the acceptances that were begun in this account and Region."""
    place = {"account": account.number, "region": account.region}
    return [path.stem for path in sorted(DIRECTORY.glob("*.json")) if json.loads(path.read_text()) == place]


def _path(name: str) -> Path:
    return DIRECTORY / f"{name}.json"
