"""Rules of facts that stand in more than one place: numbers and names have to agree."""

from __future__ import annotations

import ast
import math
import re

from tests.template.rules.base import Project, drop, parsed, put, reword, rule
from tools.project import TRUNK, machine

_AWS = "golden_image.aws"
_LEDGER = "golden_image.run.ledger"
_OWED = "golden_image.run.owed"
_STARTER = "golden_image.run.starter"
_PLAN = "golden_image.run.plan"
_POLLING = "golden_image.polling"
_SWEEPER = ("template", "Resources", "SweepRunsFunction", "Properties")
_ANSWERS = "golden_image.approval.answers"
_BEGIN = "golden_image.undo.begin"
_SOURCES = "golden_image.undo.sources"
_STOPPED_ALARM = ("template", "Resources", "StoppedSourceAlarm", "Properties")
_STOPPED_FILTER = ("template", "Resources", "StoppedSources", "Properties")
_TABLE = ("template", "Resources", "LedgerTable", "Properties")
_TIMEOUTS = ("schema", "properties", "timeouts", "properties")
_PREPARE = ("schema", "properties", "prepare", "properties", "timeout")
_APPROVAL = ("schema", "properties", "approval", "properties")
_REQUEST = "golden_image.run.request"
# The SDK's longest pauses before its second and third try (standard mode).
_PAUSES = 1 + 2
# Each of the plan's timeouts as often as one run may spend it: `stop` bounds the source's return too, and
# `canary` its end. That of `prepare` is a field of its own.
_SPENT = {"stop": 2, "snapshot": 1, "image": 1, "drain": 1, "rollout": 1, "canary": 2}


def _number(project: Project, module: str, name: str) -> int:
    """A module's constant that is a number or a product of numbers."""
    for node in parsed(project.code[module]).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            return math.prod(n.value for n in ast.walk(node.value) if isinstance(n, ast.Constant))  # type: ignore[misc]
    raise LookupError(f"{module} has no {name}")


@rule(
    (put(90, "template", "Globals", "Function", "Timeout"), "Stop Source"),
    (put(60, TRUNK, "Stop Source", "TimeoutSeconds"), "Stop Source"),
    (put(60, *_APPROVAL, "timeout", "minimum"), "Request Approval"),
)
def a_task_outlasts_its_function(project: Project) -> list[str]:
    """One that waits for people, as an input says, may wait no less than the schema's minimum."""
    own = project.template["Globals"]["Function"]["Timeout"]
    asked = project.schema["properties"]["approval"]["properties"]["timeout"]["minimum"]
    waiting = {task.name for task in project.waiting_tasks}
    lasts = {
        task.name: asked if task.name in waiting else task.own.get("TimeoutSeconds", 0)
        for task in project.lambda_tasks
    }
    return [name for name, seconds in lasts.items() if seconds <= own]


@rule(
    (put(60, TRUNK, "Undo", "TimeoutSeconds"), "Undo"),
    (put(10**9, "definitions", "roll_out", "TimeoutSeconds"), "Roll Out"),
)
def a_task_outlasts_its_child(project: Project) -> list[str]:
    """Else the child's own time-out, which says what it was at, is never seen."""
    lasts = {machine(name): whole["TimeoutSeconds"] for name, whole in project.definitions.items()}
    return [
        task.name for task in project.child_tasks if task.own.get("TimeoutSeconds", 0) <= lasts[task.target]
    ]


@rule(
    (put(10**7, *_TIMEOUTS, "drain", "maximum"), "the rollout"),
    (put(600, "definitions", "roll_out", "TimeoutSeconds"), "the rollout"),
)
def a_rollout_outlasts_the_longest_waits_that_an_input_may_ask_for(project: Project) -> list[str]:
    fields = project.schema["properties"]["timeouts"]["properties"]
    longest = fields["drain"]["maximum"] + fields["rollout"]["maximum"]
    longest += _number(project, _REQUEST, "_LONGEST_APPROVALS")
    lasts = project.definitions["roll_out"]["TimeoutSeconds"]
    return [f"the waits may take {longest} s, the rollout {lasts}"] if longest >= lasts else []


