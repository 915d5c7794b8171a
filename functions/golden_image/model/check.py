"""What a look at something that takes its time has seen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """What a check saw: done, or the seconds to wait before the next look, and progress in words."""

    done: bool
    wait_seconds: int
    progress: str


@dataclass(frozen=True)
class ImageCheck(Check):
    """A check of the image, with the snapshots that it has so far."""

    snapshot_ids: tuple[str, ...]
