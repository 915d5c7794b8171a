"""Seconds, times and money, as a person reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def duration(seconds: float) -> str:
    """A duration in the two units that matter: `3.3 s`, `2 min 31 s`, `3 h 05 min`, `2 d 4 h`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE:02d} s"
    if whole < _DAY:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE:02d} min"
    return f"{whole // _DAY} d {whole % _DAY // _HOUR} h"


def difference(seconds: float) -> str:
    """A duration with its sign."""
    return f"{'-' if seconds < 0 else '+'}{duration(abs(seconds))}"


def clock(moment: datetime) -> str:
    """A date and a time with the zone in which the program runs."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M:%S %Z}"


def dollars(amount: float) -> str:
    """US dollars: a tenth of a cent is told, and cents are enough from a dollar on."""
    return f"${amount:.2f}" if amount >= 1 else f"${amount:.4f}"


def count(number: int, noun: str) -> str:
    """A number with its noun, in the plural where it is not one."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