@rule(
    (put(10**6, *_TIMEOUTS, "canary", "maximum"), "the proof"),
    (put(600, "definitions", "prove_image", "TimeoutSeconds"), "the proof"),
    (put(10**6, *_PREPARE, "maximum"), "the document"),
    (put(600, "definitions", "run_document", "TimeoutSeconds"), "the document"),
)
def proof_and_document_outlast_the_longest_waits_that_an_input_may_ask_for(project: Project) -> list[str]:
    canary = project.schema["properties"]["timeouts"]["properties"]["canary"]["maximum"]
    document = max(canary, _preparation(project))
    # A canary is waited for twice: until it is proven, and until it is gone.
    longest = {"prove_image": ("the proof", 2 * canary), "run_document": ("the document", document)}
    return [
        f"{what} may take {seconds} s"
        for name, (what, seconds) in longest.items()
        if seconds >= project.definitions[name]["TimeoutSeconds"]
    ]


def _preparation(project: Project) -> int:
    seconds: int = project.schema["properties"]["prepare"]["properties"]["timeout"]["maximum"]
    return seconds


@rule(
    (put(10**6, "undo", "Roll Back", "Arguments", "Payload", "limit"), "an undo"),
    (put(3600, "definitions", "undo", "TimeoutSeconds"), "an undo"),
)
def an_undo_outlasts_its_passes(project: Project) -> list[str]:
    """Else the machine's own time-out ends it before it has named what is left."""
    limit = project.definitions["undo"]["States"]["Roll Back"]["Arguments"]["Payload"]["limit"]
    lasts = project.definitions["undo"]["TimeoutSeconds"]
    return [f"an undo may wait {limit} s and lasts {lasts}"] if 2 * limit >= lasts else []


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
    (reword("code", _STARTER, "_KEPT_SECONDS = 5", "_KEPT_SECONDS = 4"), "the ledger"),
    (put(10**8, "definitions", TRUNK, "TimeoutSeconds"), "the ledger"),
    (reword("code", _SOURCES, "_OWED_SECONDS = ", "_OWED_SECONDS = 10 * "), "the ledger"),
)
def the_ledger_keeps_a_row_longer_than_a_run_may_last_and_its_source_be_owed(project: Project) -> list[str]:
    kept = min(_number(project, module, "_KEPT_SECONDS") for module in (_LEDGER, _OWED, _STARTER))
    lasts = project.definitions[TRUNK]["TimeoutSeconds"] + _number(project, _SOURCES, "_OWED_SECONDS")
    return [f"the ledger keeps {kept} s, a run may last {lasts}"] if kept <= lasts else []


@rule(
    (put(100, "template", "Globals", "Function", "Timeout"), "a handler"),
    (reword("code", _BEGIN, "_OUTLIVES = 60", "_OUTLIVES = 30"), "a handler"),
)
def an_undo_looks_on_until_nothing_of_a_run_that_was_cut_off_can_still_come(project: Project) -> list[str]:
    """A handler may outlive its run by its own time-out."""
    waits, own = _number(project, _BEGIN, "_OUTLIVES"), project.template["Globals"]["Function"]["Timeout"]
    return [f"a handler may work {own} s, an undo waits {waits} s for it"] if waits < own else []


@rule(
    (put(100, "template", "Globals", "Function", "Timeout"), "an answer"),
    (reword("code", _ANSWERS, "_LASTS = 60", "_LASTS = 30"), "an answer"),
)
def an_answer_is_told_for_its_giver_only_when_that_one_is_over(project: Project) -> list[str]:
    """Else two functions tell Step Functions, and the one that gave the answer hears that it is late."""
    waits, own = _number(project, _ANSWERS, "_LASTS"), project.template["Globals"]["Function"]["Timeout"]
    return [f"an answer may take {own} s, and is told by others after {waits} s"] if waits < own else []


