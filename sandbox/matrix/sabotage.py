"""The product with one of its safeguards switched off, for the runs whose name says so.

The matrix has to notice. A sandbox that is started with SANDBOX_SABOTAGE in its environment puts this into
each function's process; the product knows nothing of it.
"""

from __future__ import annotations

import importlib
from dataclasses import replace
from typing import Any

VARIABLE = "SANDBOX_SABOTAGE"
WITHOUT_ADOPTION = "without-adoption"
WITHOUT_ROLL_BACK = "without-roll-back"
WITHOUT_LOCK = "without-lock"
WITHOUT_NEIGHBOURS = "without-neighbours"
ALL_OR_NOTHING = "all-or-nothing"
CARELESS_ROLL = "careless-roll"
CARELESS_WAY_BACK = "careless-way-back"


def install() -> None:
    """Change the domain's functions in this process."""
    snapshots, undo, ledger, polling, giving_back, preferences, refresh, rolling_back = (
        importlib.import_module(f"golden_image.{name}")
        for name in (
            "image.snapshots",
            "undo.undo",
            "run.ledger",
            "polling",
            "group.giving_back",
            "roll_out.preferences",
            "roll_out.refresh",
            "undo.rolling_back",
        )
    )
    for module, name, run_of, changed in (
        (snapshots, "create", lambda run, *_: run, _blind(snapshots)),
        (snapshots, "delete_strays", lambda run, *_: run, {WITHOUT_ADOPTION: lambda *_: None}),
        (undo, "undo", lambda run, *_: run, {WITHOUT_ROLL_BACK: lambda *_, **__: polling.finished("")}),
        (undo, "_launch_template", lambda plan, *_: plan.run, _careless(undo)),
        (giving_back, "give_back", lambda plan: plan.run, _all_or_nothing(giving_back)),
        (refresh, "_start", _name, {CARELESS_ROLL: _all_at_once(preferences, refresh._start)}),
        (
            rolling_back,
            "_start",
            _name,
            {CARELESS_WAY_BACK: _all_at_once(preferences, rolling_back._start)},
        ),
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


def _name(group: dict[str, Any], *_: Any) -> str:
    """The name of a described group, which is its run's."""
    return str(group["AutoScalingGroupName"])


def _all_at_once(preferences: Any, start: Any) -> Any:
    """Start a refresh that may replace all instances at the same time."""
    capacity = preferences._capacity

    def of_none(wanted: Any) -> Any:
        return capacity(replace(wanted, min_healthy_percentage=0, max_healthy_percentage=100))

    def started(*arguments: Any) -> Any:
        preferences._capacity = of_none
        try:
            return start(*arguments)
        finally:
            preferences._capacity = capacity

    return started


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


def _careless(undo: Any) -> dict[str, Any]:
    """Delete the version without a look at who has come to need it."""
    remove = undo._launch_template
    neighbours, template = undo.neighbours, undo.template_removal.launch_template
    naming, find = neighbours.naming, template.find

    def without_default(name: str) -> Any:
        found = find(name)
        return found and {**found, "DefaultVersionNumber": 0}

    def carelessly(*arguments: Any) -> Any:
        neighbours.naming, template.find = (lambda *_: []), without_default
        try:
            return remove(*arguments)
        finally:
            neighbours.naming, template.find = naming, find

    return {WITHOUT_NEIGHBOURS: carelessly}


def _all_or_nothing(giving_back: Any) -> dict[str, Any]:
    """Give up all of a group's settings where one of them is refused."""
    give_back, update = giving_back.give_back, giving_back._update

    def at_once(plan: Any, parts: list[Any], result: Any) -> None:
        whole = {name: value for part in parts for name, value in part.items()}
        update(plan, [whole] if whole else [], result)

    def given_back(plan: Any) -> Any:
        giving_back._update = at_once
        try:
            return give_back(plan)
        finally:
            giving_back._update = update

    return {ALL_OR_NOTHING: given_back}
