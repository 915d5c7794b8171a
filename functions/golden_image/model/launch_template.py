"""The launch template."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MetadataOptions:
    """Instance metadata options; None: as the source has it. IMDSv2 is required by default."""

    http_tokens: str
    http_put_response_hop_limit: int | None = None
    http_endpoint: str | None = None
    instance_metadata_tags: str | None = None


@dataclass(frozen=True)
class LaunchTemplate:
    """A launch template and the one version of it that a run made."""

    id: str
    name: str
    version: int


@dataclass(frozen=True)
class LaunchTemplatePlan:
    """The plan of the new version; id is None if the run is to create the template.

    Attributes:
        subnet_id: a subnet of the group, for the dry run of a launch.
    """

    id: str | None
    name: str
    instance_type: str
    key_name: str | None
    security_group_ids: tuple[str, ...]
    iam_instance_profile: str | None
    metadata_options: MetadataOptions
    monitoring: bool
    ebs_optimized: bool
    subnet_id: str
    tags: dict[str, str]
