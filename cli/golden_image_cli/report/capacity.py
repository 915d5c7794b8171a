"""How many instances a group had in service while a run changed it, as the run's checks have seen it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from golden_image_cli.history import Visit

_LEFT = re.compile(r"(\d+) left")
_IN_SERVICE = re.compile(r"(\d+) of \d+ in service")


@dataclass(frozen=True)
class Capacity:
    """What one check has seen.

    Attributes:
        at: seconds since the run's start.
        before: instances of what the group launched from before; while it drains, all that are left.
        after: instances in service of the run's version.
    """

    at: float
    before: int
    after: int


@dataclass(frozen=True)
class Checkpoint:
    """A percentage of a roll that was reached, and when, in seconds since the run's start."""

    at: float
    percent: int


def read(visits: Sequence[Visit], start: datetime) -> list[Capacity]:
    """Each time that the capacity was seen to change. Older runs did not note it in a roll."""
    found: list[Capacity] = []
    for at, visit in _checks(visits, start):
        seen = _seen(visit.name, visit.answer)
        if seen and (not found or seen != (found[-1].before, found[-1].after)):
            found.append(Capacity(at, *seen))
    return found


def checkpoints(visits: Sequence[Visit], start: datetime) -> list[Checkpoint]:
    """The checkpoints that a roll has reached."""
    found: list[Checkpoint] = []
    for at, visit in _checks(visits, start):
        percent = visit.answer.get("checkpoint")
        if isinstance(percent, int) and percent > (found[-1].percent if found else 0):
            found.append(Checkpoint(at, percent))
    return found


def _checks(visits: Sequence[Visit], start: datetime) -> Iterator[tuple[float, Visit]]:
    for visit in visits:
        if visit.path == ("Roll Out",) and visit.exited and visit.answer:
            yield (visit.exited - start).total_seconds(), visit


def _seen(state: str, answer: dict[str, Any]) -> tuple[int, int] | None:
    """The instances of before and of the run's version that a check tells; None where it tells none."""
    in_service, own = answer.get("inService"), answer.get("ofVersion")
    if isinstance(in_service, int) and isinstance(own, int):
        return in_service - own, own
    progress = str(answer.get("progress"))
    if state == "Check Group Drained":
        left = _LEFT.match(progress)
        return (int(left[1]), 0) if left else (0, 0) if answer.get("done") else None
    if state == "Check Capacity" and (there := _IN_SERVICE.match(progress)):
        return 0, int(there[1])
    return None
