from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from botocore.stub import Stubber

from golden_image import aws
from golden_image.api import runs
from handlers.api.start_run import handler
from tests.unit.api_calls import body_of, local_event, proxy_event, throttled
from tests.unit.inputs import SMALLEST

if TYPE_CHECKING:
    from tests.unit.conftest import Context

pytestmark = pytest.mark.usefixtures("state_machine")


def test_a_post_starts_a_run_and_tells_where_it_is(context: Context) -> None:
    answer = handler(proxy_event("post-refreshes"), context)
    body = body_of(answer, "Refresh")
    assert answer["statusCode"] == 202
    assert runs.describe(body["name"]).status == "RUNNING"
    gateway = "https://a1b2c3d4e5.execute-api.ap-northeast-2.amazonaws.com/v1"
    assert answer["headers"]["Location"] == body["links"]["self"] == f"{gateway}/refreshes/{body['name']}"


def test_a_local_invocation_tells_the_path_of_the_run(context: Context) -> None:
    body = body_of(handler(local_event("start_run"), context), "Refresh")
    assert body["links"]["self"] == f"/refreshes/{body['name']}"


@pytest.mark.parametrize("code", ["ExecutionLimitExceeded", "KmsThrottlingException", "InternalFailure"])
def test_what_step_functions_cannot_do_now_asks_to_come_back_later(code: str, context: Context) -> None:
    with Stubber(aws.client("stepfunctions")) as stubber:
        stubber.add_client_error("start_execution", code, "not now", 400)
        answer = handler(local_event("start_run"), context)
    assert answer["statusCode"] in {429, 503}
    assert int(answer["headers"]["Retry-After"]) > 0


def test_an_input_that_is_too_large_for_step_functions_is_told_so(context: Context) -> None:
    tags = {f"{n:02}".ljust(128, "🪵"): "🪵" * 256 for n in range(40)}
    large = {section: {"tags": tags} for section in ("image", "launchTemplate", "group")}
    large["launchTemplate"] = {"tags": tags, "userData": "\x01" * 16384}
    event = {**local_event("start_run"), "body": json.dumps(SMALLEST | large)}
    answer = handler(event, context)
    assert answer["statusCode"] == 400
    assert "Step Functions takes 262144 at most" in body_of(answer, "Error")["message"]


def test_a_repeated_key_is_answered_with_the_same_run(context: Context) -> None:
    event = proxy_event("post-refreshes")
    assert (
        body_of(handler(event, context), "Refresh")["name"]
        == body_of(handler(event, context), "Refresh")["name"]
    )


def test_a_repeated_key_with_another_body_is_a_conflict(context: Context) -> None:
    event = proxy_event("post-refreshes")
    handler(event, context)
    other = event["body"].replace("web", "batch")
    answer = handler({**event, "body": other}, context)
    assert answer["statusCode"] == 409
    assert body_of(answer, "Error")["error"] == "IdempotencyKeyReused"


def test_a_wrong_body_is_answered_field_by_field(context: Context) -> None:
    event = {**local_event("start_run"), "body": '{"rollot": "drain", "dryRun": 1}'}
    answer = handler(event, context)
    assert answer["statusCode"] == 400
    wrong = {entry["field"] for entry in body_of(answer, "Error")["fields"]}
    assert wrong == {"sourceInstanceId", "rollot", "dryRun"}


def test_a_stack_with_a_default_group_takes_an_input_without_one(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = {**local_event("start_run"), "body": '{"sourceInstanceId": "i-0123456789abcdef0"}'}
    assert handler(event, context)["statusCode"] == 400
    monkeypatch.setenv("DEFAULT_GROUP_NAME", "web")
    assert handler(event, context)["statusCode"] == 202


def test_a_throttled_start_asks_to_come_back_later(context: Context) -> None:
    with throttled("start_execution"):
        answer = handler(local_event("start_run"), context)
    assert answer["statusCode"] == 429
    assert int(answer["headers"]["Retry-After"]) > 0
    assert body_of(answer, "Error")["error"] == "RequestThrottled"
