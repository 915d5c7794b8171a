"""What a call's parameters do not say of the resources that it touches."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.least_privilege.policies import Account

Params = dict[str, Any]
Tags = dict[str, str]


@dataclass
class Facts:
    """What is in the account, by id; a group by its name.

    Attributes:
        templates: the data of each version, by the template's id and its number.
        snapshots: those of each image.
        volumes, keys: the volumes of each instance, and the customer-managed keys that encrypt them, or the
            snapshots of an image.
        subnets: those of each group.
        groups: that of each member.
        images: those of the parameters that templates name, by `resolve:ssm:` and the parameter.
        others: the ARNs of what each instance has of other services: license configurations, and the resource
            group of its host.
        own: the ARNs of the stack's table, topic and state machine in its policies, by what they really are.
    """

    account: Account
    tags: dict[str, Tags] = field(default_factory=dict)
    templates: dict[tuple[str, str], Params] = field(default_factory=dict)
    snapshots: dict[str, list[str]] = field(default_factory=dict)
    volumes: dict[str, list[str]] = field(default_factory=dict)
    keys: dict[str, list[str]] = field(default_factory=dict)
    subnets: dict[str, list[str]] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    images: dict[str, str] = field(default_factory=dict)
    others: dict[str, list[str]] = field(default_factory=dict)
    own: dict[str, str] = field(default_factory=dict)
