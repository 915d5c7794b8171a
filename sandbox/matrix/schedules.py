"""Which runs meet which faults: all singles, a sample of pairs, a slice."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sandbox.matrix import answers
from sandbox.matrix.kinds import DENIED, ENDS, MACHINE, NOTIFY, SIZES, SOMEBODY, Fault, Target, kinds_at
from sandbox.matrix.scenarios import Scenario

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_WAITING_FOR_REFRESH = ("Check Instance Refresh", "Is Instance Refresh Done?", "Wait for Instance Refresh")
# What a failed commit leaves, the sweeper commits.
_AFTER_COMMIT = {"CommitRefreshFunction", "UnlockGroupFunction", MACHINE, NOTIFY}
# What the plan cannot look up, and only warns of.
_WARNED_OF = {("PlanRefreshFunction", "GetTopicAttributes"), ("PlanRefreshFunction", "RunInstances")}


# How a run ends whose request for approval is answered so.
_ANSWERED = {
    answers.REJECT: "FAILED",
    answers.NOBODY: "FAILED",
    answers.TWICE: "SUCCEEDED",
    answers.STOP: "ABORTED",
}


@dataclass(frozen=True)
class Schedule:
    """A scenario and what goes wrong in it.

    Attributes:
        doubled: a second run of the same group, at the same time.
        answer: in the place of the scenario's.
    """

    scenario: Scenario
    faults: tuple[Fault, ...] = ()
    doubled: bool = False
    answer: str = ""

    def __str__(self) -> str:
        wrong = [*map(str, self.faults), *(["doubled"] if self.doubled else [])]
        wrong += [f"answered: {self.answer}"] if self.answer else []
        return f"{self.scenario.name}: {' and '.join(wrong) or 'nothing wrong'}"

    @property
    def cuts_roll(self) -> bool:
        """Whether it ends the run at a checkpoint of its roll."""
        return any(fault.target.replaced and fault.kind in ENDS for fault in self.faults)

    def may_end(self) -> tuple[str, ...]:
        """The statuses that the run may end in."""
        if self.answer:
            return (_ANSWERED[self.answer],)
        ends = {status for fault in self.faults for status in fault.kind.ends}
        if not ends or len(self.faults) > 1:
            # Of two faults one may come too late, or be the other's way out.
            ends.add("FAILED" if self.scenario.fails else "SUCCEEDED")
        if self.scenario.fails:
            ends -= {"SUCCEEDED"}
            ends |= {"FAILED"} if any(fault.kind is DENIED for fault in self.faults) else set()
            # A run that leaves the sizes as somebody has set them does not make the call that is refused.
            ends |= {"SUCCEEDED"} if any(fault.kind is SIZES for fault in self.faults) else set()
        elif len(self.faults) == 1 and self.faults[0].kind is DENIED:
            ends = _ends_without(self.faults[0].target)
        return tuple(sorted(ends))

    def first_error(self) -> str:
        """The code of the error that a run fails with and has to report; empty where it is not sure."""
        if self.cuts_roll or any(fault.kind.acts and "FAILED" in fault.kind.ends for fault in self.faults):
            return ""
        if self.scenario.fails:
            return "AccessDenied" if self.scenario.denied else "ApprovalRejected"
        denied = [fault for fault in self.faults if fault.kind is DENIED]
        alone = len(denied) == len(self.faults) == 1
        return str(denied[0].kind.rule(denied[0].target)["code"]) if alone else ""


def _ends_without(call: Target) -> set[str]:
    """How a run may end whose call is refused.

    It starts its first child before the commit, and its last one, which notifies, after that.
    """
    if call.service == "stepfunctions":
        return {"FAILED"} if call.nth == 1 else {"FAILED", "SUCCEEDED"}
    goes_on = call.role in _AFTER_COMMIT or (call.role, call.action) in _WARNED_OF
    return {"SUCCEEDED"} if goes_on else {"FAILED"}


@dataclass(frozen=True)
class CleanRun:
    """A run without faults: its calls and states, and which states have a function.

    Attributes:
        past: the states before those that its scenario is about.
        earlier: those of them in which somebody acts, and nothing else goes wrong.
    """

    scenario: Scenario
    calls: tuple[Target, ...]
    states: tuple[Target, ...]
    with_function: frozenset[Target]
    past: tuple[Target, ...] = ()
    earlier: tuple[Target, ...] = ()

    def faults(self) -> list[Fault]:
        """Everything that can go wrong, once, and all that somebody else can do in each state."""
        wrong = [
            Fault(kind, target)
            for target in (*self.calls, *self.states, *self._at_checkpoints())
            for kind in kinds_at(target, replace(target, replaced=0) in self.with_function)
        ]
        return wrong + list(self._acts())

    def _acts(self) -> Iterator[Fault]:
        """Those of somebody else that can matter, in each state."""
        over = {"", *(state.action for state in self.past if state.role == MACHINE)}
        for state in (*self.earlier, *self.states, *self._at_checkpoints()):
            for kind in SOMEBODY:
                if kind.after in over and kind.matters(self.scenario):
                    yield Fault(kind, state)
            over |= {state.action} if state.role == MACHINE else set()

    def _at_checkpoints(self) -> Iterator[Target]:
        """The states in which the run waits for a refresh, at each checkpoint of it."""
        for state in (*self.earlier, *self.states):
            if state.action in _WAITING_FOR_REFRESH:
                yield from (replace(state, replaced=percent) for percent in self.scenario.checkpoints)


def singles(clean: Mapping[Scenario, CleanRun]) -> list[Schedule]:
    """Every fault alone, and each run that can succeed doubled."""
    faults = [Schedule(scenario, (fault,)) for scenario, run in clean.items() for fault in run.faults()]
    faults += [Schedule(scenario, doubled=True) for scenario in clean if not scenario.fails]
    asked = [scenario for scenario in clean if scenario.answer == answers.APPROVE]
    return faults + [Schedule(scenario, answer=how) for scenario in asked for how in answers.OTHERS]


def pairs(clean: Mapping[Scenario, CleanRun], count: int, seed: int) -> list[Schedule]:
    """A sample of two faults in one run."""
    chosen = random.Random(seed)  # noqa: S311 - repeatable, no secret
    scenarios = list(clean)
    faults = {scenario: clean[scenario].faults() for scenario in scenarios}
    found = []
    for scenario in itertools.islice(itertools.cycle(scenarios), count):
        first, second = chosen.sample(faults[scenario], 2)
        found.append(Schedule(scenario, (first, second)))
    return found


def one_of_each(every: Iterable[Schedule], seed: int) -> list[Schedule]:
    """Of all singles one for each call and each state, whichever scenario it is in, with a kind by chance.

    For each state there is one in which something goes wrong, and one in which somebody else acts.
    """
    chosen_from: dict[tuple[Target, bool], list[Schedule]] = {}
    for schedule in every:
        if schedule.faults and schedule.faults[0].target.nth == 1:
            fault = schedule.faults[0]
            place = replace(fault.target, replaced=0)
            chosen_from.setdefault((place, fault.kind in SOMEBODY), []).append(schedule)
    chosen = random.Random(seed)  # noqa: S311
    return [chosen.choice(those) for those in chosen_from.values()]
