from __future__ import annotations

import copy
import json
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from golden_image.errors import InvalidInput
from golden_image.events import camel
from golden_image.model.approval import ApprovalPlan
from golden_image.model.document import Canary, Document, Prepare
from golden_image.run.input_schema import schema, wrong_fields
from golden_image.run.request import (
    GroupRequest,
    RunRequest,
    WayBackRequest,
    for_new_group,
    for_new_template,
    parse,
)
from tests.unit.inputs import EVERY_FIELD, SMALLEST, leaves, with_value

EXECUTIONS = sorted(Path("events/execution").glob("*.json"))


# Sections that an input may leave out altogether.
DOCUMENTS = {"prepare", "canary"}


def wrong(raw: object, default_group_name: str | None = None) -> dict[str, str]:
    with pytest.raises(InvalidInput) as refused:
        parse(raw, default_group_name)
    return {error.field: error.message for error in refused.value.fields}


def at(value: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        names = {camel(field.name): field.name for field in fields(value)} if is_dataclass(value) else {}
        value = getattr(value, names[key]) if names else value[key]
    return value


@pytest.mark.parametrize("file", EXECUTIONS, ids=lambda file: file.stem)
def test_every_example_of_an_execution_is_a_valid_input(file: Path) -> None:
    raw = json.loads(file.read_text())
    request = parse(raw, "by-default")
    assert isinstance(request, WayBackRequest if "goBackTo" in raw else RunRequest)
    Draft7Validator(schema()).validate(raw)


def test_the_first_example_is_the_smallest_input() -> None:
    assert json.loads(EXECUTIONS[0].read_text()) == SMALLEST


def test_what_is_not_given_gets_the_default_of_the_schema() -> None:
    request = parse(SMALLEST)
    for path, field in leaves(schema()).items():
        if path[0] not in {
            *SMALLEST,
            *DOCUMENTS,
            "launchTemplateName",
            "launchTemplate",
            "goBackTo",
            "approval",
            "planDigest",
        }:
            assert at(request, path) == field.get("default"), path
    asks_nobody = ApprovalPlan((), schema()["properties"]["approval"]["properties"]["timeout"]["default"])
    assert request.approval == asks_nobody
    assert request.launch_template == {"metadataOptions": {}}
    assert request.launch_template_name == "web"


def test_every_field_of_the_schema_is_in_the_example_and_reaches_the_request() -> None:
    request = parse(EVERY_FIELD)
    for path in leaves(schema()):
        if path[0] in {*DOCUMENTS, "goBackTo", "planDigest"}:
            continue
        expected = at(EVERY_FIELD, path)
        typed = isinstance(expected, list) and path[0] != "launchTemplate"
        assert at(request, path) == (tuple(expected) if typed else expected), path


def test_documents_reach_the_request_with_lists_of_values() -> None:
    request = parse(EVERY_FIELD)
    prepare, canary = EVERY_FIELD["prepare"], EVERY_FIELD["canary"]
    assert request.prepare == Prepare(prepare["document"], prepare["parameters"], prepare["timeout"])
    assert request.canary is not None
    assert request.canary.document == Document(
        canary["document"], {**canary["parameters"], "executionTimeout": ["300"]}
    )


def test_a_canary_is_there_where_the_input_says_so() -> None:
    assert parse(SMALLEST).canary is None
    assert parse({**SMALLEST, "canary": False}).canary is None
    assert parse({**SMALLEST, "canary": True}).canary == Canary()
    assert parse({**SMALLEST, "canary": {"document": "look"}}).canary == Canary(Document("look", {}))
    assert parse({**SMALLEST, "prepare": {"document": "clean"}}).prepare == Prepare("clean", {}, 1800)


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        ({"canary": 1}, "must be a boolean or an object, found a number"),
        ({"canary": None}, "must be a boolean or an object, found null"),
        ({"prepare": True}, "must be an object, found a boolean"),
    ],
)
def test_a_section_of_another_type_is_wrong(stated: dict[str, Any], message: str) -> None:
    assert wrong({**SMALLEST, **stated}) == {next(iter(stated)): message}


def test_what_may_be_secret_in_a_parameter_is_not_told() -> None:
    told = wrong({**SMALLEST, "canary": {"document": "look", "parameters": {"key": ["s3cret", 7]}}})
    assert list(told) == ["canary.parameters.key[1]"]
    assert "s3cret" not in str(told)


def test_the_parameters_of_a_document_are_bounded_as_a_whole() -> None:
    many = {"commands": ["x" * 8000, "y" * 8000, "z" * 8000]}
    told = wrong({**SMALLEST, "canary": {"document": "look", "parameters": many}})
    assert told == {"canary.parameters": "must be at most 16384 bytes in UTF-8"}


