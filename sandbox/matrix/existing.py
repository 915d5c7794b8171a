"""The group that is there before a run, if its scenario has one."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from sandbox.matrix import generations, launch_template
from sandbox.matrix.scenarios import CONFIGURATION, LATEST, MIXED, TARGET_GROUPS

if TYPE_CHECKING:
    from sandbox.client import Client
    from sandbox.matrix.scenarios import Scenario

POLICY = "golden-image-target-cpu"
_WHOLE_SECONDS = 180


def make(client: Client, scenario: Scenario, name: str, around: dict[str, Any]) -> list[str]:
    """A group with a setting of each kind that a run can change; the ids of what it launches from.

    Args:
        around: what a seed has answered, with the group's own image and its spare subnet.
    """
    if scenario.generations:
        launching, own = generations.launching(client, scenario.generations, name, around)
        if scenario.launches_from == LATEST:
            launching["LaunchTemplate"]["Version"] = LATEST
    else:
        launching, own = _launching(client, scenario.launches_from, name, around)
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
        MaxSize=scenario.size + 2,
        DesiredCapacity=scenario.size,
        VPCZoneIdentifier=f"{around['subnetId']},{around['spareSubnetId']}",
        **launching,
        TargetGroupARNs=TARGET_GROUPS[1:],
        HealthCheckType="ELB" if scenario.rolls else "EC2",
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
    return own


def until_whole(client: Client, group: str, size: int) -> float:
    """Wait until so many instances are in service; the virtual time since when they are."""
    deadline = time.monotonic() + _WHOLE_SECONDS
    while True:
        capacity = client.control("GET", f"capacity?group={group}")
        if (last := capacity["changes"][-1])["inService"] == size:
            return float(last["at"])
        if time.monotonic() > deadline:
            raise TimeoutError(f"{group} has not its {size} instances: {last}")
        time.sleep(0.03)


def spare_subnet(client: Client, name: str, vpc: str) -> str:
    """A subnet for the group of that name alone, beyond the default ones (172.31.0.0 to 172.31.95.255)."""
    third, sixteenth = divmod(int(name[1:6]) % (160 * 16), 16)
    created = client.ec2.create_subnet(
        VpcId=vpc,
        CidrBlock=f"172.31.{96 + third}.{16 * sixteenth}/28",
        AvailabilityZone=f"{client.endpoints.region}b",
    )
    return created["Subnet"]["SubnetId"]


def _launching(
    client: Client, launches_from: str, name: str, around: dict[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """What a group launches from, as CreateAutoScalingGroup takes it, and the ids of what that is made of."""
    if launches_from == CONFIGURATION:
        client.autoscaling.create_launch_configuration(
            LaunchConfigurationName=name,
            ImageId=around["imageId"],
            InstanceType=around["instanceType"],
            SecurityGroups=around["securityGroupIds"],
        )
        return {"LaunchConfigurationName": name}, []
    template = launch_template.make(client, name, around)
    version = launches_from if launches_from.startswith("$") else "1"
    used = {"LaunchTemplateId": template, "Version": version}
    if launches_from != MIXED:
        return {"LaunchTemplate": used}, [template]
    types = [{"InstanceType": around["instanceType"]}, {"InstanceType": "t3.medium"}]
    policy = {
        "LaunchTemplate": {"LaunchTemplateSpecification": used, "Overrides": types},
        "InstancesDistribution": {"OnDemandPercentageAboveBaseCapacity": 100},
    }
    return {"MixedInstancesPolicy": policy}, [template]
