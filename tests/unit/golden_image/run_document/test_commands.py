from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from ec2world.control.verbs import control
from golden_image.errors import CanaryFailed, PrepareFailed, PrepareTimedOut, RunSettled
from golden_image.model.document import Job
from golden_image.run import ledger
from golden_image.run_document import commands, managed, sent
from tests.unit.account import RUN, noted

if TYPE_CHECKING:
    from tests.unit.account import Account

pytestmark = pytest.mark.usefixtures("row")
SHELL = "AWS-RunShellScript"
COMMAND = "touch /tmp/the-secret-of-the-parameter"


@pytest.fixture
def source(account: Account) -> str:
    """A source that Systems Manager manages, with user data and a tag."""
    return account.seed(
        instanceProfile="managed",
        userData="#!/bin/sh\nexport KEY=the-secret-of-the-user-data\n",
        tags={"Owner": "somebody-secret"},
    )


def job(source: str, purpose: str = "prepare") -> Job:
    return Job(SHELL, {"commands": [COMMAND]}, purpose, source)


def ends(account: Account, **ending: Any) -> None:
    given = json.dumps({"document": SHELL, **ending}).encode()
    status, text = control(account.world, "PUT", "/_sandbox/command", given)
    assert status == 200, text


def check(source: str, purpose: str = "prepare", waited: int = 0, limit: int = 600) -> commands.CommandCheck:
    command_id = sent.find(RUN, job(source, purpose), noted(RUN))
    return commands.check(RUN, job(source, purpose), command_id, waited, limit)


def test_a_retry_finds_the_command_that_a_lost_try_has_sent(account: Account, source: str) -> None:
    account.lose_answer("ssm", "SendCommand")
    with pytest.raises(Exception, match=r"Connection|closed"):
        commands.send(RUN, job(source), 600)
    account.client("ssm").send_command(
        InstanceIds=[source], DocumentName=SHELL, Parameters={"commands": [COMMAND]}, Comment="somebody's"
    )
    found = commands.send(RUN, job(source), 600)
    assert len(account.calls("SendCommand")) == 2
    assert check(source).command_id == found
    assert check(source).done


def test_an_undo_cancels_a_command_that_has_not_reached_its_instance(account: Account, source: str) -> None:
    """ListCommands shows none of an instance before it has received it."""
    account.freeze()
    commands.send(RUN, job(source), 600)
    assert sent.cancel_what_goes_on(RUN, job(source), noted(RUN))
    (cancelled,) = account.calls("CancelCommand")
    assert cancelled["InstanceIds"] == [source]
    assert account.calls("ListCommands") == []


def test_an_undo_cancels_a_command_whose_answer_was_lost_before_it_reached_its_instance(
    account: Account, source: str
) -> None:
    account.freeze()
    account.lose_answer("ssm", "SendCommand")
    with pytest.raises(Exception, match=r"Connection|closed"):
        commands.send(RUN, job(source), 600)
    account.world.clock.skip(1.5)
    assert sent.cancel_what_goes_on(RUN, job(source), noted(RUN))


def test_source_and_canary_have_commands_of_their_own(account: Account, source: str) -> None:
    of_source, of_canary = (commands.send(RUN, job(source, one), 600) for one in ("prepare", "canary"))
    assert of_source != of_canary
    assert all(len(call["Comment"]) <= 100 for call in account.calls("SendCommand"))


def test_an_instance_whose_agent_does_not_report_yet_is_waited_for(account: Account) -> None:
    young = account.seed()
    assert commands.send(RUN, job(young), 600) is None
    waiting = commands.check(RUN, job(young), None, 0, 600)
    assert (waiting.done, waiting.command_id) == (False, None)
    with pytest.raises(PrepareTimedOut, match="does not report to SSM"):
        commands.check(RUN, job(young), None, 600, 600)
    assert "is not managed" in str(managed.why_not(young))


def test_an_instance_or_a_command_that_is_not_known_everywhere_yet_is_waited_for(
    account: Account, source: str
) -> None:
    unknown = {"service": "ec2", "action": "DescribeInstances", "code": "InvalidInstanceID.NotFound"}
    account.faults(unknown, {"service": "ssm", "action": "SendCommand", "code": "InvalidInstanceId"})
    assert commands.send(RUN, job(source), 600) is None
    commands.send(RUN, job(source), 600)
    for code in ("InvalidCommandId", "InvalidInstanceId"):
        account.faults({"service": "ssm", "action": "ListCommandInvocations", "code": code})
        assert not check(source).done
    assert check(source).done


def test_an_instance_that_is_stopped_runs_no_document(account: Account) -> None:
    stopped = account.seed(instanceProfile="managed", state="stopped")
    with pytest.raises(PrepareFailed, match="is stopped"):
        commands.send(RUN, job(stopped), 600)
    assert "does not report (ConnectionLost)" in str(managed.why_not(stopped))


