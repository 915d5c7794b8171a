"""Each Retry and each Catch of each task, from the definitions: error by error, attempt by attempt.

What the task is given is that of its first case. The same tests run against AWS: see conftest.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.states.cases import CASES, Case
from tests.states.state import matches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.states.state import Answer, Tester

CAUSE = "the mocked cause"
# No Retry names it.
FOREIGN = "SomethingNobodyKnows"
TASKS = [case for case in CASES if case.definition["Type"] == "Task" and case.number == 1]


def fail(tester: Tester, case: Case, error: str, retries: int = 0) -> Answer:
    mock = {"errorOutput": {"error": error, "cause": CAUSE}}
    return tester.ask(
        case.workflow,
        case.state,
        run_input=case.run_input,
        variables=case.variables,
        mock=mock,
        retries=retries,
    )


def covers(handler: dict[str, Any], error: str) -> bool:
    """As the States Language has it: States.TaskFailed is every error but a time-out."""
    names = handler["ErrorEquals"]
    return (
        error in names
        or "States.ALL" in names
        or ("States.TaskFailed" in names and error != "States.Timeout")
    )


def errors_of(handler: dict[str, Any]) -> list[str]:
    """The errors that it names, and for its wildcards one that nobody names."""
    wild = {"States.ALL", "States.TaskFailed"}
    return [FOREIGN if name in wild else name for name in handler["ErrorEquals"]]


def retriers(case: Case) -> Iterator[tuple[int, dict[str, Any], str]]:
    """Each retrier that makes attempts, with each of its errors that no earlier one covers."""
    before: list[dict[str, Any]] = []
    for index, retrier in enumerate(case.definition.get("Retry", [])):
        for error in errors_of(retrier):
            if retrier["MaxAttempts"] and not any(covers(earlier, error) for earlier in before):
                yield index, retrier, error
        before.append(retrier)


def catchers(case: Case) -> Iterator[tuple[int, dict[str, Any], str]]:
    """Each catcher with each of its errors that no earlier one covers, whatever Retry says."""
    before: list[dict[str, Any]] = []
    for index, catcher in enumerate(case.definition.get("Catch", [])):
        for error in errors_of(catcher):
            if not any(covers(earlier, error) for earlier in before):
                yield index, catcher, error
        before.append(catcher)


def used_up(case: Case, error: str) -> int:
    """The number of retries after which the error is not retried any more; 0 for one that never is."""
    for retrier in case.definition.get("Retry", []):
        if covers(retrier, error):
            return int(retrier["MaxAttempts"])
    return 0


def delay(retrier: dict[str, Any], retries: int) -> float:
    """The seconds before the next attempt, at most: jitter makes them less."""
    return float(
        min(retrier["IntervalSeconds"] * retrier["BackoffRate"] ** retries, retrier["MaxDelaySeconds"])
    )


@pytest.mark.parametrize("case", TASKS, ids=str)
def test_each_error_of_a_retry_is_retried(tester: Tester, case: Case) -> None:
    asked = list(retriers(case))
    answers = {error: fail(tester, case, error) for _, _, error in asked}

    assert {error: (answer.status, answer.details["retryIndex"]) for error, answer in answers.items()} == {
        error: ("RETRIABLE", index) for index, _, error in asked
    }
    for _, retrier, error in asked:
        assert 0 <= answers[error].details["retryBackoffIntervalSeconds"] <= delay(retrier, 0)


@pytest.mark.parametrize("case", TASKS, ids=str)
def test_a_retry_makes_its_last_attempt_and_no_more(tester: Tester, case: Case) -> None:
    first = {index: (retrier, error) for index, retrier, error in reversed(list(retriers(case)))}
    for index, (retrier, error) in first.items():
        attempts = retrier["MaxAttempts"]
        last, after = fail(tester, case, error, attempts - 1), fail(tester, case, error, attempts)

        assert (last.status, last.details["retryIndex"]) == ("RETRIABLE", index)
        assert 0 <= last.details["retryBackoffIntervalSeconds"] <= delay(retrier, attempts - 1)
        caught = any(covers(catcher, error) for catcher in case.definition.get("Catch", []))
        assert after.status == ("CAUGHT_ERROR" if caught else "FAILED")
        assert (after.error, after.cause) == (error, CAUSE)


@pytest.mark.parametrize("case", [case for case in TASKS if "Catch" in case.definition], ids=str)
def test_a_catch_leads_on_and_assigns(tester: Tester, case: Case) -> None:
    for index, catcher, error in catchers(case):
        answer = fail(tester, case, error, used_up(case, error))

        assert (answer.status, answer.details["catchIndex"]) == ("CAUGHT_ERROR", index)
        assert answer.next_state == catcher["Next"]
        assert answer.output == {"Error": error, "Cause": CAUSE}
        assigned = catcher.get("Assign", {}).keys()
        kept = {name: value for name, value in case.variables.items() if name not in assigned}
        assert answer.variables.keys() == case.variables.keys() | assigned
        assert {name: value for name, value in answer.variables.items() if name not in assigned} == kept
        for name, expected in caught(case, error).items():
            if name in assigned:
                assert matches(expected, answer.variables[name]), f"{name}: {answer.variables[name]}"


def caught(case: Case, error: str) -> dict[str, Any]:
    """What a catcher assigns to a variable of that name. A wait for people times out by a name of its own."""
    warnings = [*case.variables.get("warnings", []), f"<text>: {error}"]
    timed_out = (error, case.state) == ("States.Timeout", "Request Approval")
    told = ("ApprovalTimedOut", "Nobody answered <text>") if timed_out else (error, CAUSE)
    return {
        "failure": {"Error": told[0], "Cause": told[1], "State": case.state},
        "undo": {"Error": error, "Cause": CAUSE},
        "warnings": warnings,
        "rollBack": "<text> (nobody was notified)",
    }


@pytest.mark.parametrize("case", [case for case in TASKS if "Catch" not in case.definition], ids=str)
def test_an_error_that_nothing_handles_fails_the_state(tester: Tester, case: Case) -> None:
    answer = fail(tester, case, FOREIGN, used_up(case, FOREIGN))

    assert (answer.status, answer.error, answer.cause) == ("FAILED", FOREIGN, CAUSE)
