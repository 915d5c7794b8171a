"""The product with one of its safeguards switched off, for the runs whose name says so.

The matrix has to notice. A sandbox that is started with SANDBOX_SABOTAGE in its environment puts this into
each function's process; the product knows nothing of it.
"""

from __future__ import annotations

import importlib
from typing import Any

VARIABLE = "SANDBOX_SABOTAGE"
WITHOUT_ADOPTION = "without-adoption"
WITHOUT_ROLL_BACK = "without-roll-back"
WITHOUT_LOCK = "without-lock"


def install() -> None:
    """Change the domain's functions in this process."""
    snapshots, undo, ledger, polling = (
        importlib.import_module(f"golden_image.{name}")
        for name in ("image.snapshots", "undo.undo", "run.ledger", "polling")
    )
    for module, name, run_of, changed in (
        (snapshots, "create", lambda run, *_: run, _blind(snapshots)),
        (snapshots, "delete_strays", lambda run, *_: run, {WITHOUT_ADOPTION: lambda *_: None}),
        (undo, "undo", lambda run, *_: run, {WITHOUT_ROLL_BACK: lambda *_, **__: polling.finished("")}),
        (ledger, "lock", lambda plan, *_: plan.run, _unlocked(ledger)),
    ):
        setattr(module, name, _for_some(getattr(module, name), run_of, changed))


def _for_some(original: Any, run_of: Any, changed: dict[str, Any]) -> Any:
    def chosen(*arguments: Any, **named: Any) -> Any:
        run = run_of(*arguments)
        for mark, other in changed.items():
            if mark in run:
                return other(*arguments, **named)
        return original(*arguments, **named)

    return chosen


def _blind(snapshots: Any) -> dict[str, Any]:
    """Create without a look at what a lost try has made."""
    create, look = snapshots.create, snapshots.owned.snapshots

    def blindly(*arguments: Any) -> Any:
        snapshots.owned.snapshots = lambda *_: []
        try:
            return create(*arguments)
        finally:
            snapshots.owned.snapshots = look

    return {WITHOUT_ADOPTION: blindly}


def _unlocked(ledger: Any) -> dict[str, Any]:
    """Write the run's row and take no lock."""
    lock, locks = ledger.lock, ledger._locks

    def unlocked(*arguments: Any) -> Any:
        ledger._locks = lambda _: []
        try:
            return lock(*arguments)
        finally:
            ledger._locks = locks

    return {WITHOUT_LOCK: unlocked}
