"""The launch template."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class LaunchTemplate:
    """A launch template and the one version of it that a run made."""

    id: str
    name: str
    version: int

    @property
    def version_id(self) -> str:
        """The version as model.made names it."""
        return f"{self.id}/{self.version}"


@dataclass(frozen=True)
class Difference:
    """A field of a version that a run changes. A value that may be secret is named and not shown.

    Attributes:
        field: its place in LaunchTemplateData, such as `MetadataOptions.HttpTokens`.
        before, after: in words; None where it is not there.
    """

    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class LaunchTemplatePlan:
    """The plan of the new version; id is None if the run is to create the template.

    Attributes:
        group_name: the group whose version the new one starts from.
        base_version: the version that the new one starts from, as it was planned; None for a new template.
        data: what the new version will have, in the words of EC2's LaunchTemplateData; without its image, its
            tags and its user data, which may be secret.
        changes: what the input states of it, as a merge patch: None takes a member away.
        tags: what the input adds to the tags of instances and volumes; None takes a tag away.
        subnet_ids: the group's subnets, for the dry run of a launch.
        types: the instance types that the group launches in the place of the version's own, as its mixed
            instances policy says; without those that could not launch the image.
        adds_version: False for a way back, which takes `base_version` as it is.
        differences: what changes in each launch of the group, but for the image; of a new group, what changes
            in the template. None of them where nothing is there to compare with. Older rows have none.
        user_data_digest: tells the version's user data from any other; None without user data.
        next_version: the number that the new version gets, unless somebody adds another one before.
    """

    id: str | None
    name: str
    group_name: str = ""
    base_version: int | None = None
    data: dict[str, Any] = field(default_factory=dict)
    changes: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, str | None] = field(default_factory=dict)
    subnet_ids: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    adds_version: bool = True
    differences: tuple[Difference, ...] = ()
    user_data_digest: str | None = None
    next_version: int | None = None

    @property
    def instance_type(self) -> str:
        """The first type of the instances; the plan is refused where there would be none."""
        kind: str = self.types[0] if self.types else self.data["InstanceType"]
        return kind

    @property
    def key_name(self) -> str | None:
        """The name of the key pair; None without one."""
        return self.data.get("KeyName")

    @property
    def iam_instance_profile(self) -> str | None:
        """The ARN or the name of the instance profile; None without one."""
        profile: dict[str, str] = self.data.get("IamInstanceProfile", {})
        return profile.get("Arn") or profile.get("Name")

    @property
    def ebs_optimized(self) -> bool | None:
        """EBS optimization; None leaves it to the type."""
        return self.data.get("EbsOptimized")

    @property
    def security_group_ids(self) -> tuple[str, ...]:
        """The security groups of the instances, on whichever interface; none: the VPC's default one."""
        return tuple(dict.fromkeys(group for one in self._security_groups() for group in one))

    @property
    def most_security_groups(self) -> int:
        """How many security groups the interface with the most of them has."""
        return max(len(set(one)) for one in self._security_groups())

    def _security_groups(self) -> list[list[str]]:
        """Those of the instance, which are its primary interface's, and those of each stated interface."""
        interfaces = self.data.get("NetworkInterfaces", [])
        return [self.data.get("SecurityGroupIds", []), *(one.get("Groups", []) for one in interfaces)]
