"""The roles that launch instances with encrypted volumes, and what AWS says that each needs of the keys."""

from __future__ import annotations

from dataclasses import dataclass

from golden_image.settings import Settings


@dataclass(frozen=True)
class KeyUser:
    """A role that launches instances, and so uses the keys of their volumes.

    Attributes:
        launches: what it launches, in words.
        recommended: what AWS says that it needs beside what no launch succeeds without.
        by_iam: whether its own policies allow that, where a key's policy leaves it to IAM.
        instead: how to do without, in words.
    """

    role: str
    launches: str
    recommended: tuple[str, ...]
    by_iam: bool = False
    instead: str = ""


def of_group(role: str) -> KeyUser:
    """Auto Scaling's role, by its ARN.

    Source: "Required AWS KMS key policy for use with encrypted volumes" in the Auto Scaling User Guide.
    """
    recommended = (
        "DescribeKey",
        "Encrypt",
        "GenerateDataKey",
        "GenerateDataKeyWithoutPlaintext",
        "ReEncryptFrom",
        "ReEncryptTo",
    )
    return KeyUser(role, "every launch of the group", recommended)


def of_canary() -> KeyUser:
    """The role of this stack that launches canaries.

    Source: "Requirements for Amazon EBS encryption" in the EBS User Guide.
    """
    recommended = ("DescribeKey", "GenerateDataKeyWithoutPlaintext", "ReEncryptFrom", "ReEncryptTo")
    role, instead = Settings.from_env().canary_role_arn, " Set canary: false, or:"
    return KeyUser(role, "the launch of the canary", recommended, by_iam=True, instead=instead)
