"""How a scenario's end is seen, without a sandbox: a run that is over, and one that is given up."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from acceptance import scenarios
from acceptance.account import NotInTimeError
from acceptance.places import subnets_offering
from acceptance.scenarios import SCENARIOS, End, Outcome, Scenario, warned_by
from sandbox.build import ROOT
from sandbox.executions import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from acceptance.account import Account
    from acceptance.stack import Stack

ARN = "arn:aws:states:us-east-1:123456789012:execution:GoldenImageRefresh-x:run"
DEFINITION = json.loads((ROOT / "statemachine/golden_image_refresh.asl.json").read_text())
COMMITTED = "Commit Refresh"


class Somewhere:
    """An account that does not wait."""

    pace = 1.0
    poll_seconds = 0.0

    def aws(self, service: str) -> str:
        return service

    def until(self, condition: Callable[[], bool], seconds: float, what: str) -> None:
        if not any(condition() for _ in range(3)):
            raise NotInTimeError(f"{what}: not within {seconds:.0f} s")


@dataclass(frozen=True)
class Deployed:
    """As much of a stack as a scenario asks for."""

    name: str = "x"

    @property
    def outputs(self) -> dict[str, str]:
        return {"StateMachineArn": "arn"}


@pytest.fixture
def stopped() -> list[str]:
    """The runs that were stopped."""
    return []


@pytest.fixture
def over() -> dict[str, Any]:
    """What is different in the run that is over; with `late`, it never is."""
    return {}


@pytest.fixture
def ended(
    over: dict[str, Any], stopped: list[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Outcome]:
    """Runs a scenario of which everything was undone."""

    class Executions:
        def __init__(self, *_given: object) -> None:
            pass

        def stop(self, arn: str) -> None:
            stopped.append(arn)
            if "ended" in over:
                raise ClientError({"Error": {"Code": "ExecutionDoesNotExist"}}, "StopExecution")

        def wait(self, arn: str, seconds: float) -> Run:
            if "late" in over:
                raise TimeoutError(f"{arn} is not over after {seconds} s: Drain Group")
            return Run(**{**_RUN, **over})

    monkeypatch.setattr(scenarios, "Executions", Executions)
    monkeypatch.setattr(scenarios, "left_of", lambda *_given: ())
    monkeypatch.setattr(scenarios, "sizes_of", lambda *_given: "none")
    monkeypatch.setattr(scenarios, "state_of", lambda *_given: "running")
    monkeypatch.setattr(scenarios, "errors_of", lambda *_given: {})

    def run(scenario: Scenario) -> Outcome:
        return scenarios.run(Somewhere(), Deployed(), scenario, "i-1")  # type: ignore[arg-type]

    return run


_RUN: dict[str, Any] = {"arn": ARN, "status": "SUCCEEDED", "output": {"warnings": []}, "error": None}
_RUN |= {"cause": None, "states": [], "seconds": 60}


def started(_account: Account, _stack: Stack, _run_input: dict[str, Any]) -> str:
    return ARN


SCENARIO = replace(SCENARIOS[0], trigger=started, expected=End("SUCCEEDED", "", "none", ()))


def after_the_commit() -> list[str]:
    """What the states of the workflow warn of whose failure is not undone, as they are written."""
    catchers = [one for state in DEFINITION["States"].values() for one in state.get("Catch", [])]
    texts = [one["Assign"].get("warnings", "") for one in catchers if one["Next"] != "Undo"]
    return [found[1] for text in texts if (found := re.search(r"\['(.*: )' & ", text))]


def test_each_warning_after_the_commit_is_known() -> None:
    assert len(after_the_commit()) == 5
    for text in after_the_commit():
        said = [f"{text}Ssm.SsmException"]
        assert warned_by({"warnings": ["a warning of the plan", *said]}, "") == tuple(said)


def test_a_failed_run_that_told_nobody_is_known() -> None:
    text = DEFINITION["States"]["Notify Failure"]["Catch"][0]["Assign"]["rollBack"]
    said = re.search(r"\((.*)\)'", text)
    assert said

    assert warned_by(None, f"it was refused Roll-back: complete ({said[1]}).") == ("nobody was notified",)
    assert warned_by(None, "it was refused Roll-back: complete.") == ()


def test_a_run_that_warned_after_its_commit_has_not_ended_as_expected(
    over: dict[str, Any], ended: Callable[[Scenario], Outcome]
) -> None:
    assert ended(SCENARIO).agrees

    over["output"] = {"warnings": ["the image was not published: Ssm.SsmException"]}

    outcome = ended(SCENARIO)
    assert not outcome.agrees
    assert outcome.seen.warned == ("the image was not published: Ssm.SsmException",)


def late(_account: Account, _executions: object, _run: str) -> None:
    raise NotInTimeError("Wait for Group to Drain: not within 1800 s")


@pytest.mark.parametrize("over_already", [False, True])
@pytest.mark.parametrize("meanwhile", [None, late], ids=["the run", "its state"])
def test_a_run_that_is_given_up_is_stopped_and_named(
    over: dict[str, Any],
    ended: Callable[[Scenario], Outcome],
    stopped: list[str],
    meanwhile: Any,
    over_already: bool,
) -> None:
    over |= {"late": True} | ({"ended": True} if over_already else {})

    outcome = ended(replace(SCENARIO, meanwhile=meanwhile))

    assert stopped == [ARN]
    assert outcome.run == ARN
    assert outcome.seen.status == "TIMED OUT HERE"
    assert ARN in outcome.cause
    assert ("ExecutionDoesNotExist" in outcome.cause) == over_already
    assert not outcome.agrees


def test_the_next_scenario_waits_until_one_that_was_given_up_is_undone(
    over: dict[str, Any], ended: Callable[[Scenario], Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    over["late"] = True
    left = [("lock", "snapshot"), ("lock",), ()]
    monkeypatch.setattr(scenarios, "left_of", lambda *_given: left.pop(0))

    assert ended(SCENARIO).seen.left == ()
    assert left == []


def test_a_run_that_no_trigger_started_is_not_started(
    ended: Callable[[Scenario], Outcome], stopped: list[str]
) -> None:
    def refused(*_given: object) -> str:
        raise NotInTimeError("the run of the schedule: not within 300 s")

    outcome = ended(replace(SCENARIO, trigger=refused))

    assert (outcome.seen.status, outcome.run, stopped) == ("not started", None, [])


def test_the_trouble_is_over_before_a_run_is_given_up(
    over: dict[str, Any], ended: Callable[[Scenario], Outcome], stopped: list[str]
) -> None:
    over["late"] = True
    at_the_end: list[list[str]] = []

    @contextmanager
    def trouble(_account: Account, _stack: Stack) -> Iterator[None]:
        try:
            yield
        finally:
            at_the_end.append([*stopped])

    ended(replace(SCENARIO, trouble=trouble))

    assert at_the_end == [[]]


QUOTA = next(one for one in SCENARIOS if one.name == "quota")


def test_the_group_without_a_quota_is_where_its_type_is_offered(
    ended: Callable[[Scenario], Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs: list[dict[str, Any]] = []

    def begun(_account: Account, _stack: Stack, run_input: dict[str, Any]) -> str:
        inputs.append(run_input)
        return ARN

    monkeypatch.setattr(scenarios, "subnets_offering", lambda _account, kind: [f"subnet of {kind}"])
    ended(replace(QUOTA, trigger=begun))
    monkeypatch.setattr(scenarios, "subnets_offering", lambda _account, _kind: [])
    ended(replace(QUOTA, trigger=begun))

    assert inputs[0]["group"] == {**QUOTA.input["group"], "subnetIds": ["subnet of g4dn.xlarge"]}
    assert inputs[1]["group"] == QUOTA.input["group"]  # and the plan says that no zone offers it


@pytest.mark.parametrize(
    ("error", "cause", "agrees"),
    [
        ("RolloutTimedOut", "You have requested more vCPU capacity", True),
        ("RequestRefused", "VcpuLimitExceeded: You have requested more vCPU capacity", True),
        ("RequestRefused", "UnauthorizedOperation: not authorized", False),
        ("InvalidInput", "VcpuLimitExceeded", False),
    ],
)
def test_a_quota_is_seen_by_a_dry_run_or_by_a_launch(
    over: dict[str, Any], ended: Callable[[Scenario], Outcome], error: str, cause: str, agrees: bool
) -> None:
    over |= {"status": "FAILED", "output": None, "error": error, "cause": cause}

    assert ended(replace(QUOTA, trigger=started, offered="")).agrees == agrees


def test_nothing_may_be_left_by_another_end_that_is_documented() -> None:
    seen = End("FAILED", "RequestRefused", "none", ("snapshot",))

    assert not Outcome(QUOTA, seen, ARN, "VcpuLimitExceeded: no", 60).agrees


def test_only_default_subnets_of_zones_that_offer_the_type_are_taken() -> None:
    pages = {
        "describe_instance_type_offerings": [
            {"InstanceTypeOfferings": [{"Location": "us-east-1b"}]},
            {"InstanceTypeOfferings": [{"Location": "us-east-1c"}]},
        ],
        "describe_subnets": [
            {"Subnets": [{"SubnetId": f"subnet-{zone}", "AvailabilityZone": f"us-east-1{zone}"}]}
            for zone in "cab"
        ],
    }

    class Pages(Somewhere):
        def aws(self, _service: str) -> Any:
            return self

        def get_paginator(self, name: str) -> Any:
            return SimpleNamespace(paginate=lambda **_given: pages[name])

    assert subnets_offering(Pages(), "g4dn.xlarge") == ["subnet-b", "subnet-c"]  # type: ignore[arg-type]