def test_null_is_another_thing_than_not_stated() -> None:
    stated = {"keyName": None, "metadataOptions": {"httpTokens": None}, "monitoring": False}
    assert parse({**SMALLEST, "launchTemplate": stated}).launch_template == stated
    assert set(wrong({**SMALLEST, "rollout": None, "launchTemplate": {"instanceType": None}})) == {
        "rollout",
        "launchTemplate.instanceType",
    }


def test_null_as_the_cpu_target_takes_it_away() -> None:
    assert parse({**SMALLEST, "group": {"targetCpuUtilization": None}}).group.removes_target_cpu
    for group in ({}, {"targetCpuUtilization": 50}):
        assert not parse({**SMALLEST, "group": group}).group.removes_target_cpu


def test_imdsv2_is_the_default_of_a_new_template_alone() -> None:
    assert for_new_template({"metadataOptions": {}}) == {"metadataOptions": {"httpTokens": "required"}}
    for stated in ({"metadataOptions": None}, {"metadataOptions": {"httpTokens": None}}):
        assert for_new_template(stated) == stated


def test_each_wrong_field_is_reported_with_where_it_is_and_what_was_found() -> None:
    found = wrong(
        {
            "sourceInstanceId": "web-1",
            "autoScalingGroupName": "a:b",
            "rollout": "roll",
            "timeouts": {"stop": 0, "drain": "1h"},
            "group": {"minSize": True, "subnetIds": ["subnet-1"]},
            "launchTemplate": {"metadataOptions": {"httpPutResponseHopLimit": 65}},
            "dryRun": None,
        }
    )
    assert set(found) == {
        "sourceInstanceId",
        "autoScalingGroupName",
        "rollout",
        "timeouts.stop",
        "timeouts.drain",
        "group.minSize",
        "group.subnetIds[0]",
        "launchTemplate.metadataOptions.httpPutResponseHopLimit",
        "dryRun",
    }
    assert found["rollout"].startswith(
        "must be one of ['drain', 'recreate', 'rolling', 'none'], found \"roll\""
    )
    assert 'found "web-1"; for example "i-0123456789abcdef0"' in found["sourceInstanceId"]
    assert found["timeouts.drain"] == 'must be integer, found "1h"'


@pytest.mark.parametrize(
    ("key", "near"),
    [("sourceInstanceID", "sourceInstanceId"), ("dryrun", "dryRun"), ("rollOut", "rollout")],
)
def test_a_mistyped_key_is_refused_with_the_key_that_was_meant(key: str, near: str) -> None:
    assert wrong({**SMALLEST, key: True})[key] == f"is not a field of the input; did you mean {near}?"


def test_a_key_that_resembles_nothing_is_refused_with_all_that_are_known_there() -> None:
    message = wrong({**SMALLEST, "image": {"xyz": 1}})["image.xyz"]
    assert message == "is not a field of the input; known here: name, description, keepVolumes, tags"


@pytest.mark.parametrize("raw", [None, [], "x", 1, True, float("nan")])
def test_an_input_that_is_no_object_is_refused(raw: object) -> None:
    assert wrong(raw)[""].startswith("must be an object, found ")


def test_the_group_may_come_from_the_stack() -> None:
    only_source = {"sourceInstanceId": SMALLEST["sourceInstanceId"]}
    assert parse(only_source, "web").auto_scaling_group_name == "web"
    assert parse(SMALLEST, "other").auto_scaling_group_name == "web"
    assert set(wrong(only_source)) == {"autoScalingGroupName"}
    assert set(wrong(only_source, "a:b")) == {"autoScalingGroupName"}


def test_the_launch_template_has_the_groups_name_where_it_may_have_it() -> None:
    for name in ("web", "a" * 128, "web(1).2-3/4_5"):
        assert parse({**SMALLEST, "autoScalingGroupName": name}).launch_template_name == name


def test_a_group_name_that_no_launch_template_may_have_is_written_in_what_it_may_have() -> None:
    wanted = ["web server", "web-server", "웹", "갱", "ab", "a", "a" * 129, "a" * 130, "웹" * 255, "[x]"]
    got = [parse({**SMALLEST, "autoScalingGroupName": name}).launch_template_name for name in wanted]
    assert [wrong_fields(name, "launchTemplateName") for name in got] == [[]] * len(got)
    assert len(set(got)) == len(wanted)
    assert got[0].startswith("web-server-")
    assert got[4].startswith("ab-")


