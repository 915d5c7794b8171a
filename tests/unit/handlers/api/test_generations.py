"""GET /groups/{name}/generations and POST /groups/{name}/go-back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from golden_image import aws
from golden_image.generation import store
from golden_image.run import starter
from handlers.api import go_back, list_generations
from tests.unit.api_calls import body_of, end, local_event, proxy_event
from tests.unit.golden_image.generation.refreshing import arn, refresh

if TYPE_CHECKING:
    from tests.unit.account import Account
    from tests.unit.conftest import Context

CALLER = "arn:aws:sts::123456789012:assumed-role/Operators/ops"


def listed(context: Context, **query: str) -> dict[str, Any]:
    event = {"pathParameters": {"name": "web"}, "queryStringParameters": query}
    answer = list_generations.handler(event, context)
    assert answer["statusCode"] == 200
    return body_of(answer, "GenerationPage")


@pytest.mark.usefixtures("generations_table")
def test_the_generations_are_listed_newest_first_a_page_at_a_time(account: Account, context: Context) -> None:
    starter.note(arn("one"), CALLER)
    refresh(account, "one")
    for name in ("two", "three"):
        refresh(account, name, rollout="none")

    first = listed(context, limit="2")
    assert [one["number"] for one in first["generations"]] == [3, 2]
    second = listed(context, limit="2", nextToken=first["nextToken"])
    assert [one["number"] for one in second["generations"]] == [1]
    assert "nextToken" not in second
    assert "nextToken" not in listed(context, limit="3")
    oldest = second["generations"][0]
    assert (oldest["startedBy"], "replaced" in oldest, oldest["adopted"]) == (CALLER, False, False)
    assert listed(context, nextToken="1") == {"generations": []}
    for event in (proxy_event("get-generations"), local_event("list_generations")):
        assert len(body_of(list_generations.handler(event, context), "GenerationPage")["generations"]) == 3


@pytest.mark.usefixtures("generations_table")
def test_a_group_of_before_has_the_generation_that_it_tells(account: Account, context: Context) -> None:
    made = refresh(account, "one")
    aws.client("dynamodb").delete_item(
        TableName=store.name(), Key={"group": {"S": "web"}, "number": {"N": "1"}}
    )
    (told,) = listed(context)["generations"]
    assert (told["number"], told["adopted"], told["run"]) == (1, True, arn("one"))
    assert told["image"]["id"] == made.image.id


@pytest.mark.usefixtures("generations_table")
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("web", "'web' has no generation. Each run that succeeds is one."),
        ("none", "'none' does not exist, and has no generation"),
        ("", "'' does not exist"),
        ("x" * 3000, "x' does not exist"),
    ],
)
def test_a_group_without_a_generation_is_not_found(
    account: Account, context: Context, name: str, said: str
) -> None:
    account.group("web")
    answer = list_generations.handler({"pathParameters": {"name": name}}, context)
    assert answer["statusCode"] == 404
    told = body_of(answer, "Error")
    assert told["error"] == "NoGeneration"
    assert said in told["message"]


@pytest.mark.parametrize("query", [{"nextToken": "ten"}, {"status": "RUNNING"}, {"limit": "0"}])
@pytest.mark.usefixtures("generations_table")
def test_a_wrong_query_is_refused(context: Context, query: dict[str, str]) -> None:
    event = {"pathParameters": {"name": "web"}, "queryStringParameters": query}
    answer = list_generations.handler(event, context)
    assert answer["statusCode"] == 400
    assert [one["field"] for one in body_of(answer, "Error")["fields"]] == list(query)


# Go back


def started(body: str) -> Any:
    described = aws.client("stepfunctions").describe_execution(executionArn=json.loads(body)["executionArn"])
    return json.loads(described["input"])


@pytest.mark.usefixtures("state_machine")
def test_a_way_back_is_started_for_the_group_of_the_path(context: Context) -> None:
    answer = go_back.handler(proxy_event("post-go-back"), context)
    assert answer["statusCode"] == 202
    run = body_of(answer, "Refresh")
    assert answer["headers"]["Location"] == run["links"]["self"]
    assert started(answer["body"]) == {
        "autoScalingGroupName": "web",
        "goBackTo": "previous",
        "rollout": "recreate",
    }
    assert starter.find(run["executionArn"]) == CALLER
    assert go_back.handler(local_event("go_back"), context)["statusCode"] == 202


@pytest.mark.parametrize("name", ["a/b", "50% off", "웹 서버", "a%2Fb", "..", " "])
@pytest.mark.usefixtures("state_machine")
def test_a_group_may_have_any_name(context: Context, name: str) -> None:
    event = {"pathParameters": {"name": quote(name, safe="")}, "body": '{"goBackTo": 3}'}
    answer = go_back.handler(event, context)
    assert answer["statusCode"] == 202
    assert started(answer["body"]) == {"autoScalingGroupName": name, "goBackTo": 3}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("{}", "goBackTo"),
        ("[]", ""),
        ('{"goBackTo": "next"}', "goBackTo"),
        ('{"goBackTo": 1, "autoScalingGroupName": "other"}', "autoScalingGroupName"),
        ('{"goBackTo": 1, "sourceInstanceId": "i-0123456789abcdef0"}', "sourceInstanceId"),
    ],
)
@pytest.mark.usefixtures("state_machine")
def test_a_wrong_body_starts_nothing(context: Context, body: str, field: str) -> None:
    answer = go_back.handler({"pathParameters": {"name": "web"}, "body": body}, context)
    assert answer["statusCode"] == 400
    assert [one["field"] for one in body_of(answer, "Error")["fields"]] == [field]


@pytest.mark.usefixtures("state_machine")
def test_the_same_key_is_the_same_way_back(context: Context) -> None:
    event = {
        "pathParameters": {"name": "web"},
        "headers": {"Idempotency-Key": "back"},
        "body": '{"goBackTo": 3}',
    }
    first, second = (body_of(go_back.handler(event, context), "Refresh") for _ in range(2))
    assert first["executionArn"] == second["executionArn"]
    end(first["name"], "SUCCEEDED")
    ended = go_back.handler(event, context)
    assert ended["statusCode"] == 200
    assert body_of(ended, "Refresh")["goBackTo"] == 3
    event["body"] = '{"goBackTo": 2}'
    assert go_back.handler(event, context)["statusCode"] == 409
