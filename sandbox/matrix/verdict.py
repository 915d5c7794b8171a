"""The conditions after a run, whatever went wrong in it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.matrix import capacity, complete, expectation, needed, somebody, undone
from sandbox.matrix.made import copied, marked

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.client import Client
    from sandbox.executions import Run
    from sandbox.matrix.scenarios import Scenario
    from sandbox.matrix.situation import Situation

_SETTLE_SECONDS = 15
_SUCCEEDED = "SUCCEEDED"
_REFUSALS = {"RunInProgress", "PlanOutdated"}
_INCOMPLETE = "Roll-back: INCOMPLETE"
_REFUSED = "subnets: those of before were refused"


@dataclass
class Verdict:
    """How a run ended, and what is wrong with it, by kind of wrong."""

    status: str
    outcome: str = ""
    wrong: dict[str, list[str]] = field(default_factory=dict)

    def add(self, kind: str, problems: list[str]) -> None:
        """Note problems of a kind, if there are any."""
        if problems:
            self.wrong.setdefault(kind, []).extend(problems)


def judge(
    client: Client, scenario: Scenario, situation: Situation, run: Run, may_end: tuple[str, ...]
) -> Verdict:
    """Compare what is there with what may be; waits a little for what is still on its way."""
    verdict = Verdict(run.status)
    if run.status not in may_end:
        verdict.add(
            "unexpected", [f"ended {run.status}, not {' or '.join(may_end)}: {run.error}: {run.cause}"]
        )
    verdict.add("notRestored", _locks(client, situation, run.arn))
    is_complete = lambda: complete.incomplete(client, scenario, situation, run)  # noqa: E731 - two names for two ends
    is_undone = lambda: undone.not_undone(client, situation, run)  # noqa: E731
    if run.status == _SUCCEEDED:
        verdict.outcome, problems = "succeeded", _eventually(is_complete)
    elif run.status == "FAILED":
        verdict.outcome, problems = "rolledBack", _eventually(is_undone)
    else:
        # Committed or not: a run that ended from outside is one of both, and wholly.
        verdict.outcome, problems = "rolledBack", _eventually(is_undone)
        if problems and not (other := _eventually(is_complete)):
            verdict.outcome, problems = "succeeded", other
    for kind, text in problems:
        verdict.add(kind, [text])
    calls = client.calls_of(run.arn)
    verdict.add("foreignTouched", _lost_copies(client, situation, calls))
    verdict.add("foreignTouched", _ended_refreshes(client, scenario, situation))
    verdict.add("belowCapacity", capacity.below(client, scenario, situation))
    if run.status == "FAILED":
        verdict.add("unexpected", _untold(situation, run, calls))
    return verdict


def judge_doubled(client: Client, scenario: Scenario, situation: Situation, runs: list[Run]) -> Verdict:
    """Of two runs at once one is complete, and the other was refused before it changed anything."""
    refused = [run for run in runs if run.status == "FAILED" and run.error in _REFUSALS]
    others = [run for run in runs if run not in refused]
    if len(others) != 1:
        ends = " and ".join(f"{run.status} {run.error or ''}" for run in runs)
        return Verdict("BOTH", wrong={"duplicated" if others else "unexpected": [f"the runs ended {ends}"]})
    verdict = judge(client, scenario, situation, others[0], (_SUCCEEDED,))
    verdict.add("duplicated", marked(client, refused[0].arn, situation.group).names())
    return verdict


def _eventually(problems: Callable[[], list[tuple[str, str]]]) -> list[tuple[str, str]]:
    """The faults that are left when nothing improves any more."""
    deadline = time.monotonic() + _SETTLE_SECONDS
    while found := problems():
        if time.monotonic() > deadline:
            return found
        time.sleep(0.25)
    return []


def _locks(client: Client, situation: Situation, run: str) -> list[str]:
    keys = [f"run#{run}", f"group#{situation.group}", f"source#{situation.source}"]
    keys.append(f"launch-template#{situation.group}")
    table = client.endpoints.ledgerTable
    requests = {table: {"Keys": [{"pk": {"S": key}} for key in keys], "ConsistentRead": True}}
    items = client.aws("dynamodb").batch_get_item(RequestItems=requests)["Responses"][table]
    return [f"locked: {item['pk']['S']}" for item in items if "run" in item or "plan" in item]


def _lost_copies(client: Client, situation: Situation, calls: list[dict[str, Any]]) -> list[str]:
    """The backup tool still has what it made."""
    actions = [call["action"] for call in somebody.done(calls)]
    snapshots = actions.count("CopySnapshot") + actions.count("CreateSnapshot")
    there, wanted = copied(client, situation.group), (snapshots, actions.count("CreateImage"))
    kinds = zip(("snapshots", "images"), there, wanted, strict=True)
    return [f"{has} of the {had} {what} of a backup tool" for what, has, had in kinds if has != had]


def _ended_refreshes(client: Client, scenario: Scenario, situation: Situation) -> list[str]:
    """A refresh of somebody else goes on to its own end."""
    theirs = capacity.their_refreshes(client, situation.group) if scenario.rolls else []
    return [
        f"somebody's refresh {one['InstanceRefreshId']} is {one['Status']}"
        for one in theirs
        if one["Status"].startswith(("Cancel", "Rollback"))
    ]


def _untold(situation: Situation, run: Run, calls: list[dict[str, Any]]) -> list[str]:
    """The cause of a failed run has its error, and what the roll-back has kept of what somebody has done."""
    found = [] if run.error and run.cause else ["FAILED without an error and its cause"]
    # The sweeper finishes that, and tells it elsewhere.
    if _INCOMPLETE in str(run.cause):
        return found
    if (why := needed.reasons(situation, calls)) and not needed.is_told(run.cause, why):
        found.append(f"the cause does not say {' or '.join(why)}: {run.cause}")
    if expectation.refuses_subnets(situation, calls) and _REFUSED not in str(run.cause):
        found.append(f"the cause does not say that {_REFUSED}: {run.cause}")
    return found
