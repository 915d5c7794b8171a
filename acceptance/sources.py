"""The sources: small instances of public images in the default VPC, of the kinds that differ for a run."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from acceptance.names import TAG, tags

if TYPE_CHECKING:
    from acceptance.account import Account

_AMAZON_LINUX = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
_UBUNTU = "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"
_WINDOWS = "/aws/service/ami-windows-latest/TPM-Windows_Server-2022-English-Full-Base"
_START_SECONDS = 600
# What Auto Scaling needs of a key to start instances: docs/guides/deploy.md, "Encrypted volumes".
GRANTED = ["Decrypt", "GenerateDataKeyWithoutPlaintext", "ReEncryptFrom", "ReEncryptTo", "DescribeKey"]
GRANTED += ["CreateGrant"]


@dataclass(frozen=True)
class Source:
    """A kind of source.

    Attributes:
        image: the public parameter of Systems Manager that names its image.
        root_gib: the size of the root volume that the image asks for.
    """

    what: str
    image: str
    type: str
    root: str
    root_gib: int
    encrypted: bool = False


SOURCES = {
    "linux": Source("Amazon Linux 2023, arm64, with a key pair", _AMAZON_LINUX, "t4g.nano", "/dev/xvda", 8),
    "ubuntu": Source("Ubuntu 24.04, x86_64 with UEFI", _UBUNTU, "t3.micro", "/dev/sda1", 8),
    "encrypted": Source(
        "Amazon Linux 2023, root volume under a customer key", _AMAZON_LINUX, "t4g.nano", "/dev/xvda", 8, True
    ),
    "windows": Source("Windows Server 2022 with NitroTPM", _WINDOWS, "t3.medium", "/dev/sda1", 30),
}


def make_key_pair(account: Account, name: str) -> None:
    """The key pair of the source `linux`, which has the stack's name."""
    spec = [{"ResourceType": "key-pair", "Tags": tags(name)}]
    account.aws("ec2").create_key_pair(KeyName=name, KeyType="ed25519", TagSpecifications=spec)


def make_customer_key(account: Account, name: str) -> str:
    """A key that the service-linked role of Auto Scaling may use; answers its ARN."""
    kms, iam = account.aws("kms"), account.aws("iam")
    key = kms.create_key(Description=f"Throwaway key of {name}", Tags=[{"TagKey": TAG, "TagValue": name}])[
        "KeyMetadata"
    ]["Arn"]
    with suppress(iam.exceptions.InvalidInputException):  # the account has the role
        iam.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")
    role = (
        f"arn:{account.partition}:iam::{account.number}:role/aws-service-role/"
        "autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
    )

    def granted() -> bool:
        try:
            kms.create_grant(KeyId=key, GranteePrincipal=role, Operations=GRANTED)
        except kms.exceptions.InvalidArnException:  # KMS does not see a role that is new
            return False
        return True

    account.until(granted, 120, f"a grant for {role}")
    return str(key)


def make_source(account: Account, name: str, kind: str, key: str) -> str:
    """Start a source of that kind and answer its id; `key` encrypts the volume of those with one."""
    source = SOURCES[kind]
    label = [*tags(name), {"Key": "Name", "Value": f"{name}-{kind}"}]
    wanted: dict[str, Any] = {
        "ImageId": f"resolve:ssm:{source.image}",
        "InstanceType": source.type,
        "MetadataOptions": {"HttpTokens": "required"},
        # T3 and T4g start as unlimited, and a long boot would cost more than the price that was shown.
        "CreditSpecification": {"CpuCredits": "standard"},
        "ClientToken": f"{name}-{kind}",
        "TagSpecifications": [{"ResourceType": one, "Tags": label} for one in ("instance", "volume")],
    }
    if kind == "linux":
        wanted["KeyName"] = name
    if source.encrypted:
        ebs = {"Encrypted": True, "KmsKeyId": key, "VolumeSize": source.root_gib, "VolumeType": "gp3"}
        wanted["BlockDeviceMappings"] = [{"DeviceName": source.root, "Ebs": ebs}]
    started = account.aws("ec2").run_instances(MinCount=1, MaxCount=1, **wanted)
    return str(started["Instances"][0]["InstanceId"])


def wait_for_sources(account: Account, instance_ids: list[str]) -> None:
    """Wait until the sources run."""
    account.until(
        lambda: {state_of(account, one) for one in instance_ids} == {"running"}, _START_SECONDS, "sources"
    )


def state_of(account: Account, instance_id: str) -> str:
    """EC2's name of an instance's state."""
    found = account.aws("ec2").describe_instances(InstanceIds=[instance_id])["Reservations"]
    return str(found[0]["Instances"][0]["State"]["Name"])
