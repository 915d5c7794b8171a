"""Filters beyond the handful that moto knows, and quick ones by tag."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from moto.ec2.utils import generic_filter

from ec2world.wire.errors import AWSError

_PATHS = {
    "architecture": "architecture",
    "availability-zone": "placement.zone",
    "boot-mode": "boot_mode",
    "client-token": "client_token",
    "current-instance-boot-mode": "current_instance_boot_mode",
    "dns-name": "public_dns_name",
    "hypervisor": "hypervisor",
    "image-id": "image_id",
    "instance-id": "id",
    "instance-lifecycle": "lifecycle",
    "instance-state-code": "state_code",
    "instance-state-name": "state",
    "instance-type": "instance_type",
    "ip-address": "public_ip",
    "key-name": "key_name",
    "owner-id": "owner_id",
    "platform": "platform",
    "platform-details": "platform_details",
    "private-dns-name": "private_dns_name",
    "private-ip-address": "private_ip",
    "root-device-name": "root_device_name",
    "root-device-type": "root_device_type",
    "source-dest-check": "source_dest_check",
    "subnet-id": "subnet_id",
    "usage-operation": "usage_operation",
    "vpc-id": "vpc_id",
}


# Filters of what an instance has several of, or nothing.
_LISTS: dict[str, Callable[[Any], list[str]]] = {
    "tag-key": lambda instance: list(instance.ec2_backend.tags.get(instance.id, {})),
    "group-id": lambda instance: [group.id for group in instance.security_groups],
    "instance.group-id": lambda instance: [group.id for group in instance.security_groups],
    "instance.group-name": lambda instance: [group.name for group in instance.security_groups],
    "state-reason-code": lambda instance: [instance.state_reason.code] if instance.state_reason else [],
    "block-device-mapping.volume-id": lambda instance: [
        block.volume_id for _, block in instance.get_block_device_mapping
    ],
    "network-interface.private-dns-name": lambda instance: [
        nic.private_dns_name for nic in instance.nics.values()
    ],
}


def _values(instance: Any, name: str) -> list[str]:
    if name.startswith("tag:"):
        value = instance.ec2_backend.tags.get(instance.id, {}).get(name[4:])
        return [] if value is None else [value]
    if name in _LISTS:
        return _LISTS[name](instance)
    if name not in _PATHS:
        raise AWSError("InvalidParameterValue", f"The filter '{name}' is invalid")
    value = instance
    for part in _PATHS[name].split("."):
        value = getattr(value, part)
    return [] if value is None else [str(value).lower() if isinstance(value, bool) else str(value)]


def matches_filter(instance: Any, name: str, wanted: list[str]) -> bool:
    """Whether an instance passes one filter; `*` and `?` in a wanted value match as they do at AWS."""
    patterns = [_pattern(one) for one in wanted]
    return any(pattern.fullmatch(value) for value in _values(instance, name) for pattern in patterns)


@cache
def _pattern(wanted: str) -> re.Pattern[str]:
    """The value of a filter, in which only `*` and `?` stand for others."""
    return re.compile(re.escape(wanted).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)


def passing(
    resources: list[Any], filters: dict[str, list[str]] | None, tags: dict[str, dict[str, str]]
) -> list[Any]:
    """The resources that pass all filters, moto's way, but those by plain tag values first and quickly.

    moto asks every resource for all of its tags as a list, which is slow among thousands.
    """
    left = dict(filters or {})
    for name, values in (filters or {}).items():
        if name.startswith("tag:") and not any(letter in value for value in values for letter in "*?"):
            key, wanted = name[4:], set(values)
            resources = [one for one in resources if tags.get(one.id, {}).get(key) in wanted]
            del left[name]
    return generic_filter(left, resources)  # type: ignore[no-any-return]
