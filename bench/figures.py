"""A measured figure: ours, beside what people would otherwise use."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One line of what `make bench` prints.

    Attributes:
        figure: the benchmark and what it measured, such as `downtime/16384 GiB`.
        ours: in `unit`.
        theirs: of what people would otherwise use, in `unit`; None where there is nothing to compare with.
        at_most: the bar: for the ratio of the two, or for ours where theirs is None. None has no bar.
    """

    figure: str
    ours: float
    theirs: float | None
    unit: str
    at_most: float | None = None

    @property
    def ratio(self) -> float | None:
        """Ours as a part of theirs."""
        return None if not self.theirs else self.ours / self.theirs

    @property
    def met(self) -> bool:
        """Whether the bar is kept; a figure without one always is."""
        if self.at_most is None:
            return True
        judged = self.ours if self.theirs is None else self.ratio
        return judged is not None and judged <= self.at_most

    def to_json(self) -> str:
        """One line."""
        line = {
            "figure": self.figure,
            "ours": _rounded(self.ours),
            "theirs": _rounded(self.theirs),
            "ratio": _rounded(self.ratio),
            "unit": self.unit,
        }
        if self.at_most is not None:
            line |= {"atMost": self.at_most, "met": self.met}
        return json.dumps(line)


def _rounded(value: float | None) -> float | None:
    """To four digits that count."""
    return None if value is None else float(f"{value:.4g}")