def test_a_launch_template_name_that_is_stated_is_taken_as_it_is_or_refused() -> None:
    spaced = {**SMALLEST, "autoScalingGroupName": "web servers"}
    assert parse({**spaced, "launchTemplateName": "web-servers"}).launch_template_name == "web-servers"
    assert set(wrong({**spaced, "launchTemplateName": "web servers"})) == {"launchTemplateName"}


@pytest.mark.parametrize(
    ("group", "field"),
    [
        ({"minSize": 3, "maxSize": 2}, "group.maxSize"),
        ({"minSize": 3, "desiredCapacity": 2}, "group.desiredCapacity"),
        ({"desiredCapacity": 3, "maxSize": 2, "minSize": 1}, "group.maxSize"),
    ],
)
def test_sizes_that_contradict_each_other_are_refused(group: dict[str, int], field: str) -> None:
    assert set(wrong({**SMALLEST, "group": group})) == {field}


@pytest.mark.parametrize(
    ("given_sizes", "sizes"),
    [
        ({}, (1, 1, 1)),
        ({"min_size": 3}, (3, 3, 3)),
        ({"max_size": 0}, (0, 0, 0)),
        ({"desired_capacity": 4}, (1, 4, 4)),
        ({"min_size": 0, "max_size": 5}, (0, 1, 5)),
    ],
)
def test_a_new_group_gets_sizes_that_fit_the_given_ones(
    given_sizes: dict[str, int], sizes: tuple[int, int, int]
) -> None:
    group = for_new_group(GroupRequest(**given_sizes))
    assert (group.min_size, group.desired_capacity, group.max_size) == sizes
    assert group.health_check_type == "EC2"


def test_user_data_is_measured_in_bytes() -> None:
    assert parse(with_value(SMALLEST, ("launchTemplate", "userData"), "가" * 5461))
    assert wrong(with_value(SMALLEST, ("launchTemplate", "userData"), "가" * 5462)) == {
        "launchTemplate.userData": "must be at most 16384 bytes in UTF-8"
    }


@pytest.mark.parametrize(
    "key", ["aws:a", "AWS:a", "golden-image:run", "Golden-Image:Stack", "", "k" * 129, "a\n", "a\tb"]
)
@pytest.mark.parametrize("section", ["image", "launchTemplate", "group"])
def test_a_tag_key_that_aws_or_the_run_keeps_for_itself_is_refused(section: str, key: str) -> None:
    assert set(wrong(with_value(SMALLEST, (section, "tags"), {key: "x"}))) == {f"{section}.tags.{key}"}


def test_only_a_tag_of_the_template_can_be_null() -> None:
    asked = with_value(SMALLEST, ("launchTemplate", "tags"), {"Owner": None})
    assert parse(asked).launch_template["tags"] == {"Owner": None}
    for section in ("image", "group"):
        assert set(wrong(with_value(SMALLEST, (section, "tags"), {"Owner": None}))) == {
            f"{section}.tags.Owner"
        }


def test_tags_that_are_taken_away_are_not_counted() -> None:
    given = {str(number): "x" for number in range(40)}
    asked = with_value(SMALLEST, ("launchTemplate", "tags"), {f"gone {number}": None for number in range(40)})
    assert parse(with_value(asked, ("group", "tags"), given)).group.tags == given


def test_tags_of_any_language_at_the_limits_are_accepted() -> None:
    tags = {f"{number:02}" + "키" * 126: "값" * 256 for number in range(40)}
    assert parse(with_value(SMALLEST, ("image", "tags"), tags)).image.tags == tags
    assert "image.tags" in wrong(with_value(SMALLEST, ("image", "tags"), {**tags, "one": "more"}))


def test_a_whole_number_written_as_a_fraction_is_an_integer() -> None:
    stop = parse({**SMALLEST, "timeouts": {"stop": 900.0}}).timeouts.stop
    assert stop == 900
    assert isinstance(stop, int)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1, 0, 100.5, True])
def test_a_cpu_target_that_is_no_percentage_is_refused(value: float) -> None:
    assert set(wrong(with_value(SMALLEST, ("group", "targetCpuUtilization"), value))) == {
        "group.targetCpuUtilization"
    }


def test_the_input_itself_is_left_as_it_was() -> None:
    raw = copy.deepcopy(SMALLEST)
    parse(raw, "other")
    assert raw == SMALLEST


def test_a_number_too_long_to_be_printed_is_refused() -> None:
    huge = 10**5000
    found = wrong(
        {**SMALLEST, "sourceInstanceId": huge, "group": {"minSize": huge, "targetCpuUtilization": -huge}}
    )
    assert all("found a huge number" in message for message in found.values())


