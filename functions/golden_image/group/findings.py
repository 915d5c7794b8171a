"""Findings of the look-ups: what is wrong with a plan, and what its reader should know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from golden_image.errors import FieldError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_ec2.type_defs import InstanceTypeInfoTypeDef, LaunchTemplateTypeDef

    from golden_image.run.request import RunRequest, WayBackRequest

    type KnownType = Callable[[str], InstanceTypeInfoTypeDef | None]


class Findings:
    """Problems, each with the field of the input that mends it, and warnings; look-ups add to both.

    The launch template is the one that exists; None where the run makes it.

    Attributes:
        known_type: describes an instance type, as instance_types.find does.
    """

    def __init__(
        self,
        request: RunRequest | WayBackRequest,
        template: LaunchTemplateTypeDef | None,
        known_type: KnownType,
    ) -> None:
        self.request = request
        self.known_type = known_type
        self._carried_from = "launch template" if template else "source"
        self.problems: list[FieldError] = []
        self.warnings: list[str] = []

    def wrong(self, field: str, message: str) -> None:
        """Add a problem."""
        self.problems.append(FieldError(field, message))

    def origin(self, field: str) -> str:
        """Words after the value of a field of `launchTemplate`, which say so where it is not the input's."""
        return (
            "" if self.request.launch_template.get(field) else f", taken over from the {self._carried_from},"
        )
