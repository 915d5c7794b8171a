"""Names and tags of everything that one acceptance makes; all follow from the stack's name."""

from __future__ import annotations

import re
import secrets
from typing import Any

PREFIX = "golden-image-acceptance-"
TAG = "golden-image:acceptance"
"""The tag of what the acceptance makes itself; its value is the stack's name."""
RUN_TAG = "golden-image:run"
STACK_TAG = "golden-image:stack"
"""The tags of what a run makes."""
DENY_POLICY = "acceptance-deny"


def new_name() -> str:
    """A throwaway name for a stack, which no other acceptance has."""
    return PREFIX + secrets.token_hex(4)


def is_name(text: str) -> bool:
    """Whether a text can be the name of an acceptance."""
    return re.fullmatch(PREFIX + "[0-9a-f]{8}", text) is not None


def tags(name: str) -> list[dict[str, str]]:
    """The acceptance's tag as most services write it."""
    return [{"Key": TAG, "Value": name}]


def having(key: str, value: str) -> list[dict[str, Any]]:
    """EC2's and Auto Scaling's filter for a tag."""
    return [{"Name": f"tag:{key}", "Values": [value]}]
