"""Functions in the sandbox run, fail and die as in Lambda."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.client import Client


def test_a_function_sees_what_lambda_gives_it(sandbox: Client, function: Callable[..., Any]) -> None:
    payload = function()("answer")["payload"]

    assert payload["path"] == payload["root"]
    assert payload["own"] == "variable"
    assert payload["name"].startswith("function-")
    assert payload["key"] == "ASIA"
    assert payload["ec2"] == sandbox.endpoints.ec2


def test_a_warm_function_keeps_its_process(function: Callable[..., Any]) -> None:
    ask = function()

    first, second = ask("answer")["payload"], ask("answer")["payload"]

    assert first["pid"] == second["pid"]
    assert (first["calls"], second["calls"]) == (1, 2)


def test_an_exception_keeps_its_name_and_the_process(function: Callable[..., Any]) -> None:
    ask = function()

    failed = ask("fail")

    assert failed["error"] == "Unhandled"
    assert failed["payload"]["errorType"] == "SourceTired"
    assert failed["payload"]["errorMessage"] == "it sleeps"
    assert ask("answer")["payload"]["calls"] == 2


def test_a_module_that_cannot_be_imported_is_named(function: Callable[..., Any]) -> None:
    failed = function("broken.handler")("answer")

    assert failed["error"] == "Unhandled"
    assert "no_such_module" in json.dumps(failed["payload"])


def test_invocations_at_the_same_time_have_processes_of_their_own(function: Callable[..., Any]) -> None:
    ask = function()

    with ThreadPoolExecutor(2) as pool:
        pids = {answer["payload"]["pid"] for answer in pool.map(ask, ["nap", "nap"])}

    assert len(pids) == 2


def test_a_function_that_was_deleted_does_not_run_for_a_retried_event(
    sandbox: Client, function: Callable[..., Any]
) -> None:
    name = function()("answer")["payload"]["name"]
    functions, logs = sandbox.aws("lambda"), sandbox.aws("logs")
    group = f"/aws/lambda/{name}"

    def has_logged() -> bool:
        return bool(logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"])

    functions.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps({"do": "fail"}))
    deadline = time.monotonic() + 10
    while not any(
        "SourceTired" in e["message"] for e in logs.filter_log_events(logGroupName=group)["events"]
    ):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    functions.delete_function(FunctionName=name)
    logs.delete_log_group(logGroupName=group)

    # Lambda's two retries come after one and after two minutes of the sandbox's time.
    time.sleep(200 * sandbox.endpoints.scale)
    assert not has_logged()
