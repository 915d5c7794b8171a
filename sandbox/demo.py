"""`python -m sandbox demo`: one refresh from a source instance to a drained group, and what it left."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from sandbox.build import ROOT
from sandbox.client import Client
from sandbox.launcher import sandbox
from sandbox.narration import Narration
from sandbox.run import summary

if TYPE_CHECKING:
    from pathlib import Path

    from mypy_boto3_ec2.type_defs import FilterTypeDef

# Slow enough to watch: the whole refresh takes a third of a minute.
_SCALE = 0.05
VOLUMES = [
    {"deviceName": "/dev/xvda", "sizeGiB": 8},
    {"deviceName": "/dev/xvdb", "sizeGiB": 20},
]


def demo(directory: Path) -> int:
    """Show one refresh in a new sandbox. Answers 0 only where EC2 then shows what the run should leave."""
    begun = time.monotonic()
    event = min((ROOT / "events/execution").glob("*.json"))
    with sandbox(directory, _SCALE, say=_say) as endpoints:
        client = Client(endpoints)
        source = client.seed(name="demo-source", volumes=VOLUMES)["instanceId"]
        run_input = json.loads(event.read_text()) | {"sourceInstanceId": source}
        print(f"ready after {time.monotonic() - begun:.1f} s; {endpoints.scale} s here are a second there")
        print(f"source {source}, {len(VOLUMES)} volumes; input {event.relative_to(ROOT)}\n", flush=True)
        arn = client.start(run_input)
        Narration(endpoints.scale).tell(client.events(arn))
        run = client.wait(arn)
        print(f"\n{summary(run)}\n\nWhat EC2 and Auto Scaling show now:")
        findings = _findings(client, arn, source, run_input["autoScalingGroupName"])
        for good, text in findings:
            print(f"  {'ok ' if good else 'NOT'} {text}")
    good = run.status == "SUCCEEDED" and all(good for good, _ in findings)
    print(f"\n{'done' if good else 'FAILED'} in {time.monotonic() - begun:.1f} s")
    return 0 if good else 1


def _say(text: str) -> None:
    print(f"sandbox: {text}", flush=True)


def _findings(client: Client, run: str, source: str, group: str) -> list[tuple[bool, str]]:
    """The expected results of the run, and whether they exist. Nothing is taken from its output."""
    return [
        *_image(client, run, source),
        _launch_template(client, run),
        *_group(client, group),
        _source(client, source),
    ]


def _made_by(run: str) -> list[FilterTypeDef]:
    return [{"Name": "tag:golden-image:run", "Values": [run]}]


def _image(client: Client, run: str, source: str) -> list[tuple[bool, str]]:
    images = client.ec2.describe_images(Owners=["self"], Filters=_made_by(run))["Images"]
    names = [f"{image['ImageId']} {image['Name']} {image['State']}" for image in images]
    good = len(images) == 1 and images[0]["State"] == "available"
    findings = [(good, f"image {', '.join(names) or 'none'}")]
    attached: list[FilterTypeDef] = [{"Name": "attachment.instance-id", "Values": [source]}]
    volumes = {v["VolumeId"] for v in client.ec2.describe_volumes(Filters=attached)["Volumes"]}
    snapshots = client.ec2.describe_snapshots(OwnerIds=["self"], Filters=_made_by(run))["Snapshots"]
    for s in snapshots:
        text = f"snapshot {s['SnapshotId']} of {s['VolumeId']}, {s['VolumeSize']} GiB, {s['State']}"
        findings.append((s["State"] == "completed" and s["VolumeId"] in volumes, text))
    one_each = len(snapshots) == len(volumes) and {s["VolumeId"] for s in snapshots} == volumes
    return [*findings, (one_each, f"{len(snapshots)} snapshots for {len(volumes)} volumes")]


def _launch_template(client: Client, run: str) -> tuple[bool, str]:
    templates = client.ec2.describe_launch_templates(Filters=_made_by(run))["LaunchTemplates"]
    versions = [f"{t['LaunchTemplateName']} version {t['LatestVersionNumber']}" for t in templates]
    return len(templates) == 1, f"launch template {', '.join(versions) or 'none'}"


def _group(client: Client, name: str) -> list[tuple[bool, str]]:
    groups = client.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])
    findings = []
    for group in groups["AutoScalingGroups"]:
        sizes = [group["MinSize"], group["DesiredCapacity"], group["MaxSize"]]
        used = group.get("LaunchTemplate", {})
        text = f"group {name} at {'/'.join(map(str, sizes))} (min/desired/max), version {used.get('Version')}"
        findings.append((sizes == [0, 0, 0] and not group["Instances"], text))
    if not findings:
        return [(False, f"group {name}: none")]
    members: list[FilterTypeDef] = [{"Name": "tag:aws:autoscaling:groupName", "Values": [name]}]
    reservations = client.ec2.describe_instances(Filters=members)["Reservations"]
    states = [i["State"]["Name"] for reservation in reservations for i in reservation["Instances"]]
    left = [state for state in states if state != "terminated"]
    return [*findings, (not left, f"{len(left)} instances of the group left")]


def _source(client: Client, source: str) -> tuple[bool, str]:
    found = client.ec2.describe_instances(InstanceIds=[source])["Reservations"][0]["Instances"][0]
    state = found["State"]["Name"]
    return state == "running", f"source {source} {state}"
