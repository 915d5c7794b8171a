"""Rules of facts that stand in more than one place: numbers and names have to agree."""

from __future__ import annotations

import ast
import math
import re

from tests.template.rules.base import Project, parsed, put, reword, rule
from tools.project import STATE_MACHINE

_AWS = "golden_image.aws"
_LEDGER = "golden_image.run.ledger"
_PLAN = "golden_image.run.plan"
_POLLING = "golden_image.polling"
_SWEEPER = ("template", "Resources", "SweepRunsFunction", "Properties")
_SETTLE = (
    "template",
    "Resources",
    "BeginUndoFunction",
    "Properties",
    "Environment",
    "Variables",
    "SETTLE_SECONDS",
)
_TABLE = ("template", "Resources", "LedgerTable", "Properties")
_TIMEOUTS = ("schema", "properties", "timeouts", "properties")
# The SDK's longest pauses before its second and third try (standard mode).
_PAUSES = 1 + 2
# Each of the plan's timeouts as often as one run may spend it: `stop` bounds the source's return too.
_SPENT = {"stop": 2, "snapshot": 1, "image": 1, "drain": 1, "rollout": 1}


def _number(project: Project, module: str, name: str) -> int:
    """A module's constant that is a number or a product of numbers."""
    for node in parsed(project.code[module]).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            return math.prod(n.value for n in ast.walk(node.value) if isinstance(n, ast.Constant))  # type: ignore[misc]
    raise LookupError(f"{module} has no {name}")


@rule(
    (put(90, "template", "Globals", "Function", "Timeout"), "Stop Source"),
    (put(60, "definition", "States", "Stop Source", "TimeoutSeconds"), "Stop Source"),
)
def a_task_outlasts_its_function(project: Project) -> list[str]:
    own = project.template["Globals"]["Function"]["Timeout"]
    return [name for name, state in project.lambda_tasks.items() if state["TimeoutSeconds"] <= own]


@rule(
    (reword("code", _AWS, "_READ_SECONDS = 10", "_READ_SECONDS = 20"), "a call to AWS"),
    (put(30, "template", "Globals", "Function", "Timeout"), "a call to AWS"),
)
def a_function_outlasts_all_tries_of_a_call(project: Project) -> list[str]:
    tries = _number(project, _AWS, "_READ_RETRIES")
    once = _number(project, _AWS, "_CONNECT_SECONDS") + _number(project, _AWS, "_READ_SECONDS")
    longest, own = tries * once + _PAUSES, project.template["Globals"]["Function"]["Timeout"]
    return [f"a call to AWS may take {longest} s, the function has {own}"] if longest >= own else []


@rule(
    (reword("code", _LEDGER, "_KEPT_SECONDS = ", "_KEPT_SECONDS = 0 * "), "the ledger"),
    (put(10**8, "definition", "TimeoutSeconds"), "the ledger"),
)
def the_ledger_keeps_a_row_longer_than_a_run_may_last(project: Project) -> list[str]:
    kept, lasts = _number(project, _LEDGER, "_KEPT_SECONDS"), project.definition["TimeoutSeconds"]
    return [f"the ledger keeps {kept} s, a run may last {lasts}"] if kept <= lasts else []


@rule(
    (put("100", *_SETTLE), "an undo"),
    (put(100, "template", "Globals", "Function", "Timeout"), "an undo"),
    (reword("code", _POLLING, "SETTLED_AFTER = 60", "SETTLED_AFTER = 90"), "an undo"),
)
def an_undo_looks_on_until_nothing_of_a_run_that_was_cut_off_can_still_come(project: Project) -> list[str]:
    """A handler may outlive its run by its own time-out, and what it made is not shown at once."""
    own = project.resources["BeginUndoFunction"]["Properties"]["Environment"]["Variables"]
    looks = int(own["SETTLE_SECONDS"])
    comes = project.template["Globals"]["Function"]["Timeout"] + _number(project, _POLLING, "SETTLED_AFTER")
    return [f"an undo looks on for {looks} s, the last may come after {comes}"] if looks < comes else []


@rule(
    (put(130, *_SWEEPER, "Timeout"), "a sweep"),
    (put("rate(1 minute)", *_SWEEPER, "Events", "Regularly", "Properties", "ScheduleExpression"), "a sweep"),
)
def a_sweep_is_over_before_another_one_begins(project: Project) -> list[str]:
    own = project.resources["SweepRunsFunction"]["Properties"]
    every = own["Events"]["Regularly"]["Properties"]["ScheduleExpression"]
    minutes = int(re.fullmatch(r"rate\((\d+) minutes?\)", every)[1])  # type: ignore[index]
    lasts, seconds = own["Timeout"], 60 * minutes
    return [f"a sweep may last {lasts} s, of {seconds}"] if lasts >= seconds else []


@rule(
    (put(10**7, *_TIMEOUTS, "image", "maximum"), "the waits"),
    (put({"maximum": 1}, *_TIMEOUTS, "canary"), "canary"),
)
def a_run_outlasts_the_longest_waits_that_an_input_may_ask_for(project: Project) -> list[str]:
    """Else the machine's own time-out ends it, which nothing inside the run can catch."""
    fields = project.schema["properties"]["timeouts"]["properties"]
    found = sorted(fields.keys() ^ _SPENT.keys())
    longest = sum(fields[name]["maximum"] * times for name, times in _SPENT.items())
    lasts = project.definition["TimeoutSeconds"]
    return found + ([f"the waits may take {longest} s, the run {lasts}"] if longest >= lasts else [])


@rule(
    (put("id", *_TABLE, "KeySchema", 0, "AttributeName"), "id"),
    (put("ttl", *_TABLE, "TimeToLiveSpecification", "AttributeName"), "ttl"),
)
def the_table_has_the_attributes_that_the_ledger_writes(project: Project) -> list[str]:
    table = project.resources["LedgerTable"]["Properties"]
    names = [table["KeySchema"][0]["AttributeName"], table["TimeToLiveSpecification"]["AttributeName"]]
    return [name for name in names if f'"{name}"' not in project.code[_LEDGER]]


@rule((reword("code", _PLAN, "/golden-image/", "/images/"), "/images/"))
def the_published_parameter_is_one_that_the_policy_allows(project: Project) -> list[str]:
    written = re.search(r'f"(/[\w-]+/)\{tags\.stack\(\)\}/', project.code[_PLAN])
    allowed = str(project.resources[STATE_MACHINE]["Properties"]["Policies"])
    name = written[1] if written else "no parameter"
    return [] if f":parameter{name}${{AWS::StackName}}/*" in allowed else [name]
