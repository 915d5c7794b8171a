"""The dashboard shows what the code measures, and the alarm for overdue refreshes watches what it writes."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from golden_image.metrics import emf
from tools import project

RESOURCES = project.template()["Resources"]
STACK, REGION = "images", "ap-northeast-2"
NAMESPACE = f"golden-image-refresh/{STACK}"
SERVICE = project.template()["Globals"]["Function"]["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]
TRUNK = project.definition()["States"]
# What a line of each module has, beside the stages.
COUNTED = {"WaitSeconds", "Throttles", "DowntimeSeconds"}
KEPT = {"OpenLocks", "ImagesKept", "ImagesGiB", "DaysSinceRefresh"}


def body() -> dict[str, Any]:
    """The dashboard's body, as CloudFormation fills it."""
    values = {"AWS::StackName": STACK, "AWS::Region": REGION}
    text = RESOURCES["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    filled = re.sub(r"\$\{(?!!)([^}]+)\}", lambda found: values.get(found[1], found[1]), text)
    parsed: dict[str, Any] = json.loads(filled.replace("${!", "${"))
    return parsed


def own() -> dict[str, list[str]]:
    """The metrics of the stack that are shown, each with what follows its name."""
    rows = [row for widget in body()["widgets"] for row in widget["properties"]["metrics"]]
    return {row[1]: row[2:] for row in rows if row[0] == NAMESPACE}


def stages() -> set[str]:
    timings = TRUNK["Refresh Complete"]["Output"]["timings"]
    return {f"{name[0].upper()}{name[1:]}Seconds" for name in timings}


def test_every_metric_that_is_written_is_shown_and_no_other() -> None:
    searched = set(re.findall(r'MetricName="(\w+)"', json.dumps(body()).replace("\\", "")))
    assert own().keys() | searched == COUNTED | KEPT | stages()


def test_each_metric_has_the_dimensions_of_its_line() -> None:
    for _, value, _ in (row[:3] for row in own().values()):
        assert value == SERVICE
    [search] = re.findall(r"SEARCH\('(\{.*?\})", json.dumps(body()).replace('\\"', '"'))
    assert search == f'{{"{NAMESPACE}",Group,service}}'


def test_the_metrics_of_aws_are_those_of_the_workflow_and_of_the_sweeper() -> None:
    rows = [row for widget in body()["widgets"] for row in widget["properties"]["metrics"]]
    of = {(row[0], row[2], row[3]) for row in rows if str(row[0]).startswith("AWS/")}
    assert of == {
        ("AWS/States", "StateMachineArn", "GoldenImageRefresh"),
        ("AWS/Lambda", "FunctionName", "SweepRunsFunction"),
    }


def test_no_widget_covers_another_and_none_is_wider_than_the_page() -> None:
    cells = [
        (x, y)
        for one in body()["widgets"]
        for x in range(one["x"], one["x"] + one["width"])
        for y in range(one["y"], one["y"] + one["height"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
    assert {one["properties"]["region"] for one in body()["widgets"]} == {REGION}


def test_two_stacks_of_one_name_in_two_regions_have_dashboards_of_their_own() -> None:
    name = RESOURCES["Dashboard"]["Properties"]["DashboardName"]["Fn::Sub"]
    assert name == "${AWS::StackName}-${AWS::Region}"


def test_the_alarm_watches_the_age_of_the_group_as_it_is_written() -> None:
    alarm = RESOURCES["OverdueRefreshAlarm"]["Properties"]
    assert alarm["Namespace"] == {"Fn::Sub": "golden-image-refresh/${AWS::StackName}"}
    assert alarm["MetricName"] in KEPT
    dimensions = {one["Name"]: one["Value"] for one in alarm["Dimensions"]}
    assert dimensions == {"Group": {"Ref": "OverdueRefreshGroup"}, "service": SERVICE}
    assert alarm["Threshold"] == {"Ref": "OverdueRefreshDays"}


def test_a_period_of_the_alarm_outlasts_a_measurement_that_is_lost_and_a_refresh_ends_it_at_once() -> None:
    alarm = RESOURCES["OverdueRefreshAlarm"]["Properties"]
    assert alarm["Period"] >= 2 * 3600
    assert (alarm["EvaluationPeriods"], alarm["Statistic"]) == (1, "Minimum")


def test_a_group_that_is_gone_is_told_once_and_is_no_alarm() -> None:
    alarm = RESOURCES["OverdueRefreshAlarm"]["Properties"]
    topic = [{"Ref": "NotificationTopic"}]
    assert alarm["TreatMissingData"] == "missing"
    assert (alarm["AlarmActions"], alarm["InsufficientDataActions"]) == (topic, topic)


@pytest.mark.parametrize("group", ["web", "web server", "웹", "웹" * 255, "x" * 255, "~!@#$%^&*()[]{}'\""])
def test_the_parameter_takes_every_group_as_the_metric_names_it(group: str) -> None:
    parameter = project.template()["Parameters"]["OverdueRefreshGroup"]
    assert re.fullmatch(parameter["AllowedPattern"], emf.dimension(group))
    assert len(emf.dimension(group)) <= parameter["MaxLength"]


def test_the_parameter_takes_no_name_that_no_metric_has() -> None:
    parameter = project.template()["Parameters"]["OverdueRefreshGroup"]
    assert not re.fullmatch(parameter["AllowedPattern"], "웹")
