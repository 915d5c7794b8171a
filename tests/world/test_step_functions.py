"""Step Functions, as MiniStack with the project's patches shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.machines import LONG_WAIT, event_types, run, start, task

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.client import Client


def test_the_same_name_and_input_as_an_open_run_is_that_run(
    sandbox: Client, machine: Callable[..., str]
) -> None:
    arn = machine({"Wait": LONG_WAIT})
    first = start(sandbox, arn, name="nightly", input='{"a": 1}')

    assert start(sandbox, arn, name="nightly", input='{"a": 1}') == first
    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        start(sandbox, arn, name="nightly", input='{"a": 2}')
    sandbox.stop(first)
    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        start(sandbox, arn, name="nightly", input='{"a": 1}')


@pytest.mark.parametrize("name", ["a:b", "a b", "x" * 81, "a/b", "a#b", "ä\x07"])
def test_a_name_that_aws_refuses_is_refused(sandbox: Client, machine: Callable[..., str], name: str) -> None:
    with pytest.raises(ClientError, match="InvalidName"):
        start(sandbox, machine({"Done": {"Type": "Succeed"}}), name=name)


def test_an_output_over_the_limit_ends_the_run(sandbox: Client, machine: Callable[..., str]) -> None:
    def returning(characters: int) -> dict[str, Any]:
        return {"Type": "Pass", "Output": f"{{% $pad('', {characters}) %}}", "End": True}

    # The quotes of a JSON string count too.
    assert run(sandbox, machine({"Full": returning(262142)})).status == "SUCCEEDED"
    assert run(sandbox, machine({"Over": returning(262143)})).error == "States.DataLimitExceeded"


def test_a_task_has_the_events_that_aws_counts(sandbox: Client, machine: Callable[..., str]) -> None:
    done = run(sandbox, machine({"Fail": task(sandbox, End=True)}))

    assert event_types(sandbox, done.arn) == [
        "ExecutionStarted",
        "TaskStateEntered",
        "TaskScheduled",
        "TaskStarted",
        "TaskFailed",
        "ExecutionFailed",
    ]