@rule(
    (put(130, *_SWEEPER, "Timeout"), "a sweep"),
    (put("rate(1 minute)", *_SWEEPER, "Events", "Regularly", "Properties", "ScheduleExpression"), "a sweep"),
)
def a_sweep_is_over_before_another_one_begins(project: Project) -> list[str]:
    own = project.resources["SweepRunsFunction"]["Properties"]
    lasts, seconds = own["Timeout"], 60 * _sweep_minutes(project)
    return [f"a sweep may last {lasts} s, of {seconds}"] if lasts >= seconds else []


def _sweep_minutes(project: Project) -> int:
    own = project.resources["SweepRunsFunction"]["Properties"]
    every = own["Events"]["Regularly"]["Properties"]["ScheduleExpression"]
    return int(re.fullmatch(r"rate\((\d+) minutes?\)", every)[1])  # type: ignore[index]


@rule(
    (drop("template", "Resources", "StoppedSourceAlarm"), "StoppedSourceAlarm"),
    (put(120, *_STOPPED_ALARM, "Period"), "a period of 120 s"),
    (put(2, *_STOPPED_ALARM, "EvaluationPeriods"), "StoppedSourceAlarm"),
    (put("Sources", *_STOPPED_ALARM, "MetricName"), "StoppedSourceAlarm"),
    (put({"Ref": "WorkflowLogGroup"}, *_STOPPED_FILTER, "LogGroupName"), "StoppedSources"),
    (reword("code", _SOURCES, '"source is still stopped"', '"source is stopped"'), "StoppedSources"),
)
def a_source_that_stays_stopped_holds_its_alarm(project: Project) -> list[str]:
    """Each period has the lines of two sweeps, so that the alarm does not flap."""
    logged = re.search(r'^_STILL_STOPPED = "(.+)"$', project.code[_SOURCES], re.MULTILINE)
    kept = project.resources["StoppedSources"]["Properties"]
    found = []
    wanted = {"Ref": "FunctionLogGroup"}, f'{{ $.message = "{logged[1] if logged else ""}" }}'
    if (kept["LogGroupName"], kept["FilterPattern"]) != wanted:
        found.append("StoppedSources")
    [made] = kept["MetricTransformations"]
    alarm = project.resources.get("StoppedSourceAlarm", {"Properties": {}})["Properties"]
    watched = {key: alarm.get(key) for key in ("Namespace", "MetricName", "Threshold", "EvaluationPeriods")}
    names = {"Namespace": made["MetricNamespace"], "MetricName": made["MetricName"]}
    if watched != {**names, "Threshold": 1, "EvaluationPeriods": 1}:
        found.append("StoppedSourceAlarm")
    if alarm.get("Period", 0) < 2 * 60 * _sweep_minutes(project):
        found.append(f"a period of {alarm.get('Period')} s")
    return found


@rule(
    (put(10**7, *_TIMEOUTS, "image", "maximum"), "the waits"),
    (put({"maximum": 1}, *_TIMEOUTS, "other"), "other"),
    (put(10**6, *_PREPARE, "maximum"), "the waits"),
    (put(10**8, *_APPROVAL, "timeout", "maximum"), "one approval"),
    (reword("code", _REQUEST, "_LONGEST_APPROVALS = 14", "_LONGEST_APPROVALS = 140"), "the waits"),
)
def a_run_outlasts_the_longest_waits_that_an_input_may_ask_for(project: Project) -> list[str]:
    """Else the machine's own time-out ends it, which nothing inside the run can catch."""
    fields = project.schema["properties"]["timeouts"]["properties"]
    found = sorted(fields.keys() ^ _SPENT.keys())
    longest = sum(fields[name]["maximum"] * times for name, times in _SPENT.items())
    longest += _preparation(project)
    approvals = _number(project, _REQUEST, "_LONGEST_APPROVALS")
    longest += approvals
    if project.schema["properties"]["approval"]["properties"]["timeout"]["maximum"] > approvals:
        found.append("one approval")
    lasts = project.definitions[TRUNK]["TimeoutSeconds"]
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
    allowed = str(project.resources[machine(TRUNK)]["Properties"]["Policies"])
    name = written[1] if written else "no parameter"
    return [] if f":parameter{name}${{AWS::StackName}}/*" in allowed else [name]
