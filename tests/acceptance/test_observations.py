"""What is concluded from the runs that are over."""

from __future__ import annotations

from typing import Any

import pytest

from acceptance.evidence import DIFFERENT, YES, Evidence
from acceptance.observations import stages
from acceptance.scenarios import SCENARIOS, End, Outcome

OUTPUT: dict[str, Any] = {"timings": {"total": 6.1}, "warnings": []}
UNPUBLISHED = "the image was not published: Ssm.SsmException"
HAPPENED = SCENARIOS[0].expected


def evidence(*outcomes: Outcome) -> Evidence:
    return Evidence(None, None, {}, outcomes)  # type: ignore[arg-type]


def succeeded(seen: End = HAPPENED, **output: Any) -> Outcome:
    return Outcome(SCENARIOS[0], seen, "arn", "", 60, OUTPUT | output)


def test_runs_without_a_denial_have_only_their_seconds() -> None:
    found = stages(evidence(succeeded()))

    assert found.verdict == YES
    assert found.seen.startswith("no call was denied; seconds of console: {'total': 6.1}")


def test_a_call_that_was_denied_after_the_commit_is_told() -> None:
    seen = End(HAPPENED.status, HAPPENED.error, HAPPENED.sizes, HAPPENED.left, warned=(UNPUBLISHED,))

    found = stages(evidence(succeeded(seen, warnings=[UNPUBLISHED])))

    assert found.verdict == DIFFERENT
    assert f"console: {UNPUBLISHED}" in found.seen
    assert "no call was denied" not in found.seen


@pytest.mark.parametrize("words", ["AccessDenied", "not authorized"])
def test_a_denial_that_is_only_a_warning_is_told(words: str) -> None:
    found = stages(evidence(succeeded(warnings=[f"the key was not looked at: {words}"])))

    assert found.verdict == DIFFERENT
    assert words in found.seen


def test_the_denial_that_a_scenario_makes_is_no_finding() -> None:
    denied = next(one for one in SCENARIOS if one.name == "denied")

    found = stages(evidence(Outcome(denied, denied.expected, "arn", "AccessDeniedException: no", 60)))

    assert found.verdict == YES


def test_the_denial_of_another_scenario_is_told() -> None:
    found = stages(evidence(Outcome(SCENARIOS[0], HAPPENED, "arn", "AccessDeniedException: no", 60)))

    assert found.verdict == DIFFERENT
    assert "console: AccessDeniedException: no" in found.seen
