"""The modules of functions/ that run on Lambda."""

from __future__ import annotations

from typing import TYPE_CHECKING

from artifact import PACKAGES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def sources(functions: Path) -> dict[str, str]:
    """The source of each module of functions/ that runs on Lambda, by names such as `golden_image.tags`."""
    paths = sorted(path for package in PACKAGES for path in (functions / package).rglob("*.py"))
    names = (".".join(path.relative_to(functions).with_suffix("").parts) for path in paths)
    return {name: path.read_text(encoding="utf-8") for name, path in zip(names, paths, strict=True)}


def handlers(modules: Iterable[str]) -> list[str]:
    """Those modules that have a handler, such as `handlers.undo.roll_back`."""
    return sorted(name for name in modules if name.startswith("handlers.") and "__" not in name)
