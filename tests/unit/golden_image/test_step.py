from __future__ import annotations

import json
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest

from golden_image import aws
from golden_image.errors import InvalidInput, RequestRefused, SourceNotFound
from golden_image.model.check import Check
from golden_image.run.request import parse
from golden_image.step import logger, step
from tests.unit.account import RUN
from tests.unit.inputs import SMALLEST

if TYPE_CHECKING:
    from tests.unit.account import Account


@step
def look(broken: bool = False) -> Check:
    """A step."""
    if broken:
        raise SourceNotFound("no instance i-1")
    return Check(done=False, wait_seconds=5, progress="37%")


@step
def ask() -> None:
    """A step with a call."""
    aws.client("ec2").describe_vpcs()


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """The function's standard output."""
    stream = StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", stream)
    return stream


def lines(log: StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_a_step_answers_plain_camel_case_data(context: Any) -> None:
    assert look({"run": RUN}, context) == {"done": False, "waitSeconds": 5, "progress": "37%"}


def test_a_step_logs_its_answer_with_the_run_as_json(context: Any, log: StringIO) -> None:
    look({"run": RUN}, context)
    (line,) = lines(log)
    assert (line["level"], line["message"], line["run"]) == ("INFO", "step done", RUN)
    assert line["answer"]["progress"] == "37%"
    assert line["function_request_id"] == context.aws_request_id


def test_a_run_is_not_logged_for_the_next_one(context: Any, log: StringIO) -> None:
    look({"run": RUN}, context)
    look({}, context)
    first, second = lines(log)
    assert first["run"] == RUN
    assert second.get("run") is None


def test_a_named_error_reaches_the_workflow_under_its_name_and_is_logged(context: Any, log: StringIO) -> None:
    with pytest.raises(SourceNotFound, match="no instance i-1"):
        look({"run": RUN, "broken": True}, context)
    (line,) = lines(log)
    assert (line["error"], line["reason"]) == ("SourceNotFound", "no instance i-1")


def test_an_error_of_awss_reaches_the_workflow_under_a_name(account: Account, context: Any) -> None:
    account.faults({"service": "ec2", "action": "DescribeVpcs", "code": "UnauthorizedOperation"})
    with pytest.raises(RequestRefused, match="DescribeVpcs: UnauthorizedOperation"):
        ask({}, context)


def test_a_number_that_python_would_not_read_comes_to_the_check_of_the_input() -> None:
    event = json.loads('{"group": {"maxSize": ' + "1" * 5000 + "}}")
    with pytest.raises(InvalidInput, match=r"group\.maxSize: .*found a huge number"):
        parse(SMALLEST | event)
