"""The answer of a check of a long operation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """The answer of a check: done, or the seconds until the next poll; and the progress in words."""

    done: bool
    wait_seconds: int
    progress: str


@dataclass(frozen=True)
class ImageCheck(Check):
    """A check of the image, with the snapshots that it has so far."""

    snapshot_ids: tuple[str, ...]
