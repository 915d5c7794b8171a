"""`apply`: what it takes for an outdated plan, and when a run has accepted its plan."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from golden_image_cli import dry_run, runs
from golden_image_cli.plan_file import Kept
from golden_image_cli.problems import OUTDATED_PLAN, RUN_FAILED, Problem
from golden_image_cli.runs import Run
from golden_image_cli.sdk import Account
from golden_image_cli.stack import Stack
from golden_image_cli.verbs import applying
from tests.cli.stories import RUN, START
from tests.cli.test_plan_text import plan

FILE = Path("web.plan")
KEPT = Kept({"sourceInstanceId": "i-1"}, plan(digest="seen"))
STATES = json.loads(Path("statemachine/golden_image_refresh.asl.json").read_text())["States"]


def refusing(monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any] | str) -> Problem:
    """What apply says where the plan of now is this one, or is refused with this error."""

    def planned(stack: Stack, _: Any) -> Any:
        if isinstance(answer, str):
            raise dry_run.Refused(stack, Run(RUN, "web-1", "FAILED", START, error=answer, cause="so"))
        return answer

    monkeypatch.setattr(dry_run, "plan", planned)
    with pytest.raises(Problem) as refused:
        applying._refuse_outdated(FILE, KEPT, Stack("web", Account()), as_json=False)
    return refused.value


@pytest.mark.parametrize("error", ["RolloutRequired", "SourceNotFound", "ImageNameTaken", "PlanOutdated"])
def test_a_plan_that_the_world_refuses_now_is_outdated(monkeypatch: pytest.MonkeyPatch, error: str) -> None:
    told = refusing(monkeypatch, error)
    assert told.exit_code == OUTDATED_PLAN
    assert f"The plan in web.plan is outdated. Nothing was changed.\n{error}: so\nMake a new one" in str(told)


@pytest.mark.parametrize("error", ["RequestThrottled", "RunInProgress", "SourceNotReady", "States.Timeout"])
def test_a_refusal_that_may_pass_makes_no_plan_outdated(monkeypatch: pytest.MonkeyPatch, error: str) -> None:
    assert refusing(monkeypatch, error).exit_code == RUN_FAILED


def test_a_plan_of_another_digest_without_a_difference_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    told = refusing(monkeypatch, plan(digest="another"))
    assert told.exit_code == OUTDATED_PLAN
    assert "the stack was deployed anew" in str(told)


def test_the_order_in_which_aws_answers_is_no_difference() -> None:
    other = plan()
    other["group"] = other["group"] | {"before": other["group"]["before"] | {"subnetIds": ["b", "a"]}}
    same = plan()
    same["group"] = same["group"] | {"before": same["group"]["before"] | {"subnetIds": ["a", "b"]}}
    assert dry_run.differences(other, same, {}) == []


def test_errors_of_planning_are_those_of_the_workflow() -> None:
    raised = Path("functions/golden_image/errors.py").read_text()
    assert [name for name in applying._OUTDATED if f"class {name}(GoldenImageError)" not in raised] == []


class StepFunctions:
    """Tells the states that a run has entered so far, look by look; it is over after the last."""

    def __init__(self, error: str, *looks: tuple[str, ...]) -> None:
        self.error, self.looks = error, list(looks)

    def describe_execution(self, **_: Any) -> Any:
        told = {"executionArn": RUN, "name": "web-1", "startDate": START, "error": self.error, "cause": "so"}
        return told | {"status": "RUNNING" if len(self.looks) > 1 else "FAILED"}

    def get_execution_history(self, **_: Any) -> Any:
        return {"events": [{"stateEnteredEventDetails": {"name": name}} for name in self.looks.pop(0)]}


def accepted(error: str, *looks: tuple[str, ...]) -> Run:
    account = Account(_clients={"stepfunctions": StepFunctions(error, *looks)})
    return applying._accepted(Stack("web", account, scale=0.001), Run(RUN, "web-1", runs.RUNNING, START))


@pytest.mark.parametrize(("error", "code"), [("PlanOutdated", OUTDATED_PLAN), ("RunInProgress", RUN_FAILED)])
def test_a_refused_run_is_not_taken_for_accepted_while_it_ends(error: str, code: int) -> None:
    assert {*applying._BEFORE_CHANGES, *applying._OF_REFUSED} <= STATES.keys()
    refused = ("Plan Refresh", "Dry Run?", "Lock Group", "Undo")
    with pytest.raises(Problem, match="web-1 was refused, and has changed nothing") as told:
        accepted(error, refused[:1], refused, (*refused, "Explain Failure", "Notify Failure"))
    assert told.value.exit_code == code


def test_a_run_is_accepted_once_it_is_past_its_locks() -> None:
    seen = ("Plan Refresh", "Dry Run?", "Lock Group")
    assert not accepted("", seen, (*seen, "Go Back?"), ("never looked at",)).over


def test_a_watched_run_whose_plan_is_outdated_is_no_run_that_failed_like_others() -> None:
    run = Run(RUN, "web-1", "FAILED", START, input={"planDigest": "seen"}, error="PlanOutdated")
    assert run.outdated
    assert not Run(RUN, "web-1", "FAILED", START, input={}, error="PlanOutdated").outdated
