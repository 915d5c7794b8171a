"""Every kind of source that a run takes: its image is like it in all that matters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.workflow.conftest import succeeded

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import ImageTypeDef

    from sandbox.client import Client

ALIKE = (
    "Architecture",
    "BootMode",
    "EnaSupport",
    "TpmSupport",
    "RootDeviceName",
    "PlatformDetails",
    "UsageOperation",
)
SOURCES: dict[str, dict[str, Any]] = {
    "arm64": {"architecture": "arm64", "bootMode": "uefi"},
    "BIOS": {"bootMode": "legacy-bios"},
    "UEFI with TPM": {"bootMode": "uefi", "tpm": True},
    "ENA off": {"ena": False},
    "IMDSv2 required": {"imdsv2": True},
    "hibernation configured": {"hibernation": True},
    "three volumes of other types": {
        "volumes": [
            {"deviceName": "/dev/xvda", "sizeGiB": 8, "type": "gp3"},
            {"deviceName": "/dev/xvdb", "sizeGiB": 20, "type": "gp2"},
            {"deviceName": "/dev/xvdc", "sizeGiB": 100, "type": "io2", "iops": 1000},
        ]
    },
}


def image_of(sandbox: Client, source: str, group: str) -> ImageTypeDef:
    """The image of a run that succeeded."""
    run = sandbox.run({"sourceInstanceId": source, "autoScalingGroupName": group})
    return sandbox.ec2.describe_images(ImageIds=[succeeded(run)["image"]["id"]])["Images"][0]


def assert_alike(sandbox: Client, source: str, image: ImageTypeDef) -> None:
    """Check what both descriptions show, and one mapping for each volume."""
    instance: Any = sandbox.ec2.describe_instances(InstanceIds=[source])["Reservations"][0]["Instances"][0]
    assert {key: image.get(key) for key in ALIKE} == {key: instance.get(key) for key in ALIKE}
    devices = {mapping["DeviceName"] for mapping in instance["BlockDeviceMappings"]}
    assert {mapping["DeviceName"] for mapping in image["BlockDeviceMappings"]} == devices


@pytest.mark.parametrize("kind", SOURCES.values(), ids=SOURCES)
def test_the_image_has_what_the_source_has(sandbox: Client, group: str, kind: dict[str, Any]) -> None:
    source = sandbox.seed(**kind)["instanceId"]

    assert_alike(sandbox, source, image_of(sandbox, source, group))


@pytest.mark.parametrize("platform", ["windows", "rhel", "marketplace"])
def test_billing_data_is_kept_by_create_image(sandbox: Client, group: str, platform: str) -> None:
    source = sandbox.seed(platform=platform)["instanceId"]

    image = image_of(sandbox, source, group)

    assert_alike(sandbox, source, image)
    actions = {
        call["action"] for call in sandbox.calls() if image["ImageId"] in str(call) or source in str(call)
    }
    assert "RegisterImage" not in actions


def test_encrypted_volumes_stay_encrypted(sandbox: Client, group: str) -> None:
    kms = sandbox.aws("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    account = sandbox.endpoints.stateMachineArn.split(":")[4]
    role = (
        f"arn:aws:iam::{account}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
    )
    kms.create_grant(KeyId=key, GranteePrincipal=role, Operations=["Decrypt", "CreateGrant"])
    volume = {"deviceName": "/dev/xvda", "sizeGiB": 8, "encrypted": True, "kmsKeyId": key}
    source = sandbox.seed(volumes=[volume])["instanceId"]

    image = image_of(sandbox, source, group)

    snapshots = [mapping["Ebs"]["SnapshotId"] for mapping in image["BlockDeviceMappings"]]
    found = sandbox.ec2.describe_snapshots(SnapshotIds=snapshots)["Snapshots"]
    assert [(s["Encrypted"], s.get("KmsKeyId")) for s in found] == [(True, key)]


def test_a_source_made_by_plain_run_instances_is_refreshed_too(sandbox: Client, group: str) -> None:
    image = sandbox.ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    launched = sandbox.ec2.run_instances(
        ImageId=image,
        MinCount=1,
        MaxCount=1,
        InstanceType="t3.small",
        BlockDeviceMappings=[
            {"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 10}},
            {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 30}},
        ],
    )["Instances"][0]["InstanceId"]
    sandbox.ec2.get_waiter("instance_running").wait(InstanceIds=[launched], WaiterConfig={"Delay": 1})

    assert_alike(sandbox, launched, image_of(sandbox, launched, group))
