"""Whether a run has touched foreign resources: by the record, and by the resources themselves."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ec2world.trouble.acts import SOMEBODY
from ec2world.wire.trace import root_of
from sandbox.matrix import somebody

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sandbox.client import Client
    from sandbox.matrix.schedules import Schedule
    from sandbox.matrix.situation import Situation

_IDS = re.compile(r"\b(?:i|ami|snap|lt|vol)-[0-9a-f]{8,}\b|\bm\d{5}-[a-z-]+\b")
_READS = ("Describe", "Get", "List", "Query", "Scan")
_DELETES = ("Delete", "Deregister", "Terminate")


def touched(
    client: Client, situations: Mapping[str, tuple[Schedule, Situation]]
) -> list[tuple[Schedule, str]]:
    """The touched resources, each with its schedule."""
    return [*_by_the_record(client, situations), *_by_what_is_there(client, situations)]


def _by_the_record(
    client: Client, situations: Mapping[str, tuple[Schedule, Situation]]
) -> Iterator[tuple[Schedule, str]]:
    """No run's call names a foreign resource; no delete names a resource from before."""
    of_trace = {root_of(arn): arn for arn in situations}
    owners = _owners(situations)
    for call in client.calls():
        arn = of_trace.get(call["trace"])
        if (
            arn is None
            or call["role"] == SOMEBODY
            or call["service"] not in ("ec2", "autoscaling")
            or call["action"].startswith(_READS)
            # A dry run is a question.
            or call["params"].get("DryRun")
        ):
            continue
        schedule, situation = situations[arn]
        for name in _IDS.findall(str(call["params"])):
            owner = owners.get(name, arn)
            deletes = call["action"].startswith(_DELETES) and name in situation.own
            versions = call["action"] == "DeleteLaunchTemplateVersions"
            if owner != arn or (deletes and not versions):
                yield schedule, f"{call['role']} called {call['action']} with {name}"


def _owners(situations: Mapping[str, tuple[Schedule, Situation]]) -> dict[str, str]:
    """The run of each id; a foreign resource belongs to none."""
    owners: dict[str, str] = {}
    for arn, (_, situation) in situations.items():
        owners |= dict.fromkeys(situation.own, arn)
        owners |= dict.fromkeys(situation.foreign.values(), "nobody")
    return owners


def _by_what_is_there(
    client: Client, situations: Mapping[str, tuple[Schedule, Situation]]
) -> Iterator[tuple[Schedule, str]]:
    """The foreign resources exist unchanged."""
    there = _everything(client)
    # One that somebody has given a run's version is judged with that run.
    there["group"] |= {
        call["params"]["AutoScalingGroupName"]
        for call in somebody.done(client.calls())
        if somebody.uses_version(call)
    }
    for schedule, situation in situations.values():
        for kind, name in situation.foreign.items():
            if name not in there[kind]:
                yield schedule, f"the {kind} {name} beside the run is gone or changed"


def _everything(client: Client) -> dict[str, set[str]]:
    """The ids of what is there and has no mark of a run."""
    ec2: Any = client.ec2
    groups = client.autoscaling.get_paginator("describe_auto_scaling_groups").paginate()
    reservations = ec2.get_paginator("describe_instances").paginate()
    snapshots = ec2.get_paginator("describe_snapshots").paginate(OwnerIds=["self"])
    templates = ec2.get_paginator("describe_launch_templates").paginate()
    return {
        "snapshot": {s["SnapshotId"] for page in snapshots for s in page["Snapshots"] if not _marked(s)},
        "image": {i["ImageId"] for i in ec2.describe_images(Owners=["self"])["Images"] if not _marked(i)},
        "template": {
            t["LaunchTemplateId"]
            for page in templates
            for t in page["LaunchTemplates"]
            if not _marked(t) and t["LatestVersionNumber"] == 1
        },
        "group": {
            g["AutoScalingGroupName"]
            for page in groups
            for g in page["AutoScalingGroups"]
            if not _marked(g) and (g["MinSize"], g["MaxSize"], g["DesiredCapacity"]) == (0, 1, 0)
        },
        "instance": {
            i["InstanceId"]
            for page in reservations
            for r in page["Reservations"]
            for i in r["Instances"]
            if i["State"]["Name"] == "running" and not _marked(i)
        },
    }


def _marked(resource: Any) -> bool:
    return any(tag["Key"].startswith("golden-image:") for tag in resource.get("Tags", []))
