"""The instances of a failed run in a group that is not its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from golden_image import aws, tags
from golden_image.group import group, members
from golden_image.run import changes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from golden_image.model.launch_template import LaunchTemplate


def replace(run: str, group_name: str) -> bool:
    """Have Auto Scaling replace the group's instances that were launched from the run's template version.

    Answers whether there were any; one that is terminating is still there.
    """
    found, change = group.find(group_name), changes.read(run)
    if found is None or change is None:
        return False
    launched = _launched(run, change.version, found["Instances"])
    for member in launched:
        if not member["LifecycleState"].startswith("Terminating"):
            members.end(member["InstanceId"])
    return bool(launched)


def _launched(
    run: str, version: LaunchTemplate | None, there: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """The members from the run's version; by their tags for a row that does not have the version."""
    if version is not None:
        return [one for one in there if members.version(one) == (version.id, str(version.version))]
    pages = aws.client("ec2").get_paginator("describe_instances").paginate(Filters=tags.made_by(run))
    marked = {i["InstanceId"] for page in pages for r in page["Reservations"] for i in r["Instances"]}
    return [one for one in there if one["InstanceId"] in marked]
