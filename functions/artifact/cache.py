"""Results that are kept until their sources change."""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def made_once(kind: Path, sources: list[Path], make: Callable[[Path], None]) -> Path:
    """The result that `make` made of these files with this Python; only the newest of a kind is kept."""
    digest = hashlib.sha256(importlib.util.MAGIC_NUMBER)
    for source in sources:
        digest.update(f"{source}\0".encode() + source.read_bytes())
    place, unfinished = kind / digest.hexdigest()[:16], kind / "unfinished"
    if not place.exists():
        for old in [path for path in kind.glob("*") if path != unfinished]:
            # Whoever is stopped while removing leaves nothing under a finished one's name.
            shutil.rmtree(unfinished, ignore_errors=True)
            old.rename(unfinished)
        shutil.rmtree(unfinished, ignore_errors=True)
        make(unfinished)
        unfinished.rename(place)
    return place
