"""Lines of the log that CloudWatch makes metrics of: its embedded metric format.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from golden_image import names
from golden_image.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

# CloudWatch takes 1,024 characters.
_LONGEST_DIMENSION = 255


class Metric(NamedTuple):
    """One value of a metric."""

    name: str
    value: float
    unit: MetricUnit = MetricUnit.Count


def write(metrics: Iterable[Metric], at: datetime, group: str = "", **told: str) -> None:
    """Write the metrics as one line, in the namespace of the stack.

    Powertools adds the dimension `service`.

    Args:
        metrics: at most 100, which is all that a line takes.
        at: their time. CloudWatch takes none that is two weeks old.
        group: the name of the group that they are of; empty for metrics of the stack.
        told: what the line also says, for those who search the log. It is no dimension.
    """
    line = EphemeralMetrics(namespace=f"golden-image-refresh/{Settings.from_env().stack_name}")
    line.set_timestamp(at)
    for metric in metrics:
        line.add_metric(metric.name, metric.unit, metric.value)
    if group:
        line.add_dimension("Group", dimension(group))
    for key, value in told.items():
        line.add_metadata(key, value)
    line.flush_metrics()


def dimension(group: str) -> str:
    """A group's name as CloudWatch takes it: printable ASCII, and not of spaces alone."""
    return names.digest(group) if group.isspace() else names.legal(group, names.ASCII, _LONGEST_DIMENSION)
