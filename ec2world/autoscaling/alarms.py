"""CloudWatch alarms, as far as an instance refresh watches them: moto's, by name and state."""

from typing import Any

from moto.cloudwatch.models import Alarm, cloudwatch_backends

ALARM = "ALARM"
STATES = ("OK", ALARM, "INSUFFICIENT_DATA")


def put_alarm(account: str, region: str, given: dict[str, Any]) -> None:
    """Make an alarm of `name` where there is none, and say its `state`; ValueError for what is no state.

    One with a `rule` is a composite alarm; nothing evaluates its rule.
    """
    name, state = given["name"], given["state"]
    if state not in STATES:
        raise ValueError(f"{state!r} is no state of an alarm; there are: {', '.join(STATES)}")
    backend = cloudwatch_backends[account][region]
    if name not in backend.alarms:
        backend.put_metric_alarm(
            name=name,
            namespace="ec2world",
            metric_name=name,
            comparison_operator="GreaterThanThreshold",
            evaluation_periods=1,
            period=60,
            threshold=0,
            statistic="Sum",
            description="",
            dimensions=[],
            alarm_actions=[],
            rule=given.get("rule"),
        )
    backend.set_alarm_state(name, "said by a control verb", "{}", state)


def unknown(group: Any, names: list[str]) -> list[str]:
    """Those of the names that no alarm has."""
    return [name for name in names if name not in _alarms(group)]


def sounding(group: Any, names: list[str]) -> list[str]:
    """Those of the alarms that are in ALARM."""
    alarms = _alarms(group)
    return [name for name in names if name in alarms and alarms[name].state_value == ALARM]


def without_ok(group: Any, names: list[str]) -> list[str]:
    """Those of the alarms that are in another state than OK."""
    alarms = _alarms(group)
    return [name for name in names if name in alarms and alarms[name].state_value != "OK"]


def _alarms(group: Any) -> dict[str, Alarm]:
    backend = group.autoscaling_backend
    found: dict[str, Alarm] = cloudwatch_backends[backend.account_id][backend.region_name].alarms
    return found
