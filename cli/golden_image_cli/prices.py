"""AWS's prices, in US dollars in us-east-1, from AWS's public price pages, November 2026; no free tier."""

PER_TRANSITION = 0.025 / 1000
PER_INVOCATION = 0.20 / 1_000_000
PER_GB_SECOND = 0.0000166667
MEMORY_GB = 256 / 1024
ASSUMED_SECONDS = 1.0
"""Of one invocation, cold starts included; not measured on AWS."""
PER_GIB_MONTH = 0.05
"""Of a snapshot in the standard tier. EBS bills only changed blocks: the volume's size is the most."""


def of_run(transitions: float, invocations: float) -> float:
    """The price of a run's state transitions and invocations."""
    each = PER_INVOCATION + MEMORY_GB * ASSUMED_SECONDS * PER_GB_SECOND
    return transitions * PER_TRANSITION + invocations * each


def of_snapshots(gib: float) -> float:
    """The most that snapshots of so many GiB cost in a month."""
    return gib * PER_GIB_MONTH
