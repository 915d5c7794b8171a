"""The CloudWatch alarms that fail a refresh: those with which AWS would not start it.

Source: "Start an instance refresh with auto rollback" in the Auto Scaling User Guide: an alarm in ALARM or
INSUFFICIENT_DATA is an error at the start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from golden_image import aws
from golden_image.errors import FieldError

if TYPE_CHECKING:
    from collections.abc import Iterable

_FIELD = "rolling.alarms"
_NO_DATA = "INSUFFICIENT_DATA"


def wrong(names: Iterable[str]) -> list[FieldError]:
    """The alarms that do not exist, or are in another state than OK, with an entry for each."""
    asked = list(names)
    if not asked:
        return []
    there = aws.client("cloudwatch").describe_alarms(
        AlarmNames=asked, AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    states = {one["AlarmName"]: one["StateValue"] for one in there["MetricAlarms"]}
    states |= {one["AlarmName"]: one["StateValue"] for one in there["CompositeAlarms"]}
    problems = []
    for index, name in enumerate(asked):
        if name not in states:
            problems.append(FieldError(f"{_FIELD}[{index}]", f"the alarm '{name}' does not exist"))
        elif states[name] != "OK":
            found = f"the alarm '{name}' is in {states[name]}, and AWS starts no refresh with it"
            message = f"{found}. {_mend(states[name])}"
            problems.append(FieldError(f"{_FIELD}[{index}]", message))
    return problems


def _mend(state: str) -> str:
    if state == _NO_DATA:
        return "Wait for its data, or set its TreatMissingData to notBreaching, or leave it out"
    return "Wait until it is OK, or leave it out"
