"""The metrics of what is kept: locks, images and the age of each group's newest, measured once an hour.

The ledger's item `measured` has the newest hour that was measured, counted from 1970. So a period of an hour
has one value of each metric, whoever sweeps how often.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import batched
from typing import TYPE_CHECKING

from aws_lambda_powertools.metrics import MetricUnit

from golden_image import aws
from golden_image.generation import store
from golden_image.image import lookup, owned
from golden_image.metrics import emf
from golden_image.metrics.emf import Metric
from golden_image.run import ledger, table
from golden_image.step import logger

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mypy_boto3_ec2.type_defs import SnapshotTypeDef

    from golden_image.model.generation import Generation

_MEASURED = "measured"
_HOUR, _DAY = 3600, 86_400
_GIB = 1024**3
# DescribeAutoScalingGroups takes so many names.
MOST_GROUPS = 50


def measure() -> None:
    """Measure, if nobody has in this hour.

    No sweep fails for it: the log has the error, and the next sweep tries again.
    """
    try:
        with aws.named_errors():
            _measure()
    except Exception as error:
        logger.warning("nothing was measured", extra={"reason": f"{type(error).__name__}: {error}"})


def _measure() -> None:
    now = time.time()
    hour = int(now // _HOUR)
    if int(table.get(_MEASURED).get("hour", {}).get("N", 0)) >= hour:
        return
    found = _Found()
    for generation in store.all_groups():
        found.add(generation)
    stack = [Metric("OpenLocks", ledger.open_locks()), *_images(found)]
    groups = {name: (now - found.refreshed[name]) / _DAY for name in _there(found.refreshed)}
    # All is read by now, so that a sweep that fails leaves the hour to the next one.
    if _claim(hour):
        at = datetime.fromtimestamp(now, UTC)
        emf.write(stack, at)
        for name, days in groups.items():
            emf.write([Metric("DaysSinceRefresh", round(days, 3), MetricUnit.NoUnit)], at, group=name)


@dataclass
class _Found:
    """What the generations tell.

    Attributes:
        refreshed: when each group's newest refresh was committed, in seconds since 1970. A way back is none.
        snapshots: those of each image.
    """

    refreshed: dict[str, float] = field(default_factory=dict)
    snapshots: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def add(self, generation: Generation) -> None:
        """One generation more."""
        self.snapshots[generation.image.id] = generation.image.snapshot_ids
        if generation.goes_back_to is None:
            at = datetime.fromisoformat(generation.committed_at).timestamp()
            self.refreshed[generation.group] = max(at, self.refreshed.get(generation.group, at))


def _images(found: _Found) -> Iterator[Metric]:
    """The images of generations that are still there, and the size of their snapshots."""
    some = batched(found.snapshots, aws.MOST_VALUES, strict=False)
    images = {image["ImageId"] for ids in some for image in lookup.by_id(ids)}
    snapshots = {one for image in images for one in found.snapshots[image]}
    size = sum(_bytes(one) for one in owned.snapshots_by_id(snapshots))
    yield Metric("ImagesKept", len(images))
    yield Metric("ImagesGiB", round(size / _GIB, 3), MetricUnit.NoUnit)


def _bytes(snapshot: SnapshotTypeDef) -> int:
    """The size of a snapshot's data; of its volume where EC2 does not tell it."""
    return snapshot.get("FullSnapshotSizeInBytes") or snapshot["VolumeSize"] * _GIB


def _there(names: Iterable[str]) -> Iterator[str]:
    """Those of the groups that have not been deleted: the age of no other grows."""
    pages = aws.client("autoscaling").get_paginator("describe_auto_scaling_groups")
    for some in batched(names, MOST_GROUPS, strict=False):
        for page in pages.paginate(AutoScalingGroupNames=list(some)):
            yield from (group["AutoScalingGroupName"] for group in page["AutoScalingGroups"])


def _claim(hour: int) -> bool:
    """Note that the hour is measured; False where somebody has noted it."""
    measured = table.update(
        _MEASURED,
        UpdateExpression="SET #hour = :hour",
        ConditionExpression="attribute_not_exists(#hour) OR #hour < :hour",
        ExpressionAttributeNames={"#hour": "hour"},
        ExpressionAttributeValues={":hour": {"N": str(hour)}},
    )
    return measured is not None
