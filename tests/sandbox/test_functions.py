"""Functions in the sandbox run, fail and die as in Lambda."""

from __future__ import annotations

import io
import json
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.client import Client

CODE = """
import os, sys, time, boto3

class SourceTired(Exception):
    pass

calls = 0

def handler(event, context):
    global calls
    calls += 1
    match event["do"]:
        case "fail":
            raise SourceTired("it sleeps")
        case "exit":
            os._exit(7)
        case "hang":
            time.sleep(60)
        case "nap":
            time.sleep(0.3)
    return {
        "calls": calls, "pid": os.getpid(), "path": sys.path[0], "root": os.environ["LAMBDA_TASK_ROOT"],
        "own": os.environ.get("OWN"), "name": context.function_name,
        "key": os.environ["AWS_ACCESS_KEY_ID"][:4], "ec2": boto3.client("ec2").meta.endpoint_url,
    }
"""


@pytest.fixture
def function(sandbox: Client) -> Iterator[Callable[..., Callable[[str], dict[str, Any]]]]:
    """Deploy the code above and answer what invokes it: a dict with the error flag and the payload."""
    client, name = sandbox.aws("lambda"), f"function-{uuid4().hex[:8]}"
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("code.py", "")
        zipped.writestr("nap.py", CODE)
        zipped.writestr("broken.py", "import no_such_module")
        zipped.writestr("bootstrap", "#!/bin/sh\n")
    role = sandbox.aws("iam").list_roles()["Roles"][0]["Arn"]

    def deploy(handler: str = "nap.handler", timeout: int = 60) -> Callable[[str], dict[str, Any]]:
        client.create_function(
            FunctionName=name,
            Runtime="provided.al2023",
            Handler=handler,
            Role=role,
            Timeout=timeout,
            Code={"ZipFile": archive.getvalue()},
            Environment={"Variables": {"OWN": "variable"}},
        )
        return lambda what: invoke(sandbox, name, what)

    yield deploy
    with suppress(client.exceptions.ResourceNotFoundException):
        client.delete_function(FunctionName=name)


def invoke(sandbox: Client, name: str, what: str) -> dict[str, Any]:
    answer = sandbox.aws("lambda").invoke(FunctionName=name, Payload=json.dumps({"do": what}))
    return {"error": answer.get("FunctionError"), "payload": json.loads(answer["Payload"].read())}


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


def test_a_function_that_exits_is_started_anew(function: Callable[..., Any]) -> None:
    ask = function()
    before = ask("answer")["payload"]["pid"]

    failed = ask("exit")

    assert failed["payload"]["errorType"] == "Runtime.ExitError"
    after = ask("answer")["payload"]
    assert after["calls"] == 1
    assert after["pid"] != before


def test_a_function_that_hangs_is_ended_at_its_time_out(function: Callable[..., Any]) -> None:
    # A twentieth of it in real seconds.
    ask = function(timeout=20)

    failed = ask("hang")

    assert failed["payload"]["errorType"] == "Sandbox.Timedout"
    assert ask("answer")["payload"]["calls"] == 1


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
