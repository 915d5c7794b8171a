"""Inputs of runs for the tests, and ways to change them."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

SMALLEST: dict[str, Any] = {"sourceInstanceId": "i-0123456789abcdef0", "autoScalingGroupName": "web"}
EVERY_FIELD: dict[str, Any] = json.loads(Path("events/execution/10-every-field.json").read_text())


def leaves(part: dict[str, Any], path: tuple[str, ...] = ()) -> dict[tuple[str, ...], dict[str, Any]]:
    """Every field of the schema that is no section, by its path."""
    if "properties" not in part:
        return {path: part}
    found = {}
    for key, field in part["properties"].items():
        found |= leaves(field, (*path, key))
    return found


def with_value(raw: dict[str, Any], path: tuple[str, ...], value: object) -> dict[str, Any]:
    changed = copy.deepcopy(raw)
    target = changed
    for key in path[:-1]:
        target = target.setdefault(key, {})
    target[path[-1]] = value
    return changed
