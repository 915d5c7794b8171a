"""Runs schedules side by side in one sandbox."""

from __future__ import annotations

import itertools
import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sandbox.executions import child_of
from sandbox.matrix.answers import answering
from sandbox.matrix.ends import Ends
from sandbox.matrix.foreign import touched
from sandbox.matrix.kinds import DENIED, MACHINE, Target
from sandbox.matrix.schedules import CleanRun, Schedule
from sandbox.matrix.situation import Situation, prepare
from sandbox.matrix.verdict import Verdict, judge, judge_doubled
from sandbox.stacks import resources_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sandbox.client import Client
    from sandbox.executions import Run
    from sandbox.matrix.scenarios import Scenario

_RUN_SECONDS = 900
SWEEP_SECONDS = 240
"""The sweeper's schedule, and the time it lets a run settle, several times over on a busy machine."""
# How often a run may pass by its fault: whether a wait is entered at all is a matter of milliseconds.
_TRIES = 3
_LOOKS = {"Check": 2, "EndCanary": 2, "RollBack": 4}
_numbers = itertools.count()


@dataclass(frozen=True)
class Result:
    """A schedule, what was judged of it, and whether its faults were met."""

    schedule: Schedule
    verdict: Verdict
    hits: int
    seconds: float


class Runner:
    """The runs of one sandbox."""

    def __init__(self, client: Client, width: int, sweep_seconds: float = SWEEP_SECONDS) -> None:
        """For a sandbox that is up, `width` runs at once; the sweeper gets so many real seconds for each."""
        self._client = client
        self._sweep_seconds = sweep_seconds
        self._width = width
        self._ends = Ends(client)
        self._situations: dict[str, tuple[Schedule, Situation]] = {}

    def clean(self, scenario: Scenario) -> CleanRun:
        """The calls and states of a run in which nothing goes wrong but what the scenario says."""
        schedule = Schedule(scenario, ())
        run, _, result = self._do(schedule)
        if result.verdict.wrong:
            raise RuntimeError(f"{schedule}: {result.verdict.wrong}")
        found = [call for call in self._client.calls_of(run.arn) if call["role"] != "SweepRunsFunction"]
        calls = [(call["role"], call["service"], call["action"]) for call in found]
        states = list(dict.fromkeys(self._states(run.arn)))
        after, since, begins = 0, 0, 0
        if scenario.since:
            role = f"{scenario.since.replace(' ', '')}Function"
            begins = since = states.index(Target(MACHINE, "workflow", scenario.since))
            after = next(number for number, call in enumerate(calls) if call[0] == role)
        if scenario.denied:
            denied = [(scenario.denied, "AccessDenied")]
            refused = [n for n, call in enumerate(calls) if (call, found[n]["code"]) in denied]
            if not refused:
                raise RuntimeError(f"{schedule}: {scenario.denied} was not refused: {run.cause}")
            after = refused[0] + 1
        elif scenario.fails:
            after = max(n for n, call in enumerate(calls) if call[0] == "RequestApprovalFunction") + 1
        if scenario.fails:
            begins = states.index(Target(MACHINE, "workflow", "Undo"))
        seen: Counter[tuple[str, str, str]] = Counter(calls[:after])
        targets = []
        for call in calls[after:]:
            seen[call] += 1
            # How often a check looks is a matter of milliseconds; its third look is like its second.
            looks = (most for role, most in _LOOKS.items() if call[0].startswith(role))
            if seen[call] <= next(looks, seen[call]):
                targets.append(Target(*call, seen[call]))
        return CleanRun(
            scenario,
            calls=tuple(targets),
            states=tuple(states[begins:]),
            with_function=frozenset(self._with_function()),
            past=tuple(states[:since]),
            earlier=tuple(states[since:begins]),
        )

    def _states(self, arn: str) -> Iterator[Target]:
        """The states of an execution and of its children, in the order they were entered."""
        machine, _, _ = arn.replace(":execution:", ":stateMachine:").rpartition(":")
        for event in self._client.history(arn):
            if "stateEnteredEventDetails" in event:
                name = event["stateEnteredEventDetails"]["name"]
                yield Target(self._machines[machine], "workflow", name)
            if child := child_of(event):
                yield from self._states(child)

    def _with_function(self) -> Iterator[Target]:
        for arn, logical_id in self._machines.items():
            machine = self._client.stepfunctions.describe_state_machine(stateMachineArn=arn)
            for name, state in json.loads(machine["definition"])["States"].items():
                if "lambda:invoke" in state.get("Resource", ""):
                    yield Target(logical_id, "workflow", name)

    @cached_property
    def _machines(self) -> dict[str, str]:
        """The logical ids of the state machines, by ARN."""
        stack = self._client.endpoints.stackName
        return {
            one["PhysicalResourceId"]: one["LogicalResourceId"]
            for one in resources_of(self._client.aws("cloudformation"), stack)
            if one["ResourceType"] == "AWS::StepFunctions::StateMachine"
        }

    def all(self, schedules: Iterable[Schedule]) -> Iterator[Result]:
        """Run them, and answer each when it is judged."""
        with ThreadPoolExecutor(self._width) as pool:
            for future in as_completed([pool.submit(self._judged, schedule) for schedule in schedules]):
                yield future.result()

    def foreign(self) -> list[tuple[Schedule, str]]:
        """The foreign resources that runs have touched so far."""
        return touched(self._client, self._situations)

    def _judged(self, schedule: Schedule) -> Result:
        try:
            for _ in range(_TRIES - 1):
                if (result := self._do(schedule)[2]).hits:
                    return result
            return self._do(schedule)[2]
        except Exception as error:  # A run that breaks the harness is a wrong case.
            verdict = Verdict("UNKNOWN", wrong={"unexpected": [f"{type(error).__name__}: {error}"]})
            return Result(schedule, verdict, 0, 0)

    def _do(self, schedule: Schedule) -> tuple[Run, Situation, Result]:
        began = time.monotonic()
        client, scenario = self._client, schedule.scenario
        name = f"m{next(_numbers):05d}-{scenario.name}"
        situation = prepare(client, scenario, name)
        arn = client.arn_of(name)
        self._situations[arn] = (schedule, situation)
        rules = [fault.rule(arn, situation) for fault in schedule.faults]
        if scenario.denied:
            role, service, action = scenario.denied
            denial: dict[str, Any] = {"role": role, "service": service, "action": action, "times": None}
            if scenario.denied_at:
                denial["replaced"] = {"group": situation.group, "least": scenario.denied_at}
            rules.append({**denial, "run": arn, "effect": "error", "code": "AccessDenied", "status": 403})
        client.control("POST", "faults", rules)
        if schedule.doubled:
            other = self._ends.expect(client.start(situation.run_input, f"{name}-again"))
        self._ends.expect(client.start(situation.asked(schedule.answer), name))
        with answering(client, arn, schedule.answer or scenario.answer):
            self._ends.wait(arn, _RUN_SECONDS)
        run = client.wait(arn)
        # A denial lasts until the run has ended. The sweeper's undo has the same roles, and must not meet it.
        denied = any(fault.kind is DENIED for fault in schedule.faults)
        counted = self._forget_faults(arn) if denied else None
        self._wait_for_the_sweeper(arn)
        counted = counted or self._forget_faults(arn)
        if schedule.doubled:
            self._ends.wait(other, _RUN_SECONDS)
            self._wait_for_the_sweeper(other)
            verdict = judge_doubled(client, scenario, situation, [run, client.wait(other)])
            return run, situation, Result(schedule, verdict, 1, time.monotonic() - began)
        hits = sum(rule["hits"] for rule in counted[: len(schedule.faults)]) or bool(schedule.answer)
        may_end = schedule.may_end() if hits else Schedule(scenario, ()).may_end()
        if scenario.denied_at and run.status == "SUCCEEDED" and not counted[len(schedule.faults)]["hits"]:
            # A busy machine has not looked at the roll in time: nothing was refused.
            hits, may_end = 0, ("SUCCEEDED",)
        verdict = self._judge_in_time(scenario, situation, run, may_end)
        reported = schedule.first_error() if hits else ""
        told = f"{run.error}: {run.cause}"
        if run.status == "FAILED" and reported not in told:
            verdict.add("unexpected", [f"neither error nor cause contains {reported}: {told}"])
        return run, situation, Result(schedule, verdict, hits, time.monotonic() - began)

    def _forget_faults(self, arn: str) -> list[dict[str, Any]]:
        """Remove the rules about a run; answers them with their counts."""
        counted: list[dict[str, Any]] = self._client.control("DELETE", f"faults?run={arn}")
        return counted

    def _judge_in_time(
        self, scenario: Scenario, situation: Situation, run: Run, may_end: tuple[str, ...]
    ) -> Verdict:
        """Judge a run; one ended from outside when what its last handler did late is swept up, too."""
        deadline = time.monotonic() + self._sweep_seconds
        while (verdict := judge(self._client, scenario, situation, run, may_end)).wrong:
            if run.status not in {"ABORTED", "TIMED_OUT"} or time.monotonic() > deadline:
                break
            time.sleep(0.5)
            self._wait_for_the_sweeper(run.arn)
        return verdict

    def _wait_for_the_sweeper(self, arn: str) -> None:
        """Until the run has no row in the ledger, or too long."""
        deadline = time.monotonic() + self._sweep_seconds
        key = {"pk": {"S": f"run#{arn}"}}
        table = self._client.endpoints.ledgerTable
        items = self._client.aws("dynamodb")
        while items.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item"):
            if time.monotonic() > deadline:
                return
            time.sleep(0.5)
