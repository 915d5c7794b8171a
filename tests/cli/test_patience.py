"""One who waits for a run gets over what passes, and is told what cannot."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from golden_image_cli import history, patience
from golden_image_cli.patience import Patient
from golden_image_cli.sdk import Account
from tests.cli.stories import RUN, START

EXPIRED, UNKNOWN = "ExpiredTokenException", "ExecutionDoesNotExist"


class ExecutionDoesNotExist(ClientError): ...


class StepFunctions:
    """Refuses with these codes, and then answers a run that is over."""

    def __init__(self, *codes: str) -> None:
        self.codes = list(codes)

    def describe_execution(self, **_: str) -> Any:
        if self.codes:
            raise ClientError({"Error": {"Code": self.codes.pop(0)}}, "DescribeExecution")
        return {"status": "SUCCEEDED"}

    def get_execution_history(self, **_: Any) -> Any:
        if self.codes:
            raise ExecutionDoesNotExist({"Error": {"Code": self.codes.pop(0)}}, "GetExecutionHistory")
        return {"events": [{"id": 1, "type": "ExecutionSucceeded", "timestamp": START}]}


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "_FIRST_SECONDS", 0)
    monkeypatch.setattr(patience, "_LOOK_SECONDS", 0)
    # Who signs in again changes nothing of the client here.
    monkeypatch.setattr(Account, "renewed", lambda account: account)


def told(*codes: str) -> list[str]:
    notes: list[str] = []
    account = Account(_clients={"stepfunctions": StepFunctions(*codes)})
    assert Patient(account, notes.append).describe_execution(executionArn=RUN)["status"] == "SUCCEEDED"
    return notes


def test_expired_credentials_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    trouble, over = told(EXPIRED, EXPIRED)
    assert trouble.endswith("The run goes on; this waits.")
    assert over == "AWS answers again."


def test_credentials_that_are_variables_can_only_be_exported_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    assert "export new ones, and watch the run again" in told(EXPIRED)[0]
    assert "export" not in told("ThrottlingException")[0]


def test_a_run_that_was_just_started_may_not_be_visible_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(UNKNOWN, UNKNOWN) == []
    monkeypatch.setattr(patience, "_VISIBLE_SECONDS", -1)
    with pytest.raises(ClientError):
        told(UNKNOWN)


def test_a_run_whose_history_is_forgotten_has_no_events() -> None:
    client: Any = StepFunctions(UNKNOWN)
    assert list(history.events(client, RUN, follow=False)) == []
