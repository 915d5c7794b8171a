"""The situation before a run: its source, its group if it has one, and foreign resources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.matrix import existing, images, launch_template
from sandbox.matrix.answers import NOBODY, SHORTEST
from sandbox.matrix.scenarios import TARGET_GROUPS, alarm_of
from sandbox.matrix.standing import standing

if TYPE_CHECKING:
    from sandbox.client import Client
    from sandbox.matrix.scenarios import Scenario


@dataclass(frozen=True)
class Situation:
    """One run's surroundings.

    Attributes:
        foreign: ids and names of resources beside the run that resemble its own.
        own: ids of what it may change and never delete.
        before: the state of source and group, see `standing`.
        existing: whether there is a group.
        versions: how many versions the template of its name has; 0 where there is none.
        subnet: the source's.
        other_subnet: one that somebody else may give the group.
        spare_subnet: the second one of an existing group, of nobody else; empty where there is no group.
        whole_since: the virtual time at which all instances of an existing group are in service.
    """

    group: str
    source: str
    volumes: list[str]
    run_input: dict[str, Any]
    foreign: dict[str, str]
    own: list[str]
    before: dict[str, Any]
    existing: bool
    subnet: str
    other_subnet: str
    versions: int
    spare_subnet: str = ""
    whole_since: float = 0

    def asked(self, answer: str) -> dict[str, Any]:
        """The run's input; it does not wait for long where nobody answers."""
        if answer != NOBODY:
            return self.run_input
        return {**self.run_input, "approval": {**self.run_input["approval"], "timeout": SHORTEST}}

    @property
    def launches(self) -> str | None:
        """The number of the version that the group's instances are from; None for a launch configuration."""
        return str(self.versions) if self.versions else None


def prepare(client: Client, scenario: Scenario, name: str) -> Situation:
    """Make the surroundings of one run; `name` becomes its group's."""
    profile = name if scenario.managed else None
    if profile:
        client.make_profile(profile)
    seeded = client.seed(platform=scenario.platform, instanceProfile=profile)
    source = seeded["instanceId"]
    foreign = _bystanders(client, name, seeded)
    own = [source, *seeded["volumeIds"], seeded["imageId"]]
    for arn in TARGET_GROUPS:
        client.target_group(arn)
    subnet, spare, since = seeded["subnetId"], "", 0.0
    if scenario.existing:
        spare = existing.spare_subnet(client, name, seeded["vpcId"])
        around = {**seeded, "imageId": foreign["image"], "spareSubnetId": spare, "instanceProfile": profile}
        own += existing.make(client, scenario, name, around)
    if scenario.rolls:
        since = existing.until_whole(client, name, scenario.size)
    if scenario.watches:
        client.control("PUT", "alarms", {"name": alarm_of(name), "state": "OK"})
    run_input = scenario.to_input(source, name, client.endpoints.notificationTopicArn, subnet)
    before = standing(client, name, source)
    other = next(one for one in _subnets(client, seeded["vpcId"]) if one != subnet)
    return Situation(
        group=name,
        source=source,
        volumes=seeded["volumeIds"],
        run_input=run_input,
        foreign=foreign,
        own=own,
        before=before,
        existing=scenario.existing,
        subnet=subnet,
        other_subnet=other,
        versions=len(before["versions"]),
        spare_subnet=spare,
        whole_since=since,
    )


def _subnets(client: Client, vpc: str) -> list[str]:
    """The default subnets in which the source's type can be launched."""
    of_vpc: Any = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "default-for-az", "Values": ["true"]}]
    found = client.ec2.describe_subnets(Filters=of_vpc)["Subnets"]
    return sorted(one["SubnetId"] for one in found if not one["AvailabilityZone"].endswith("e"))


def _bystanders(client: Client, name: str, seeded: dict[str, Any]) -> dict[str, str]:
    """A backup of the source, an image of it, a template and a group with almost its names, an instance."""
    ec2 = client.ec2
    image, snapshot = images.registered(client, f"{name}-backup", seeded["volumeIds"][0])
    other = f"{name}-other"
    template = ec2.create_launch_template(
        LaunchTemplateName=other, LaunchTemplateData=launch_template.data({**seeded, "imageId": image})
    )["LaunchTemplate"]["LaunchTemplateId"]
    client.autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=other,
        MinSize=0,
        MaxSize=1,
        DesiredCapacity=0,
        VPCZoneIdentifier=seeded["subnetId"],
        LaunchTemplate={"LaunchTemplateId": template, "Version": "1"},
    )
    launched = ec2.run_instances(
        ImageId=seeded["imageId"],
        InstanceType="t3.small",
        MinCount=1,
        MaxCount=1,
        SubnetId=seeded["subnetId"],
    )
    instance = launched["Instances"][0]["InstanceId"]
    return {"snapshot": snapshot, "image": image, "template": template, "group": other, "instance": instance}
