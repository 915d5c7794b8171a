from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib import import_module
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest

from golden_image.errors import RunInProgress
from golden_image.run import ledger, owed
from golden_image.run.owed import OwedSource
from golden_image.step import logger
from golden_image.undo import removal
from tests.unit.account import LEDGER, OTHER_RUN, RUN, UNDO

if TYPE_CHECKING:
    from collections.abc import Iterator

    from golden_image.model.plan import Plan
    from tests.unit.account import Account

pytestmark = pytest.mark.usefixtures("ledger_table")

# One that CloudFormation has made itself, because the creation got no answer.
PHYSICAL_ID = "refresh-NoOpenRuns-1ABC"
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

    def ask(self, kind: str = "Delete", request_id: str = "") -> dict[str, Any]:
        """Ask, by a request of its own or again by the one of that id, and get the newest answer."""
        request = {
            "RequestType": kind,
            "ResponseURL": self._url,
            "StackId": STACK_ID,
            "RequestId": request_id or f"request-{len(self.answers)}",
            "LogicalResourceId": "NoOpenRuns",
            "ResourceType": "Custom::NoOpenRuns",
            "ResourceProperties": {"ServiceToken": "arn", "ServiceTimeout": "180"},
        }
        if kind != "Create":
            request["PhysicalResourceId"] = PHYSICAL_ID
        import_module("handlers.undo.sweep_runs").handler(request, self._context)
        answered = self.answers[-1]
        asked = {key: request[key] for key in ("StackId", "RequestId", "LogicalResourceId")}
        assert {key: answered[key] for key in asked} == asked
        assert answered["PhysicalResourceId"] == request.get("PhysicalResourceId", "NoOpenRuns")
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
    account: Account, plan: Plan, cloudformation: CloudFormation
) -> None:
    ledger.lock(plan, UNDO)
    account.commit(RUN)
    ledger.unlock(RUN)

    assert cloudformation.ask()["Status"] == "SUCCESS"

    later = replace(plan, run=OTHER_RUN, planned_at=plan.planned_at + 60_000)
    minutes = removal._CLOSED_SECONDS // 60
    with pytest.raises(RunInProgress, match=f"is being removed.* still there in {minutes} minutes, start"):
        ledger.lock(later, UNDO)
    assert ledger.open_runs() == [OTHER_RUN]
    assert cloudformation.ask()["Status"] == "FAILED"


def test_the_removal_is_refused_with_the_names_of_the_open_runs_and_runs_may_begin(
    account: Account, plan: Plan, cloudformation: CloudFormation
) -> None:
    ledger.lock(plan, UNDO)

    answered = cloudformation.ask()

    assert answered["Status"] == "FAILED"
    assert answered["Reason"] == (
        f"Runs are open: {RUN}. Wait until they end, or stop them. Nothing that runs need was deleted, but "
        "the stack can no longer be updated, only deleted: do so once nothing is open."
    )
    assert not marked(account)
    ledger.lock(plan, UNDO)


def test_the_removal_is_refused_while_a_source_is_owed(cloudformation: CloudFormation) -> None:
    owed.owe(OwedSource("i-0123456789abcdef0", RUN, "web", "no capacity"))

    answered = cloudformation.ask()

    assert answered["Status"] == "FAILED"
    assert answered["Reason"].startswith("Sources are still to be started: i-0123456789abcdef0.")


# The longest names of executions that Step Functions takes, in letters of one, three and four bytes.
@pytest.mark.parametrize(("letter", "more"), [("x", 32), ("값", 36), ("😀", 37)])
def test_many_open_runs_fit_into_an_answer(
    account: Account, cloudformation: CloudFormation, letter: str, more: int
) -> None:
    machine = RUN.rpartition(":")[0]
    for number in range(40):
        account.open_row(f"{machine}:{number:02}{letter * 78}")
        owed.owe(OwedSource(f"i-{number:017x}", RUN, "web", "no capacity"))

    reason = cloudformation.ask()["Reason"]

    assert f"and {more} more. Wait until they end" in reason
    assert "i-00000000000000027. Start them by hand" in reason
    assert reason.endswith("do so once nothing is open.")


