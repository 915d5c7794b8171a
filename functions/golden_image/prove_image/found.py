"""How the canary is known: by the tokens of its launches, and by its volumes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from golden_image import aws, tags
from golden_image.run import made

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_ec2.type_defs import InstanceTypeDef

    from golden_image.model.made import Made


def token(run: str, subnet_id: str) -> str:
    """The ClientToken of the canary's launch in a subnet; a call's parameters and its token go together."""
    return tags.token(run, f"canary in {subnet_id}")


def instances(run: str, of_run: Made) -> Iterator[InstanceTypeDef]:
    """The canaries of the run as EC2 describes them, by their tokens, which nothing else can have."""
    tokens = [token(run, one) for one in sorted(of_run.canary_subnets)]
    if not tokens:
        return
    pages = aws.client("ec2").get_paginator("describe_instances")
    for page in pages.paginate(Filters=[{"Name": "client-token", "Values": tokens}]):
        for reservation in page["Reservations"]:
            yield from reservation["Instances"]


def note_volumes(run: str, instance: Mapping[str, Any]) -> None:
    """Note the volumes of a canary in the run's row: EC2 shows none of an instance that has ended."""
    if found := volumes(instance):
        made.note(run, made.CANARY_VOLUMES, found)


def volumes(instance: Mapping[str, Any]) -> set[str]:
    """The ids of an instance's volumes."""
    mappings = instance.get("BlockDeviceMappings", [])
    return {one["Ebs"]["VolumeId"] for one in mappings if "Ebs" in one}
