"""Which runs meet which faults: all singles, a sample of pairs, a slice."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.matrix.kinds import DENIED, MACHINE, SIZES, SOMEBODY, Fault, Target, kinds_at
from sandbox.matrix.scenarios import Scenario

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_AFTER_COMMIT = {"UnlockGroupFunction", MACHINE}
# What the plan cannot look up, and only warns of.
_WARNED_OF = {("PlanRefreshFunction", "GetTopicAttributes"), ("PlanRefreshFunction", "RunInstances")}


@dataclass(frozen=True)
class Schedule:
    """A scenario and what goes wrong in it; `doubled` is a second run of the same group, at the same time."""

    scenario: Scenario
    faults: tuple[Fault, ...] = ()
    doubled: bool = False

    def __str__(self) -> str:
        wrong = [*map(str, self.faults), *(["doubled"] if self.doubled else [])]
        return f"{self.scenario.name}: {' and '.join(wrong) or 'nothing wrong'}"

    def may_end(self) -> tuple[str, ...]:
        """The statuses that the run may end in."""
        ends = {status for fault in self.faults for status in fault.kind.ends}
        if not ends or len(self.faults) > 1:
            # Of two faults one may come too late, or be the other's way out.
            ends.add("FAILED" if self.scenario.denied else "SUCCEEDED")
        if self.scenario.denied:
            ends -= {"SUCCEEDED"}
            ends |= {"FAILED"} if any(fault.kind is DENIED for fault in self.faults) else set()
            # A run that leaves the sizes as somebody has set them does not make the call that is refused.
            ends |= {"SUCCEEDED"} if any(fault.kind is SIZES for fault in self.faults) else set()
        elif len(self.faults) == 1 and self.faults[0].kind is DENIED:
            ends = {"SUCCEEDED"} if _goes_on(self.faults[0].target) else {"FAILED"}
        return tuple(sorted(ends))

    def first_error(self) -> str:
        """The code of the error that a run fails with and has to report; empty where it is not sure."""
        if self.scenario.denied:
            return "AccessDenied"
        denied = [fault for fault in self.faults if fault.kind is DENIED]
        alone = len(denied) == len(self.faults) == 1
        return str(denied[0].kind.rule(denied[0].target)["code"]) if alone else ""


def _goes_on(call: Target) -> bool:
    """Whether a run whose call is refused has been committed, or warns; it calls its children before that."""
    committed = call.role in _AFTER_COMMIT and call.service != "stepfunctions"
    return committed or (call.role, call.action) in _WARNED_OF


@dataclass(frozen=True)
class CleanRun:
    """A run without faults: its calls and states, and which states have a function.

    Attributes:
        earlier: the states before those that its scenario is about.
        existing: whether there was a group before it.
    """

    calls: tuple[Target, ...]
    states: tuple[Target, ...]
    with_function: frozenset[Target]
    earlier: tuple[Target, ...] = ()
    existing: bool = False

    def faults(self) -> list[Fault]:
        """Everything that can go wrong, once, and all that somebody else can do in each state."""
        wrong = [
            Fault(kind, target)
            for target in (*self.calls, *self.states)
            for kind in kinds_at(target, target in self.with_function)
        ]
        return wrong + list(self._acts())

    def _acts(self) -> Iterator[Fault]:
        """Those of somebody else that can matter, in each state."""
        over = {""}
        for state in (*self.earlier, *self.states):
            for kind in SOMEBODY:
                if kind.after in over and (self.existing or not kind.of_existing):
                    yield Fault(kind, state)
            over |= {state.action} if state.role == MACHINE else set()


def singles(clean: Mapping[Scenario, CleanRun]) -> list[Schedule]:
    """Every fault alone, and each run that can succeed doubled."""
    faults = [Schedule(scenario, (fault,)) for scenario, run in clean.items() for fault in run.faults()]
    return faults + [Schedule(scenario, doubled=True) for scenario in clean if not scenario.denied]


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
            chosen_from.setdefault((fault.target, fault.kind in SOMEBODY), []).append(schedule)
    chosen = random.Random(seed)  # noqa: S311
    return [chosen.choice(those) for those in chosen_from.values()]
