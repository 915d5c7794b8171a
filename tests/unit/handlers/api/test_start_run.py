from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin

import pytest

from golden_image.api import runs
from handlers.api.start_run import handler
from tests.unit.api_calls import body_of, local_event, proxy_event, throttled

if TYPE_CHECKING:
    from tests.unit.conftest import Context

pytestmark = pytest.mark.usefixtures("state_machine")


@pytest.mark.parametrize("event", [proxy_event("post-refreshes"), local_event("start_run")])
def test_a_post_starts_a_run_and_tells_where_it_is(event: dict[str, object], context: Context) -> None:
    answer = handler(event, context)
    body = body_of(answer, "Refresh")
    assert answer["statusCode"] == 202
    assert runs.describe(body["name"]).status == "RUNNING"
    location = urljoin("https://api.example.com/v1/refreshes", answer["headers"]["Location"])
    assert location == f"https://api.example.com/v1/refreshes/{body['name']}"


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
