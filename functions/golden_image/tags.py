"""The tags on a run's resources: a retry finds them, an undo deletes them, and a policy recognizes them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from golden_image import aws
from golden_image.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from botocore.exceptions import ClientError
    from mypy_boto3_ec2.literals import ResourceTypeType
    from mypy_boto3_ec2.type_defs import TagSpecificationTypeDef, TagTypeDef

RUN = "golden-image:run"
SOURCE = "golden-image:source"
STACK = "golden-image:stack"
MARKS = (RUN, SOURCE, STACK)
# On a canary and its volumes alone: the policies let them be ended by it, and no other instance of the run.
CANARY = "golden-image:canary"


def stack() -> str:
    """The name of the stack that this function belongs to."""
    return Settings.from_env().stack_name


def of_run(run: str, source_id: str | None, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The tags of everything that `run` (the execution's ARN) makes, after the `extra` ones of the input.

    Args:
        source_id: None where the source of a generation's image is not known.
    """
    source = {SOURCE: source_id} if source_id else {}
    return {**(extra or {}), RUN: run, **source, STACK: stack()}


def to_aws(tags: Mapping[str, str]) -> list[TagTypeDef]:
    """Tags as EC2's list of keys and values."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def from_aws(tags: Iterable[Mapping[str, object]] | None) -> dict[str, str]:
    """EC2's or Auto Scaling's list of tags as a dict."""
    return {str(tag["Key"]): str(tag.get("Value", "")) for tag in tags or ()}


def specifications(tags: Mapping[str, str], *kinds: ResourceTypeType) -> list[TagSpecificationTypeDef]:
    """TagSpecifications of a creating call for each kind of resource that it makes."""
    return [{"ResourceType": kind, "Tags": to_aws(tags)} for kind in kinds]


def owned_by(run: str, resource: Mapping[str, Any]) -> bool:
    """Whether a resource, as EC2 or Auto Scaling describes it, carries this run's mark."""
    return from_aws(resource.get("Tags")).get(RUN) == run


def of_stack(resource: Mapping[str, Any]) -> bool:
    """Whether a resource carries this stack's mark."""
    return from_aws(resource.get("Tags")).get(STACK) == stack()


def how_to_delete(error: ClientError, resource: Mapping[str, Any], command: str) -> str:
    """The command that deletes a run's resource where this stack may not, for want of its mark.

    Raises:
        ClientError: the given one, where the resource has the mark or something else was wrong.
    """
    if aws.code(error) not in aws.DENIED or of_stack(resource):
        raise error
    return f"it has lost the tag {STACK}={stack()}, without which this stack may not delete it: {command}"


def token(run: str, purpose: str) -> str:
    """A ClientToken that is the same in every try of one run: botocore's own would be new in each.

    64 ASCII characters; EC2 takes up to 128.
    """
    return hashlib.sha256(f"{run} {purpose}".encode()).hexdigest()


def run_name(run: str) -> str:
    """The execution's name, the last part of its ARN."""
    return run.rsplit(":", 1)[-1]