def test_a_long_error_fits_into_an_answer(
    cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failed() -> list[str]:
        raise ValueError("값" * 4000)

    monkeypatch.setattr(ledger, "open_runs", failed)
    assert cloudformation.ask()["Reason"].endswith(
        "값 Nothing that runs need was deleted, but the stack can no "
        "longer be updated, only deleted: do so once nothing is open."
    )


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


def test_a_run_that_takes_an_owed_source_over_in_between_is_seen(
    account: Account, cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It locks after the rows were read and before the owed sources are: its lock deletes the debt."""
    source = account.seed()
    plan, every = account.plan(source), owed.every
    owed.owe(OwedSource(source, OTHER_RUN, "web", "no capacity"))

    def taken_over() -> list[OwedSource]:
        with pytest.raises(RunInProgress):
            ledger.lock(plan, UNDO)
        return every()

    monkeypatch.setattr(owed, "every", taken_over)
    answered = cloudformation.ask()
    assert answered["Status"] == "FAILED"
    assert answered["Reason"].startswith(f"Runs are open: {RUN}.")


def test_runs_may_begin_after_a_removal_that_failed_halfway(
    account: Account, plan: Plan, cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mark was written, and the sources cannot be read."""

    def failed() -> list[OwedSource]:
        assert marked(account)
        raise TimeoutError("no answer")

    monkeypatch.setattr(owed, "every", failed)
    assert cloudformation.ask()["Status"] == "FAILED"
    assert not marked(account)
    ledger.lock(plan, UNDO)


def test_a_request_that_is_delivered_again_is_answered_as_before_and_no_run_begins(
    plan: Plan, cloudformation: CloudFormation
) -> None:
    """A run that was refused has its row until its undo is over; Lambda delivers what failed once more."""
    assert cloudformation.ask(request_id="once")["Status"] == "SUCCESS"
    with pytest.raises(RunInProgress):
        ledger.lock(plan, UNDO)

    assert cloudformation.ask(request_id="once")["Status"] == "SUCCESS"

    with pytest.raises(RunInProgress):
        ledger.lock(plan, UNDO)


def test_a_request_that_is_delivered_again_after_the_mark_is_over_is_looked_into(
    plan: Plan, cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cloudformation.ask(request_id="once")["Status"] == "SUCCESS"
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + removal._CLOSED_SECONDS + 1)
    ledger.lock(plan, UNDO)
    assert cloudformation.ask(request_id="once")["Status"] == "FAILED"


@pytest.mark.parametrize("allowed", [True, False])
def test_two_deliveries_at_the_same_time_do_not_allow_the_removal_without_a_mark(
    account: Account,
    cloudformation: CloudFormation,
    monkeypatch: pytest.MonkeyPatch,
    allowed: bool,
) -> None:
    """While one looks, the other allows the removal and a run begins, or refuses it and the run is over."""
    every, others = owed.every, iter([True])

    def meanwhile() -> list[OwedSource]:
        if next(others, False):
            if not allowed:
                account.open_row(RUN)
            cloudformation.ask(request_id="once")
            if allowed:
                account.open_row(RUN)
            else:
                account.client("dynamodb").delete_item(TableName=LEDGER, Key={"pk": {"S": f"run#{RUN}"}})
        return every()

    monkeypatch.setattr(owed, "every", meanwhile)
    cloudformation.ask(request_id="once")
    assert [told["Status"] for told in cloudformation.answers] == [
        "SUCCESS" if allowed else "FAILED",
        "FAILED",
    ]
    assert marked(account) == allowed


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


def test_an_answer_and_an_error_are_logged(
    cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", log)
    cloudformation.ask()
    monkeypatch.setenv("LEDGER_TABLE", "no-such-table")
    cloudformation.ask()

    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    told = [line for line in lines if line["message"] == "removal answered"]
    assert [line["answer"]["Status"] for line in told] == ["SUCCESS", "FAILED"]
    assert told[1]["answer"]["Reason"].startswith("It is not known whether runs are open")
    (failed,) = [line for line in lines if line["level"] == "ERROR"]
    assert "ResourceNotFoundException" in failed["exception"]
