"""What a page consists of. How it is written is the business of its writers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from golden_image_cli.report.chart_parts import Spec


@dataclass(frozen=True)
class Tiles:
    """The figures that matter most: each with its name, and what there is to say about it."""

    tiles: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Table:
    """Rows of text under a head; `is_pair` is set where the last two columns are before and after."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    is_pair: bool = False


@dataclass(frozen=True)
class Prose:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Command:
    """A command for a terminal, or an output."""

    text: str


@dataclass(frozen=True)
class Items:
    """A list."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Chart:
    """A picture, which is drawn for a width in pixels; `told` is what it shows, in words."""

    spec: Callable[[int], Spec]
    told: str


@dataclass(frozen=True)
class Columns:
    """Two pages side by side, or one after the other where there is no room."""

    left: Page
    right: Page


type Block = Tiles | Table | Prose | Command | Items | Chart | Columns


@dataclass(frozen=True)
class Section:
    """Some blocks under a title."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Page:
    """A page; `outcome` is a run's status, which decides the color of its mark."""

    title: str
    outcome: str
    about: str
    sections: tuple[Section, ...]
