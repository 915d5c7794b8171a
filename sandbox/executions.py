"""Runs of a deployed workflow, followed through Step Functions alone: in a sandbox, or on AWS."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from golden_image_cli import history

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_stepfunctions.type_defs import HistoryEventTypeDef

    from golden_image_cli.history import Event


@dataclass(frozen=True)
class StateVisit:
    """A state that a run was in; `exited` is None where the run ended in it."""

    name: str
    entered: str
    exited: str | None


@dataclass(frozen=True)
class Run:
    """A run that is over."""

    arn: str
    status: str
    """SUCCEEDED, FAILED, TIMED_OUT or ABORTED."""
    output: Any
    """Of a run that succeeded, else None."""
    error: str | None
    cause: str | None
    states: list[StateVisit]
    """Those of the run's children too."""
    seconds: float

    @property
    def state_names(self) -> list[str]:
        """The names of the states in the order they were entered, each visit counted."""
        return [visit.name for visit in self.states]


class Executions:
    """The runs of one state machine."""

    def __init__(self, stepfunctions: SFNClient, state_machine_arn: str, poll_seconds: float) -> None:
        """Asks for what has happened every `poll_seconds`, in real seconds."""
        self._stepfunctions = stepfunctions
        self._state_machine_arn = state_machine_arn
        self._poll_seconds = poll_seconds

    def start(self, run_input: object, name: str | None = None) -> str:
        """Start a run and answer its ARN."""
        named = {"name": name} if name else {}
        started = self._stepfunctions.start_execution(
            stateMachineArn=self._state_machine_arn, input=json.dumps(run_input), **named
        )
        return started["executionArn"]

    def arn_of(self, name: str) -> str:
        """The ARN of a run of that name."""
        return f"{self._state_machine_arn.replace(':stateMachine:', ':execution:')}:{name}"

    def stop(self, arn: str) -> None:
        """Abort a run."""
        self._stepfunctions.stop_execution(executionArn=arn)

    def wait(self, arn: str, seconds: float = 600) -> Run:
        """Wait until a run is over.

        Raises:
            TimeoutError: it is not over after so many real seconds; the message names its states.
        """
        deadline = time.monotonic() + seconds
        while (described := self._stepfunctions.describe_execution(executionArn=arn))["status"] == "RUNNING":
            if time.monotonic() > deadline:
                names = [visit.name for visit in self.visits(arn)]
                raise TimeoutError(f"{arn} is not over after {seconds} s: {', '.join(names)}")
            time.sleep(self._poll_seconds)
        output = described.get("output")
        succeeded = described["status"] == "SUCCEEDED"
        return Run(
            arn=arn,
            status=described["status"],
            output=json.loads(output) if output and succeeded else None,
            error=described.get("error"),
            cause=described.get("cause"),
            states=self.visits(arn),
            seconds=(described["stopDate"] - described["startDate"]).total_seconds(),
        )

    def run(self, run_input: object, name: str | None = None, seconds: float = 600) -> Run:
        """Start a run and wait until it is over."""
        return self.wait(self.start(run_input, name), seconds)

    def history(self, arn: str) -> Iterator[HistoryEventTypeDef]:
        """An execution's own events so far."""
        pages = self._stepfunctions.get_paginator("get_execution_history")
        for page in pages.paginate(executionArn=arn, PaginationConfig={"PageSize": 1000}):
            yield from page["events"]

    def events(self, arn: str) -> Iterator[Event]:
        """The events of a run and its children as they happen, to the last one."""
        return history.events(self._stepfunctions, arn, self._poll_seconds)

    def visits(self, arn: str) -> list[StateVisit]:
        """The states of an execution so far, those of its children where they ran."""
        visits: list[StateVisit] = []
        open_visits: dict[str, int] = {}
        for event in self.history(arn):
            at = event["timestamp"].isoformat()
            if "stateEnteredEventDetails" in event:
                name = event["stateEnteredEventDetails"]["name"]
                open_visits[name] = len(visits)
                visits.append(StateVisit(name, at, None))
            elif "stateExitedEventDetails" in event:
                index = open_visits.pop(event["stateExitedEventDetails"]["name"], None)
                if index is not None:
                    visits[index] = StateVisit(visits[index].name, visits[index].entered, at)
            elif child := child_of(event):
                visits += self.visits(child)
        return visits


def child_of(event: HistoryEventTypeDef) -> str | None:
    """The ARN of the execution that an event says was started; None where it says no such thing."""
    if "taskSubmittedEventDetails" not in event:
        return None
    arn: str | None = json.loads(event["taskSubmittedEventDetails"]["output"]).get("ExecutionArn")
    return arn
