"""Findings of the look-ups: what is wrong with a plan, and what its reader should know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from golden_image.errors import FieldError

if TYPE_CHECKING:
    from golden_image.run.request import RunRequest


class Findings:
    """Problems, each with the field of the input that mends it, and warnings; look-ups add to both."""

    def __init__(self, request: RunRequest) -> None:
        self.request = request
        self.problems: list[FieldError] = []
        self.warnings: list[str] = []

    def wrong(self, field: str, message: str) -> None:
        """Add a problem."""
        self.problems.append(FieldError(field, message))

    def origin(self, setting: str) -> str:
        """Words after the value of a setting of the new version, which say so where it is not the input's."""
        stated = getattr(self.request.launch_template, setting) is not None
        return "" if stated else ", taken over from the source,"
