"""Sources that a run refuses, each with the reason and what to do; checked while planning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from golden_image import aws
from golden_image.errors import SourceNotReady, SourceNotSupported
from golden_image.model.source import RUNNING, STOPPED

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import InstanceTypeDef


def refuse_unsupported(instance: InstanceTypeDef, *, stops: bool) -> None:
    """Refuse a source that cannot be stopped, or whose image would not be what its owner expects.

    Args:
        stops: whether the run stops it.

    Raises:
        SourceNotSupported: with the instance, what was found, and what to do.
        SourceNotReady: it is changing its state, in which EC2 does not return all of its attributes.
    """
    _refuse_states(instance)
    _refuse_kinds(instance)
    if stops:
        _refuse_spot(instance)
        _refuse_stop_protected(instance["InstanceId"])
        _refuse_group_member(instance["InstanceId"])


def _refuse_states(instance: InstanceTypeDef) -> None:
    state = instance["State"]["Name"]
    if state in {"shutting-down", "terminated"}:
        raise SourceNotSupported(
            f"{instance['InstanceId']} is {state}; a terminated instance cannot be imaged. "
            "Use an instance that is running or stopped."
        )
    if state not in {RUNNING, STOPPED}:
        raise SourceNotReady(
            f"{instance['InstanceId']} is {state}. Start a new run when it is running or stopped."
        )


def _refuse_kinds(instance: InstanceTypeDef) -> None:
    """Kinds of instances whose image would not have what matters."""
    instance_id = instance["InstanceId"]
    if instance.get("RootDeviceType") != "ebs":
        raise SourceNotSupported(
            f"{instance_id} has an instance-store root volume, which cannot be stopped and has no snapshots. "
            "Move it to an EBS-backed image first."
        )
    if instance.get("StateReason", {}).get("Code") == "Client.UserInitiatedHibernate":
        raise SourceNotSupported(
            f"{instance_id} is hibernated; an image of it would contain its memory. "
            "Start it, then stop it or leave it running."
        )
    devices = {m.get("DeviceName") for m in instance.get("BlockDeviceMappings", []) if "Ebs" in m}
    if instance.get("RootDeviceName") not in devices:
        raise SourceNotSupported(
            f"{instance_id} has no volume attached as its root device {instance.get('RootDeviceName')}. "
            "Attach its root volume again."
        )


def _refuse_spot(instance: InstanceTypeDef) -> None:
    if instance.get("InstanceLifecycle") == "spot":
        raise SourceNotSupported(
            f"{instance['InstanceId']} is a Spot Instance; a stop may lose it. Use an On-Demand Instance."
        )


def _refuse_stop_protected(instance_id: str) -> None:
    attribute = aws.client("ec2").describe_instance_attribute(
        InstanceId=instance_id, Attribute="disableApiStop"
    )
    if attribute.get("DisableApiStop", {}).get("Value"):
        raise SourceNotSupported(
            f"{instance_id} has stop protection. Turn it off for the run: "
            f"aws ec2 modify-instance-attribute --instance-id {instance_id} --no-disable-api-stop"
        )


def _refuse_group_member(instance_id: str) -> None:
    memberships = aws.client("autoscaling").describe_auto_scaling_instances(InstanceIds=[instance_id])
    for member in memberships["AutoScalingInstances"]:
        if member["LifecycleState"] != "Standby":
            raise SourceNotSupported(
                f"{instance_id} is in Auto Scaling group '{member['AutoScalingGroupName']}'; stopping it "
                "would make the group replace it. Detach it or put it in Standby first."
            )
