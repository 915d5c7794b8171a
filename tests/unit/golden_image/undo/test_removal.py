from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from golden_image.errors import RunInProgress
from golden_image.run import ledger, owed
from golden_image.run.owed import OwedSource
from golden_image.undo import removal
from tests.unit.account import LEDGER, OTHER_RUN, RUN, UNDO

if TYPE_CHECKING:
    from collections.abc import Iterator

    from golden_image.model.plan import Plan
    from tests.unit.account import Account

pytestmark = pytest.mark.usefixtures("ledger_table")

STACK_ID = "arn:aws:cloudformation:ap-northeast-2:123456789012:stack/refresh/1"


@pytest.fixture
def plan(account: Account) -> Plan:
    return account.plan(account.seed())


class CloudFormation:
    """Asks the sweeper as CloudFormation does, and gets its answers."""

    def __init__(self, url: str, context: object) -> None:
        self._url, self._context = url, context
        self.headers: list[dict[str, str]] = []
        self.answers: list[dict[str, Any]] = []

    def ask(self, kind: str = "Delete") -> dict[str, Any]:
        request = {
            "RequestType": kind,
            "ResponseURL": self._url,
            "StackId": STACK_ID,
            "RequestId": f"request-{len(self.answers)}",
            "LogicalResourceId": "NoOpenRuns",
            "ResourceType": "Custom::NoOpenRuns",
            "ResourceProperties": {"ServiceToken": "arn", "ServiceTimeout": "180"},
        }
        if kind != "Create":
            request["PhysicalResourceId"] = "NoOpenRuns"
        import_module("handlers.undo.sweep_runs").handler(request, self._context)
        answered = self.answers[-1]
        asked = {key: request[key] for key in ("StackId", "RequestId", "LogicalResourceId")}
        assert {key: answered[key] for key in asked} == asked
        assert answered["PhysicalResourceId"] == "NoOpenRuns"
        return answered


@pytest.fixture
def cloudformation(context: object) -> Iterator[CloudFormation]:
    class Answered(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asking.headers.append(dict(self.headers))
            asking.answers.append(json.loads(body))
            assert len(body) <= 4096
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answered) as server:
        threading.Thread(target=server.serve_forever).start()
        asking = CloudFormation(f"http://127.0.0.1:{server.server_port}/answer?signature=1", context)
        yield asking
        server.shutdown()


def marked(account: Account) -> bool:
    key = {"pk": {"S": ledger.REMOVAL}}
    return "Item" in account.client("dynamodb").get_item(TableName=LEDGER, Key=key)


def test_the_stack_is_removed_if_nothing_is_open_and_no_run_begins_then(
    plan: Plan, cloudformation: CloudFormation
) -> None:
    ledger.lock(plan, UNDO)
    ledger.unlock(RUN)

    assert cloudformation.ask()["Status"] == "SUCCESS"

    later = replace(plan, run=OTHER_RUN, planned_at=plan.planned_at + 60_000)
    with pytest.raises(RunInProgress, match="is being removed"):
        ledger.lock(later, UNDO)
    assert ledger.open_runs() == [OTHER_RUN]
    assert cloudformation.ask()["Status"] == "FAILED"


def test_the_removal_is_refused_with_the_names_of_the_open_runs_and_runs_may_begin(
    account: Account, plan: Plan, cloudformation: CloudFormation
) -> None:
    ledger.lock(plan, UNDO)

    answered = cloudformation.ask()

    assert answered["Status"] == "FAILED"
    assert answered["Reason"].startswith(f"Runs are open: {RUN}. Wait until they end, or stop them.")
    assert not marked(account)
    ledger.lock(plan, UNDO)


def test_the_removal_is_refused_while_a_source_is_owed(cloudformation: CloudFormation) -> None:
    owed.owe(OwedSource("i-0123456789abcdef0", RUN, "web", "no capacity"))

    answered = cloudformation.ask()

    assert answered["Status"] == "FAILED"
    assert answered["Reason"].startswith("Sources are still to be started: i-0123456789abcdef0.")


def test_many_open_runs_fit_into_an_answer(account: Account, cloudformation: CloudFormation) -> None:
    for number in range(40):
        account.client("dynamodb").put_item(
            TableName=LEDGER, Item={"pk": {"S": f"run#{RUN[:-4]}{'x' * 60}{number:02}"}}
        )
    assert "and 30 more" in cloudformation.ask()["Reason"]


def test_a_run_that_began_in_between_is_seen_or_sees_the_mark(
    plan: Plan, cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It locks after the mark was written and before the rows are read."""
    rows = ledger.open_runs

    def begun() -> list[str]:
        with pytest.raises(RunInProgress):
            ledger.lock(plan, UNDO)
        return rows()

    monkeypatch.setattr(removal.ledger, "open_runs", begun)
    assert cloudformation.ask()["Status"] == "FAILED"


def test_a_mark_of_a_removal_that_did_not_happen_is_over_after_a_while(
    plan: Plan, cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cloudformation.ask()["Status"] == "SUCCESS"
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + removal._CLOSED_SECONDS + 1)
    ledger.lock(plan, UNDO)


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_a_stack_is_made_and_updated_whatever_is_open(
    account: Account, plan: Plan, cloudformation: CloudFormation, kind: str
) -> None:
    ledger.lock(plan, UNDO)
    account.forget_calls()
    assert cloudformation.ask(kind)["Status"] == "SUCCESS"
    assert account.changes() == []
    assert not marked(account)


def test_a_ledger_that_cannot_be_read_refuses_the_removal(
    cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEDGER_TABLE", "no-such-table")
    answered = cloudformation.ask()
    assert answered["Status"] == "FAILED"
    assert answered["Reason"].startswith("It is not known whether runs are open: ResourceNotFoundException")


def test_an_answer_has_no_content_type_which_the_signed_url_would_not_allow(
    cloudformation: CloudFormation,
) -> None:
    cloudformation.ask("Create")
    assert cloudformation.headers[0].get("Content-Type", "") == ""
