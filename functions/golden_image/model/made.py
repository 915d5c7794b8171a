"""What a run has made so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Made:
    """The ids that calls of a run have answered, as its row in the ledger has them.

    Attributes:
        template_versions: a launch template's id and the number of a version: `lt-0123456789abcdef0/3`.
    """

    snapshot_ids: frozenset[str] = frozenset()
    image_ids: frozenset[str] = frozenset()
    template_versions: frozenset[str] = frozenset()


def template_version(launched: Mapping[str, Any]) -> str:
    """The version that a group or an instance of it launches from, in the form of Made.template_versions."""
    template = launched.get("LaunchTemplate", {})
    return f"{template.get('LaunchTemplateId')}/{template.get('Version')}"
