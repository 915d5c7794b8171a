"""What AWS charges, in dollars of us-east-1; docs/cost.md says from when."""

from __future__ import annotations

# EBS bills the blocks that hold data, and of later snapshots those that have changed: this is the most.
SNAPSHOT_GIB_MONTH = 0.05


def of_snapshots(gib: int) -> str:
    """The most that snapshots of volumes of so many GiB cost in a month."""
    return f"${gib * SNAPSHOT_GIB_MONTH:,.2f} a month"
