"""Rules of how runs end: committed, undone, and swept where no state could catch the end."""

from __future__ import annotations

import re

from tests.template.rules import graph
from tests.template.rules.base import Project, drop, put, rule
from tools.project import TRUNK, machine

_COMMIT = "Commit Refresh"
_SWEEPER = "SweepRunsFunction"
_SWEEPS = ("template", "Resources", _SWEEPER, "Properties", "Events")
_STATUS_CHANGE = "Step Functions Execution Status Change"
# A run that succeeds is counted, and committed if its own commit failed.
_ENDS = {"ABORTED", "FAILED", "SUCCEEDED", "TIMED_OUT"}
# Nothing of a run is left ten minutes after any end: a first sweep, and a second that finds nothing more.
_MOST_MINUTES = 3


@rule((put("Refresh Complete", TRUNK, "Notify Failure", "Next"), "Undo"))
def what_is_caught_before_the_commit_ends_as_a_failure(project: Project) -> list[str]:
    ends = graph.reachable(graph.edges(project.trunk), "Undo")
    return ["Undo"] if any(project.trunk[name]["Type"] == "Succeed" for name in ends) else []


@rule(
    (put("Undo", TRUNK, "Notify Completion", "Catch", 0, "Next"), _COMMIT),
    (put("Undo", TRUNK, _COMMIT, "Catch", 1, "Next"), _COMMIT),
    (put(["States.ALL"], TRUNK, _COMMIT, "Catch", 0, "ErrorEquals"), _COMMIT),
)
def a_committed_run_is_never_undone(project: Project) -> list[str]:
    """Only a run that is being undone, or was, fails at the commit."""
    commit = project.trunk[_COMMIT]
    refused, *others = commit["Catch"]
    ways = [way for way in graph.edges(project.trunk) if way.source != _COMMIT]
    after = {commit["Next"], *(way["Next"] for way in others)}
    if refused["ErrorEquals"] != ["RunSettled"]:
        after.add(refused["Next"])
    after |= {state for start in after for state in graph.reachable(ways, start)}
    return [_COMMIT] if "Undo" in after else []


@rule(
    (put("Publish Image", TRUNK, "Roll Out", "Next"), "Publish Image"),
    (put("Publish Image", TRUNK, "Configure Auto Scaling Group", "Next"), "Publish Image"),
)
def no_run_is_published_before_it_is_committed(project: Project) -> list[str]:
    ways = [way for way in graph.edges(project.trunk) if way.source != _COMMIT]
    after = graph.reachable(ways, project.definitions[TRUNK]["StartAt"])
    return sorted(after & {"Publish Image"})


@rule(
    (drop(*_SWEEPS, "RunEnded", "Properties", "Pattern", "detail", "status", 0), "ABORTED"),
    (drop(*_SWEEPS, "RunEnded", "Properties", "Pattern", "detail", "status", 2), "SUCCEEDED"),
    (put(["aws.lambda"], *_SWEEPS, "RunEnded", "Properties", "Pattern", "source"), "TIMED_OUT"),
    (drop(*_SWEEPS, "RunEnded", "Properties", "Pattern", "detail", "stateMachineArn"), "every machine"),
    (drop(*_SWEEPS, "Regularly"), "no schedule"),
    (put("rate(10 minutes)", *_SWEEPS, "Regularly", "Properties", "ScheduleExpression"), "no schedule"),
    (put("DISABLED", *_SWEEPS, "Regularly", "Properties", "State"), "no schedule"),
)
def every_end_is_swept_at_once_and_again_by_a_schedule(project: Project) -> list[str]:
    found, regular = set(_ENDS), False
    for event in project.resources[_SWEEPER]["Properties"]["Events"].values():
        own = event["Properties"]
        if event["Type"] == "ScheduleV2":
            rate = re.fullmatch(r"rate\((\d+) minutes?\)", own["ScheduleExpression"])
            regular |= rate is not None and int(rate[1]) <= _MOST_MINUTES and "State" not in own
            continue
        pattern = own["Pattern"]
        if (pattern["source"], pattern["detail-type"]) == (["aws.states"], [_STATUS_CHANGE]):
            found -= set(pattern["detail"]["status"])
            if pattern["detail"].get("stateMachineArn") != [{"Ref": machine(TRUNK)}]:
                found.add("every machine")
    return sorted(found) + ([] if regular else ["no schedule"])
