"""The instances of a failed run in a group that is not its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from golden_image.group import group, members
from golden_image.model.made import template_version

if TYPE_CHECKING:
    from collections.abc import Collection


def replace(group_name: str, versions: Collection[str]) -> bool:
    """Have Auto Scaling replace the group's instances that were launched from the run's template version.

    Answers whether there were any; one that is terminating is still there.

    Args:
        versions: the run's, as in model.made.
    """
    found = group.find(group_name)
    there = found["Instances"] if found else []
    launched = [one["InstanceId"] for one in there if template_version(one) in versions]
    return bool(found and members.end_those(found, launched))
