"""The situation before a run: its source, its group if it has one, and foreign resources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.matrix.scenarios import TARGET_GROUPS
from sandbox.matrix.standing import standing

if TYPE_CHECKING:
    from sandbox.client import Client
    from sandbox.matrix.scenarios import Scenario

POLICY = "golden-image-target-cpu"


@dataclass(frozen=True)
class Situation:
    """One run's surroundings.

    Attributes:
        foreign: ids and names of resources beside the run that resemble its own.
        own: ids of what it may change and never delete.
        before: the state of source and group, see `standing`.
        existing: whether there is a group, with a template of its name.
        subnet: the source's.
        other_subnet: one that somebody else may give the group.
        spare_subnet: the second one of an existing group, of nobody else; empty where there is no group.
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
    spare_subnet: str = ""


def prepare(client: Client, scenario: Scenario, name: str) -> Situation:
    """Make the surroundings of one run; `name` becomes its group's."""
    seeded = client.seed(platform=scenario.platform)
    source = seeded["instanceId"]
    foreign = _bystanders(client, name, seeded)
    own = [source, *seeded["volumeIds"], seeded["imageId"]]
    for arn in TARGET_GROUPS:
        client.target_group(arn)
    subnet, spare = seeded["subnetId"], ""
    if scenario.existing:
        spare = _spare_subnet(client, name, seeded["vpcId"])
        own.append(_existing_group(client, name, seeded, foreign["image"], spare))
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
        spare_subnet=spare,
    )


def _subnets(client: Client, vpc: str) -> list[str]:
    """The default subnets in which the source's type can be launched."""
    of_vpc: Any = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "default-for-az", "Values": ["true"]}]
    found = client.ec2.describe_subnets(Filters=of_vpc)["Subnets"]
    return sorted(one["SubnetId"] for one in found if not one["AvailabilityZone"].endswith("e"))


def _spare_subnet(client: Client, name: str, vpc: str) -> str:
    """A subnet for the group of that name alone, beyond the default ones (172.31.0.0 to 172.31.95.255)."""
    third, sixteenth = divmod(int(name[1:6]) % (160 * 16), 16)
    created = client.ec2.create_subnet(
        VpcId=vpc,
        CidrBlock=f"172.31.{96 + third}.{16 * sixteenth}/28",
        AvailabilityZone=f"{client.endpoints.region}b",
    )
    return created["Subnet"]["SubnetId"]


def _template_data(image: str, seeded: dict[str, Any]) -> Any:
    return {
        "ImageId": image,
        "InstanceType": seeded["instanceType"],
        "SecurityGroupIds": seeded["securityGroupIds"],
    }


def _bystanders(client: Client, name: str, seeded: dict[str, Any]) -> dict[str, str]:
    """A backup of the source, an image of it, a template and a group with almost its names, an instance."""
    ec2 = client.ec2
    snapshot = ec2.create_snapshot(VolumeId=seeded["volumeIds"][0])["SnapshotId"]
    ec2.get_waiter("snapshot_completed").wait(SnapshotIds=[snapshot], WaiterConfig={"Delay": 0.05})  # type: ignore[typeddict-item]
    image = ec2.register_image(
        Name=f"{name}-backup",
        Architecture="x86_64",
        RootDeviceName="/dev/sda1",
        VirtualizationType="hvm",
        EnaSupport=True,
        BlockDeviceMappings=[{"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": snapshot}}],
    )["ImageId"]
    ec2.get_waiter("image_available").wait(ImageIds=[image], WaiterConfig={"Delay": 0.03})  # type: ignore[typeddict-item]
    other = f"{name}-other"
    template = ec2.create_launch_template(
        LaunchTemplateName=other, LaunchTemplateData=_template_data(image, seeded)
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


def _existing_group(client: Client, name: str, seeded: dict[str, Any], image: str, spare: str) -> str:
    """A group with a setting of each kind that a run can change; answers its template's id."""
    stack: Any = {"Key": "golden-image:stack", "Value": client.endpoints.stackName}
    template = client.ec2.create_launch_template(
        LaunchTemplateName=name,
        LaunchTemplateData=_template_data(image, seeded),
        TagSpecifications=[{"ResourceType": "launch-template", "Tags": [stack]}],
    )["LaunchTemplate"]["LaunchTemplateId"]
    of_group: Any = {
        "ResourceId": name,
        "ResourceType": "auto-scaling-group",
        "PropagateAtLaunch": True,
        "Key": "Team",
        "Value": "before",
    }
    scaling = client.autoscaling
    scaling.create_auto_scaling_group(
        AutoScalingGroupName=name,
        MinSize=1,
        MaxSize=3,
        DesiredCapacity=1,
        VPCZoneIdentifier=f"{seeded['subnetId']},{spare}",
        LaunchTemplate={"LaunchTemplateId": template, "Version": "1"},
        TargetGroupARNs=TARGET_GROUPS[1:],
        HealthCheckGracePeriod=60,
        Tags=[of_group],
    )
    scaling.put_scaling_policy(
        AutoScalingGroupName=name,
        PolicyName=POLICY,
        PolicyType="TargetTrackingScaling",
        TargetTrackingConfiguration={
            "PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"},
            "TargetValue": 40,
        },
    )
    scaling.suspend_processes(AutoScalingGroupName=name, ScalingProcesses=["AZRebalance"])
    return template
