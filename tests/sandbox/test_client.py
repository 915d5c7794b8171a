"""A program uses a sandbox that is up."""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from sandbox.client import Client


def test_the_api_answers_who_signs(sandbox: Client) -> None:
    status, headers, document = sandbox.api("GET", "/openapi.json")

    assert status == 200
    assert headers["content-type"].startswith("application/json")
    assert document["paths"]["/refreshes"]


def test_the_api_does_not_answer_who_does_not_sign(sandbox: Client) -> None:
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"{sandbox.endpoints.apiUrl}/refreshes", timeout=120)  # noqa: S310


def test_an_input_that_is_wrong_is_answered_with_its_fields(sandbox: Client) -> None:
    status, _, answer = sandbox.api("POST", "/refreshes?x=a%20b", {"no": "such"})

    assert status == 400
    assert answer["error"] == "InvalidInput"
    assert {field["field"] for field in answer["fields"]} >= {"no", "sourceInstanceId"}


def test_a_verb_that_the_world_refuses_is_an_error(sandbox: Client) -> None:
    with pytest.raises(ValueError, match="400"):
        sandbox.faults({"effect": "nonsense"})


def test_a_run_that_takes_too_long_names_where_it_is(sandbox: Client, group: str) -> None:
    sandbox.control("PUT", "durations", {"stop": 100000})
    source = sandbox.seed()["instanceId"]
    arn = sandbox.start({"sourceInstanceId": source, "autoScalingGroupName": group})

    next(event for event in sandbox.events(arn) if event.entered == "Wait for Source to Stop")

    with pytest.raises(TimeoutError, match="Stop Source"):
        sandbox.wait(arn, seconds=0)

    sandbox.stop(arn)
    assert sandbox.wait(arn).status == "ABORTED"