def test_no_command_is_sent_for_a_run_that_is_being_undone(account: Account, source: str) -> None:
    assert ledger.claim_undo(RUN)
    with pytest.raises(RunSettled):
        commands.send(RUN, job(source), 600)
    assert account.calls("SendCommand") == []


@pytest.mark.parametrize(("purpose", "error"), [("prepare", PrepareFailed), ("canary", CanaryFailed)])
def test_what_ssm_refuses_of_a_document_fails_its_purpose(
    source: str, purpose: str, error: type[Exception]
) -> None:
    wrong = Job(SHELL, {"command": ["true"]}, purpose, source)
    with pytest.raises(error, match="InvalidParameters"):
        commands.send(RUN, wrong, 600)


def test_what_the_function_may_not_is_no_failure_of_the_document(account: Account, source: str) -> None:
    account.faults(
        {"service": "ssm", "action": "SendCommand", "code": "AccessDeniedException", "status": 400}
    )
    with pytest.raises(ClientError, match="AccessDenied"):
        commands.send(RUN, job(source), 600)


def test_a_command_that_failed_tells_the_end_of_its_output_without_secrets(
    account: Account, source: str
) -> None:
    told = f"{'x' * 3000} the-secret-of-the-user-data somebody-secret {COMMAND}: no such file"
    ends(account, status="Failed", responseCode=3, stdout="started", stderr=told)
    commands.send(RUN, job(source), 600)
    with pytest.raises(PrepareFailed) as failed:
        check(source)
    message = str(failed.value)
    assert f"{SHELL} on {source} ended Failed" in message
    assert "answered 3. Its output ended: started Its errors ended: …" in message
    assert message.endswith("no such file")
    assert "secret" not in message
    assert len(message) < 1500


@pytest.mark.parametrize(
    ("action", "code"),
    [
        ("DescribeInstanceAttribute", "IncorrectInstanceState"),
        ("DescribeInstanceAttribute", "InvalidInstanceID.NotFound"),
        ("DescribeInstances", "InvalidInstanceID.NotFound"),
    ],
)
def test_an_output_in_which_nothing_is_known_to_be_secret_is_not_told(
    account: Account, source: str, action: str, code: str
) -> None:
    ends(account, status="Failed", stderr="the-secret-of-the-user-data")
    commands.send(RUN, job(source), 600)
    account.faults({"service": "ec2", "action": action, "code": code, "times": None})
    with pytest.raises(PrepareFailed, match=r"ended Failed .* errors is not told") as failed:
        check(source)
    assert "secret-of" not in str(failed.value)


def test_a_step_whose_whole_output_may_not_be_read_tells_what_the_list_has(
    account: Account, source: str
) -> None:
    ends(account, status="Failed", stdout="no such file")
    commands.send(RUN, job(source), 600)
    account.faults({"service": "ssm", "action": "GetCommandInvocation", "code": "AccessDeniedException"})
    with pytest.raises(PrepareFailed, match="Its output ended: no such file"):
        check(source)


@pytest.fixture
def endless(account: Account, source: str) -> tuple[str, Job]:
    """A command that works on, with what it was sent for."""
    account.world.clock.scale = 1e-3
    ends(account, seconds=None)
    hanging = Job(SHELL, {"commands": ["true"], "executionTimeout": ["172800"]}, "prepare", source)
    command_id = str(commands.send(RUN, hanging, 600))
    while sent.invocation(command_id, source) is None:
        assert account.calls("SendCommand")
    return command_id, hanging


def test_a_command_that_takes_too_long_is_cancelled_and_told_again(
    account: Account, endless: tuple[str, Job]
) -> None:
    command_id, hanging = endless
    with pytest.raises(PrepareTimedOut, match="after 600 s"):
        commands.check(RUN, hanging, command_id, 600, 600)
    assert len(account.calls("CancelCommand")) == 1
    account.flow()
    # A try whose answer was lost has cancelled it: that is no failure of the document.
    with pytest.raises(PrepareTimedOut, match="after 600 s"):
        commands.check(RUN, hanging, command_id, 600, 600)


def test_an_undo_cancels_what_goes_on_and_waits_for_it(account: Account, endless: tuple[str, Job]) -> None:
    assert sent.cancel_what_goes_on(RUN, endless[1], noted(RUN))
    account.flow()
    assert not sent.cancel_what_goes_on(RUN, endless[1], noted(RUN))


def test_an_undo_without_a_command_has_nothing_to_cancel(account: Account, source: str) -> None:
    assert not sent.cancel_what_goes_on(RUN, job(source), noted(RUN))
    assert account.calls("CancelCommand") == []
