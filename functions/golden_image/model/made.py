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
        group_arns: of a group that the run created, once it was shown. Its ARN has an id of its own.
        canaries, canary_volumes: the instance that proves the image, and its volumes.
        canary_subnets: those in which a launch of it was tried, each noted before its call.
        commands: the ids of commands, each after its purpose: `prepare/0b1c…`.
        command_tries: when the first one for each purpose was sent, noted before its call:
            `prepare/2026-11-29T20:00:00Z`.
    """

    snapshot_ids: frozenset[str] = frozenset()
    image_ids: frozenset[str] = frozenset()
    template_versions: frozenset[str] = frozenset()
    group_arns: frozenset[str] = frozenset()
    canaries: frozenset[str] = frozenset()
    canary_volumes: frozenset[str] = frozenset()
    canary_subnets: frozenset[str] = frozenset()
    commands: frozenset[str] = frozenset()
    command_tries: frozenset[str] = frozenset()

    def has_created(self, group: Mapping[str, Any]) -> bool:
        """Whether the run has created a group that has the name of its own.

        Its ARN says so. Where the answer of the creation was lost, it launches from the run's version: a tag
        proves nothing.
        """
        if self.group_arns:
            return group["AutoScalingGroupARN"] in self.group_arns
        return template_version(group) in self.template_versions


def template_version(launched: Mapping[str, Any]) -> str:
    """The version that a group or an instance of it launches from, in the form of Made.template_versions."""
    template = launched.get("LaunchTemplate", {})
    return f"{template.get('LaunchTemplateId')}/{template.get('Version')}"