@pytest.mark.parametrize("field", ["image", "nonsense", "sourceInstanceId"])
def test_nesting_without_end_is_refused(field: str) -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    assert wrong({**SMALLEST, field: deep, "launchTemplate": {"securityGroupIds": deep}})


@pytest.mark.parametrize("description", ["nginx 설치를 마친 웹 서버", "a — b", "naïve", "tab\t"])
def test_a_description_beyond_ascii_is_refused_and_a_tag_is_not(description: str) -> None:
    asked = {**SMALLEST, "image": {"description": description, "tags": {"팀": "웹"}}}
    assert wrong(asked).keys() == {"image.description"}
    assert parse({**SMALLEST, "image": {"tags": {"팀": "웹"}}}).image.tags == {"팀": "웹"}


# A way back


def way_back(**more: Any) -> dict[str, Any]:
    return {"autoScalingGroupName": "web", "goBackTo": "previous", **more}


@pytest.mark.parametrize("goal", ["previous", 1, 7.0, 2**53 - 1])
def test_a_way_back_names_a_generation_and_no_source(goal: Any) -> None:
    request = parse(way_back(goBackTo=goal, rollout="recreate", group={"maxSize": 3}))
    assert isinstance(request, WayBackRequest)
    assert request.go_back_to == goal
    assert isinstance(request.go_back_to, str if goal == "previous" else int)
    assert request.group.stated_sizes.max_size == 3
    assert parse({"goBackTo": goal}, "web").auto_scaling_group_name == "web"
    Draft7Validator(schema()).validate(way_back(goBackTo=goal))


@pytest.mark.parametrize("goal", ["Previous", "previous ", "3", 0, -1, 1.5, None, True, [1], 2**60])
def test_anything_else_is_no_generation(goal: Any) -> None:
    assert set(wrong(way_back(goBackTo=goal))) == {"goBackTo"}


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"sourceInstanceId": SMALLEST["sourceInstanceId"]}, "sourceInstanceId"),
        ({"launchTemplateName": "web"}, "launchTemplateName"),
        ({"launchTemplate": {"keyName": "ops"}}, "launchTemplate"),
        ({"image": {}}, "image"),
        ({"restartSource": True}, "restartSource"),
        ({"stopSource": False}, "stopSource"),
        ({"prepare": {"document": "clean"}}, "prepare"),
        ({"group": {"minSize": 1, "subnetIds": ["subnet-01234567"]}}, "group.subnetIds"),
        ({"group": {"tags": {"a": "b"}}}, "group.tags"),
    ],
)
def test_what_a_way_back_cannot_do_is_refused_by_name(more: dict[str, Any], field: str) -> None:
    errors = wrong(way_back(**more))
    assert list(errors) == [field]
    assert errors[field].startswith("is not allowed with goBackTo; allowed here: ")
    assert not Draft7Validator(schema()).is_valid(way_back(**more))


def test_a_way_back_is_rolled_proven_and_approved_as_the_input_says() -> None:
    rolling = {"checkpointPercentages": [50, 100], "alarms": ["web-5xx"]}
    asked = way_back(rollout="rolling", rolling=rolling, approval={"at": ["image", "checkpoint"]})
    request = parse(asked)
    assert isinstance(request, WayBackRequest)
    assert request.rolling.checkpoint_percentages == (50, 100)
    assert request.rolling.alarms == ("web-5xx",)
    assert request.approval.at == ("image", "checkpoint")
    assert request.canary == Canary()
    assert parse({**asked, "canary": False}).canary is None
    assert parse(way_back(rollout="recreate")).canary is None
    assert parse(way_back(rollout="recreate", canary={"document": "look"})).canary == Canary(
        Document("look", {})
    )
    Draft7Validator(schema()).validate(asked)


def test_what_a_roll_cannot_do_is_refused_of_a_way_back_too() -> None:
    assert list(wrong(way_back(rollout="recreate", rolling={"bakeTime": 60}))) == ["rolling"]
    late = {"checkpointPercentages": [100, 50]}
    assert list(wrong(way_back(rollout="rolling", rolling=late))) == ["rolling.checkpointPercentages"]
    assert list(wrong(way_back(rollout="rolling", approval={"at": ["checkpoint"]}))) == ["approval.at"]


def test_without_goBackTo_the_source_is_required() -> None:  # noqa: N802
    assert list(wrong({"autoScalingGroupName": "web"})) == ["sourceInstanceId"]
    assert not Draft7Validator(schema()).is_valid({"autoScalingGroupName": "web"})
