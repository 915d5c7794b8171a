"""What AWS charges, in dollars of us-east-1, without the free tier; docs/reference/cost.md says from when."""

from __future__ import annotations

# EBS bills the blocks that hold data, and of later snapshots those that have changed: this is the most.
SNAPSHOT_GIB_MONTH = 0.05
PER_TRANSITION = 0.025 / 1000
PER_INVOCATION = 0.20 / 1_000_000
PER_GB_SECOND = 0.0000166667
MEMORY_GB = 256 / 1024
ASSUMED_SECONDS = 1.0
"""Of one invocation, cold starts included; not measured on AWS."""


def of_snapshots(gib: int) -> str:
    """The most that snapshots of volumes of so many GiB cost in a month."""
    return f"${gib * SNAPSHOT_GIB_MONTH:,.2f} a month"


def of_run(transitions: float, invocations: float) -> float:
    """The price of a run in US dollars."""
    each = PER_INVOCATION + MEMORY_GB * ASSUMED_SECONDS * PER_GB_SECOND
    return transitions * PER_TRANSITION + invocations * each
