"""The image and its snapshots."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Snapshot:
    """A snapshot and the volume that it is of; CreateSnapshots answers no device names."""

    snapshot_id: str
    volume_id: str


@dataclass(frozen=True)
class Image:
    """The input's settings of the image, with a name that is the same in every try of the run."""

    name: str
    description: str
    tags: dict[str, str]
