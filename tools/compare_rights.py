"""Compares what two templates allow, whatever policies their statements are in.

usage: python -m tools.compare_rights OLD_TEMPLATE NEW_TEMPLATE

Prints one line for each right that only one of them gives: `-` for the old one, `+` for the new one. A right
is a function or state machine, an action, a resource and a condition, as the template writes them. The exit
code is 1 if there is a difference.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samtranslator.yaml_helper import yaml_parse

from tools.policies import statements

if TYPE_CHECKING:
    from collections.abc import Mapping

Right = tuple[str, str, str, str, str]


def rights(template: Mapping[str, Any]) -> set[Right]:
    """Owner, effect, action, resource and condition of everything that a template's policies say."""
    return {
        (s.owner, s.effect, action, resource, json.dumps(s.condition, sort_keys=True))
        for s in statements(template)
        for action in s.actions
        for resource in s.resources
    }


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """A line for each right that only one of two templates gives, by owner."""
    before, after = rights(old), rights(new)
    return [f"{'-' if right in before else '+'} {' '.join(right)}" for right in sorted(before ^ after)]


def main(old: str, new: str) -> int:
    """Print the differences; answer 0 where there is none."""
    found = differences(*(yaml_parse(Path(path).read_text(encoding="utf-8")) for path in (old, new)))
    sys.stdout.writelines(f"{line}\n" for line in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
