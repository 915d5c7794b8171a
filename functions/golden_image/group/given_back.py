"""What giving a group back has come to."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from golden_image import aws
from golden_image.errors import GoldenImageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from golden_image.model.group import Sizes


@dataclass
class GivenBack:
    """What giving a group back has come to.

    Attributes:
        left: something was set, or the group is going; the next pass looks again.
        stays: why the group stays on the run's version; None where it does not.
        waits_for: what keeps the group from being given back for now, in words; None where nothing does.
        ignored: instances of the run's version that stay, as a refresh is to ignore them.
        notes: what somebody else has set since the run did, and what stays of it.
        failures: what could not be given back.
    """

    left: bool = False
    stays: str | None = None
    waits_for: str | None = None
    ignored: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    failures: list[GoldenImageError] = field(default_factory=list)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keep an error in `failures`, so that it does not keep what comes after."""
        try:
            with aws.named_errors():
                yield
        except GoldenImageError as error:
            self.failures.append(error)

    def is_the_runs(self, what: str, now: object, written: object, before: object) -> bool:
        """Whether a setting is still as the run set it, and was another before; a third value is noted."""
        if now == before:
            return False
        if now != written:
            self.notes.append(
                f"{what}: {_told(now)} (set by the run: {_told(written)}; before: {_told(before)})"
            )
        return now == written

    def note_sizes(self, now: Sizes, before: Sizes) -> None:
        """Note sizes that are not those of before."""
        if now != before:
            self.notes.append(f"sizes: {now} (before: {before})")


def _told(value: object) -> str:
    if isinstance(value, set):
        return ", ".join(sorted(value)) or "none"
    if isinstance(value, dict):
        return json.dumps(value)
    return "none" if value is None else str(value)
