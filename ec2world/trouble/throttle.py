"""AWS's token buckets, on request.

Source: "Request throttling for the Amazon EC2 API": one bucket per action and account, refilled by the
second. Auto Scaling publishes no size for its one shared bucket; the one here is an assumption.
"""

from ec2world.virtual_time.clock import Clock
from ec2world.wire.call import Call

READS, SMALL_READS, WRITES = (100, 20), (50, 10), (50, 5)
AUTO_SCALING = (100, 20)
UNFILTERED = {"DescribeInstances", "DescribeSnapshots", "DescribeVolumes"}
# Capacity and tokens per virtual second.
SPECIAL = {
    "CreateSnapshot": (100, 5),
    "CreateSnapshots": (100, 5),
    "CreateLaunchTemplateVersion": (100, 5),
    "DeregisterImage": (100, 5),
    "DeleteSnapshot": (100, 5),
    "CreateTags": (100, 10),
    "StartInstances": (5, 2),
}


class Throttle:
    """The buckets; off until enabled."""

    def __init__(self, clock: Clock) -> None:
        self.enabled = False
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}
        self.refused = 0

    def refuses(self, call: Call) -> tuple[str, str] | None:
        """The code and message of a call that finds its bucket empty; else takes a token."""
        if not self.enabled or call.service not in ("ec2", "autoscaling"):
            return None
        bucket, (capacity, refill) = _bucket(call)
        tokens, at = self._buckets.get(bucket, (float(capacity), self._clock.now()))
        tokens = min(capacity, tokens + (self._clock.now() - at) * refill)
        if tokens >= 1:
            self._buckets[bucket] = (tokens - 1, self._clock.now())
            return None
        self._buckets[bucket] = (tokens, self._clock.now())
        self.refused += 1
        code = "RequestLimitExceeded" if call.service == "ec2" else "Throttling"
        return code, "Request limit exceeded." if call.service == "ec2" else "Rate exceeded"

    def to_json(self) -> dict[str, int | bool]:
        """Whether it is on, and how many calls it has refused."""
        return {"enabled": self.enabled, "refused": self.refused}

    def clear(self) -> None:
        """Full buckets again."""
        self._buckets.clear()
        self.refused = 0


def _bucket(call: Call) -> tuple[str, tuple[int, int]]:
    if call.service == "autoscaling":
        return "autoscaling", AUTO_SCALING
    if call.action in SPECIAL:
        return call.action, SPECIAL[call.action]
    if not call.is_read:
        return call.action, WRITES
    if call.action in UNFILTERED and "Filters" not in call.params and "MaxResults" not in call.params:
        return f"{call.action} unfiltered", SMALL_READS
    return call.action, READS
