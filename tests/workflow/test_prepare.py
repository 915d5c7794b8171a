"""A document prepares the source before it is stopped, and a source is imaged without a stop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from tests.workflow.conftest import changes, eventually, left_of, locks, source_state, succeeded
from tests.workflow.test_canary import new_document, new_source

if TYPE_CHECKING:
    from sandbox.client import Client

SECRET = "tell-nobody-2"


@pytest.fixture
def source(sandbox: Client) -> str:
    """A running source that Systems Manager manages."""
    return str(new_source(sandbox)["instanceId"])


def asked(source: str, group: str, /, **more: Any) -> dict[str, Any]:
    return {"sourceInstanceId": source, "autoScalingGroupName": group, "rollout": "none", **more}


def commands(sandbox: Client, source: str) -> list[Any]:
    listed = sandbox.aws("ssm").list_commands(InstanceId=source)["Commands"]
    return list(listed)


def test_the_source_is_prepared_once_before_it_is_stopped(sandbox: Client, source: str, group: str) -> None:
    document, name = new_document(sandbox, level={"type": "String"}), f"prepare-{uuid4().hex[:8]}"
    arn = sandbox.arn_of(name)
    lost = {"service": "ssm", "action": "SendCommand", "when": "after", "effect": "drop", "run": arn}
    sandbox.faults(lost)
    prepare = {"document": document, "parameters": {"level": "all"}}

    sandbox.start(asked(source, group, prepare=prepare), name)
    output = succeeded(sandbox.wait(arn))

    (sent,) = commands(sandbox, source)
    assert (sent["Status"], sent["Parameters"]) == ("Success", {"level": ["all"]})
    assert output["timings"]["prepare"] > 0
    told = [warning for warning in output["warnings"] if document in warning]
    assert "is gone from the source too" in told[0]
    order = [
        call["action"] for call in sandbox.calls_of(arn) if call["action"] in {"SendCommand", "StopInstances"}
    ]
    assert order == ["SendCommand", "StopInstances"]


def test_a_preparation_that_fails_ends_the_run_before_the_stop(
    sandbox: Client, source: str, group: str
) -> None:
    document = new_document(sandbox, key={"type": "String"})
    ending = {"status": "Failed", "stdout": f"key {SECRET} is wrong", "stderr": "no such file"}
    sandbox.control("PUT", "command", {"document": document, **ending})
    prepare = {"document": document, "parameters": {"key": SECRET}}

    run = sandbox.run(asked(source, group, prepare=prepare))

    assert run.error == "PrepareFailed"
    for words in ("Its output ended: key [hidden] is wrong", "Its errors ended: no such file"):
        assert words in str(run.cause)
    assert changes(sandbox, 0, [run.arn]) == []
    assert source_state(sandbox, source) == "running"
    assert [*locks(sandbox, run.arn), *left_of(sandbox, run.arn)] == []


def test_a_preparation_that_takes_too_long_is_cancelled(sandbox: Client, source: str, group: str) -> None:
    document = new_document(sandbox)
    sandbox.control("PUT", "command", {"document": document, "seconds": None})

    run = sandbox.run(asked(source, group, prepare={"document": document, "timeout": 30}))

    assert run.error == "PrepareTimedOut"
    assert "has not ended after 30 s" in str(run.cause)
    eventually(lambda: commands(sandbox, source)[0]["Status"] == "Cancelled")
    assert changes(sandbox, 0, [run.arn]) == []


def test_a_run_that_is_aborted_while_it_prepares_cancels_that(
    sandbox: Client, source: str, group: str
) -> None:
    document, name = new_document(sandbox), f"prepare-{uuid4().hex[:8]}"
    arn = sandbox.arn_of(name)
    sandbox.control("PUT", "command", {"document": document, "seconds": None})
    sandbox.faults({"service": "workflow", "action": "Is Command Done?", "effect": "abort", "run": arn})

    sandbox.start(asked(source, group, prepare={"document": document}), name)
    run = sandbox.wait(arn)

    assert run.status == "ABORTED"
    eventually(lambda: locks(sandbox, arn) == [])
    assert commands(sandbox, source)[0]["Status"] == "Cancelled"
    assert changes(sandbox, 0, [arn]) == []


def test_a_source_that_takes_no_command_is_refused_in_the_plan(sandbox: Client, group: str) -> None:
    document = new_document(sandbox)

    def refused(source: str) -> str:
        run = sandbox.run(asked(source, group, prepare={"document": document}))
        assert run.error == "InvalidInput"
        return str(run.cause)

    assert "is not managed by Systems Manager" in refused(sandbox.seed()["instanceId"])
    assert "is stopped" in refused(sandbox.seed(state="stopped")["instanceId"])
    windows = sandbox.seed(platform="windows", instanceProfile="any")["instanceId"]
    assert "is for Linux, MacOS, and the instance is Windows" in refused(windows)


@pytest.mark.parametrize("platform", ["linux", "windows"])
def test_a_source_that_is_not_stopped_is_never_down(sandbox: Client, group: str, platform: str) -> None:
    source = sandbox.seed(platform=platform, stopProtection=True)["instanceId"]

    run = sandbox.run(asked(source, group, stopSource=False))

    output = succeeded(run)
    assert output["source"] == {"instanceId": source, "state": "running", "downtimeSeconds": 0}
    assert output["timings"]["stop"] is None
    assert [w for w in output["warnings"] if "imaged while it runs" in w] != []
    made = changes(sandbox, 0, [run.arn])
    assert {"StopInstances", "StartInstances"} & set(made) == set()
    assert len({"CreateSnapshots", "CreateImage"} & set(made)) == 1


def test_the_undo_starts_no_source_that_the_run_has_not_stopped(
    sandbox: Client, source: str, group: str
) -> None:
    name = f"running-{uuid4().hex[:8]}"
    arn = sandbox.arn_of(name)
    stopping: Any = {"service": "ec2", "action": "StopInstances", "params": {"InstanceIds": [source]}}
    sandbox.faults(
        {"service": "workflow", "action": "Check Snapshots", "effect": "act", "acts": [stopping], "run": arn},
        {"service": "ec2", "action": "RegisterImage", "code": "InvalidParameterValue", "run": arn},
    )

    sandbox.start(asked(source, group, stopSource=False), name)
    run = sandbox.wait(arn)

    assert run.error == "RequestRefused"
    assert source_state(sandbox, source) == "stopped"
    assert left_of(sandbox, arn) == []
