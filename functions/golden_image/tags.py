"""The marks on what a run makes: how a retry finds it, a roll-back deletes it, and a policy recognizes it."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mypy_boto3_ec2.literals import ResourceTypeType
    from mypy_boto3_ec2.type_defs import FilterTypeDef, TagSpecificationTypeDef, TagTypeDef

RUN = "golden-image:run"
SOURCE = "golden-image:source"
STACK = "golden-image:stack"


def stack() -> str:
    """The name of the stack that this function belongs to."""
    return os.environ["STACK_NAME"]


def of_run(run: str, source: str, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The tags of everything that `run` (the execution's ARN) makes, after the `extra` ones of the input."""
    return {**(extra or {}), RUN: run, SOURCE: source, STACK: stack()}


def to_aws(tags: Mapping[str, str]) -> list[TagTypeDef]:
    """Tags as EC2's list of keys and values."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def from_aws(tags: Iterable[Mapping[str, object]] | None) -> dict[str, str]:
    """EC2's or Auto Scaling's list of tags as a dict."""
    return {str(tag["Key"]): str(tag.get("Value", "")) for tag in tags or ()}


def specifications(tags: Mapping[str, str], *kinds: ResourceTypeType) -> list[TagSpecificationTypeDef]:
    """TagSpecifications of a creating call for each kind of resource that it makes."""
    return [{"ResourceType": kind, "Tags": to_aws(tags)} for kind in kinds]


def made_by(run: str) -> list[FilterTypeDef]:
    """Describe filters for what this run made."""
    return [{"Name": f"tag:{RUN}", "Values": [run]}]


def token(run: str, purpose: str) -> str:
    """A ClientToken that is the same in every try of one run: botocore's own would be new in each.

    64 ASCII characters; EC2 takes up to 128.
    """
    return hashlib.sha256(f"{run} {purpose}".encode()).hexdigest()


def run_name(run: str) -> str:
    """The execution's name, the last part of its ARN."""
    return run.rsplit(":", 1)[-1]
