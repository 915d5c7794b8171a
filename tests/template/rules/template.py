"""Rules of the template: what is described, kept, watched, and substituted."""

from __future__ import annotations

import json
import re

from tests.template.rules.base import Project, drop, put, reword, rule
from tests.template.rules.versions import MACHINE_VERSION
from tools.project import TRUNK, machine

_TRUNK = machine(TRUNK)
_GENERATIONS = ("template", "Resources", "GenerationsTable")
_MACHINE = ("template", "Resources", _TRUNK, "Properties")
_SWEEPER = "SweepRunsFunction"
_ALARMS = {
    ("AWS/States", "ExecutionsFailed", _TRUNK),
    ("AWS/States", "ExecutionsTimedOut", _TRUNK),
    ("AWS/States", "ExecutionsAborted", _TRUNK),
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible", "ScheduleDeadLetterQueue"),
    ("AWS/Lambda", "Errors", _SWEEPER),
}
_OUTPUTS = {
    "StateMachineArn",
    "ApiUrl",
    "LedgerTableName",
    "GenerationsTableName",
    "NotificationTopicArn",
    "DashboardName",
    "ScheduleDeadLetterQueueUrl",
    "ScheduleName",
    "SweepFunctionName",
    "SweepScheduleName",
    "UndoStateMachineArn",
}


@rule(
    (drop("template", "Parameters", "ScheduleTimezone", "Description"), "ScheduleTimezone"),
    (drop("template", "Outputs", "ApiUrl", "Description"), "ApiUrl"),
    (drop("template", "Resources", "StopSourceFunction", "Properties", "Description"), "StopSourceFunction"),
    (drop("template", "Resources", "FailedRunsAlarm", "Properties", "AlarmDescription"), "FailedRunsAlarm"),
    (drop("template", "Description"), "template"),
)
def what_people_read_is_described(project: Project) -> list[str]:
    blocks = project.template["Parameters"] | project.template["Outputs"]
    blocks |= project.of_type("AWS::Serverless::Function") | {"template": project.template}
    found = [name for name, block in blocks.items() if not block.get("Description")]
    alarms = project.of_type("AWS::CloudWatch::Alarm")
    return found + [name for name, alarm in alarms.items() if not alarm.get("AlarmDescription")]


@rule((drop("template", "Outputs", "ApiUrl"), "ApiUrl"))
def the_outputs_are_those_that_programs_read(project: Project) -> list[str]:
    return sorted(_OUTPUTS ^ set(project.template["Outputs"]))


@rule(
    (drop("template", "Resources", "StopSourceFunction", "Metadata"), "StopSourceFunction"),
    (put("python3.13", "template", "Resources", "DrainGroupFunction", "Metadata", "BuildMethod"), "Drain"),
    (put("functions/x", "template", "Resources", "DrainGroupFunction", "Properties", "CodeUri"), "Drain"),
)
def every_function_is_the_one_artifact(project: Project) -> list[str]:
    made = {"BuildMethod": "makefile"}
    functions = project.of_type("AWS::Serverless::Function")
    return [
        name
        for name, properties in functions.items()
        if project.resources[name].get("Metadata") != made or "CodeUri" in properties
    ]


@rule(
    (put({"Type": "String", "Description": "x"}, "template", "Parameters", "Extra"), "Extra: not used"),
    (put({"Type": "String", "Description": "x"}, "template", "Parameters", "Extra"), "Extra: no default"),
    (drop("template", "Parameters", "ScheduleExpression", "Default"), "ScheduleExpression: no default"),
)
def every_parameter_has_a_default_and_is_used(project: Project) -> list[str]:
    text = json.dumps([project.resources, project.template["Globals"], project.template["Conditions"]])
    used = set(re.findall(r'"Ref": "(\w+)"', text)) | set(re.findall(r"\$\{(\w+)\}", text))
    parameters = project.template["Parameters"]
    unused = [f"{name}: not used" for name in sorted(set(parameters) - used)]
    return unused + [f"{name}: no default" for name, block in parameters.items() if "Default" not in block]


@rule(
    (drop("template", "Resources", "WorkflowLogGroup", "Properties", "RetentionInDays"), "WorkflowLogGroup")
)
def logs_are_kept_for_a_stated_time(project: Project) -> list[str]:
    groups = project.of_type("AWS::Logs::LogGroup")
    return [name for name, group in groups.items() if "RetentionInDays" not in group]


@rule(
    (drop("template", "Globals", "Function", "LoggingConfig"), "functions"),
    (drop(*_MACHINE, "Logging"), _TRUNK),
    (drop("template", "Resources", "Undo", "Properties", "Logging"), "Undo"),
)
def functions_and_runs_log_to_a_group_of_the_stack(project: Project) -> list[str]:
    groups = project.of_type("AWS::Logs::LogGroup")
    group = project.template["Globals"]["Function"].get("LoggingConfig", {}).get("LogGroup", {}).get("Ref")
    found = [] if group in groups else ["functions"]
    for name, own in project.of_type("AWS::Serverless::StateMachine").items():
        logging = json.dumps(own.get("Logging", {}))
        if not any(f'["{group}", "Arn"]' in logging for group in groups):
            found.append(name)
    return found


@rule((put(False, *_MACHINE, "Tracing", "Enabled"), _TRUNK))
def every_state_machine_is_traced(project: Project) -> list[str]:
    machines = project.of_type("AWS::Serverless::StateMachine")
    return [name for name, machine in machines.items() if machine.get("Tracing") != {"Enabled": True}]


@rule(
    *[
        (drop("template", "Resources", f"{kind}Alarm"), metric)
        for kind, metric in (
            ("FailedRuns", "ExecutionsFailed"),
            ("TimedOutRuns", "ExecutionsTimedOut"),
            ("AbortedRuns", "ExecutionsAborted"),
            ("DeadSchedule", "ApproximateNumberOfMessagesVisible"),
            ("FailedSweeps", "Errors"),
        )
    ],
    (put([], "template", "Resources", "FailedRunsAlarm", "Properties", "AlarmActions"), "ExecutionsFailed"),
    (put(5, "template", "Resources", "FailedRunsAlarm", "Properties", "Threshold"), "ExecutionsFailed"),
    (
        put(300, "template", "Resources", "AbortedRunsAlarm", "Properties", "Dimensions", 0, "Value"),
        "Aborted",
    ),
)
def whatever_ends_badly_raises_an_alarm_at_the_topic(project: Project) -> list[str]:
    watched = set()
    for alarm in project.of_type("AWS::CloudWatch::Alarm").values():
        if "Dimensions" not in alarm:
            continue
        of = alarm["Dimensions"][0]["Value"]
        target = of.get("Ref") or of.get("Fn::GetAtt", [None])[0] if isinstance(of, dict) else None
        at_once = (alarm["Threshold"], alarm["EvaluationPeriods"]) == (1, 1)
        if at_once and alarm["AlarmActions"] == [{"Ref": "NotificationTopic"}]:
            watched.add((alarm["Namespace"], alarm["MetricName"], target))
    return sorted(metric for _, metric, _ in _ALARMS - watched)


@rule(
    (drop("template", "Resources", "LedgerTable", "DeletionPolicy"), "LedgerTable"),
    (drop("template", "Resources", "FunctionLogGroup", "UpdateReplacePolicy"), "FunctionLogGroup"),
)
def what_holds_data_says_what_becomes_of_it(project: Project) -> list[str]:
    holding = {"AWS::DynamoDB::Table", "AWS::Logs::LogGroup"}
    return [
        name
        for name, resource in project.resources.items()
        if resource["Type"] in holding and not resource.keys() >= {"DeletionPolicy", "UpdateReplacePolicy"}
    ]


@rule(
    (
        put(False, "template", "Resources", "LedgerTable", "Properties", "SSESpecification", "SSEEnabled"),
        "SSE",
    ),
    (
        drop("template", "Resources", "LedgerTable", "Properties", "PointInTimeRecoverySpecification"),
        "recovery",
    ),
    (drop("template", "Resources", "ScheduleDeadLetterQueue", "Properties", "SqsManagedSseEnabled"), "queue"),
)
def what_is_stored_is_encrypted_and_recoverable(project: Project) -> list[str]:
    queue = project.resources["ScheduleDeadLetterQueue"]["Properties"]
    wanted = {"queue": queue.get("SqsManagedSseEnabled")}
    for name, table in project.of_type("AWS::DynamoDB::Table").items():
        recovery = table.get("PointInTimeRecoverySpecification", {})
        wanted[f"{name}: SSE"] = table.get("SSESpecification", {}).get("SSEEnabled")
        wanted[f"{name}: recovery"] = recovery.get("PointInTimeRecoveryEnabled")
    return [name for name, present in wanted.items() if not present]


@rule(
    (put("Delete", *_GENERATIONS, "DeletionPolicy"), "GenerationsTable"),
    (drop(*_GENERATIONS, "UpdateReplacePolicy"), "GenerationsTable"),
    (put("generations", *_GENERATIONS, "Properties", "TableName"), "GenerationsTable"),
    (
        put({"AttributeName": "expiresAt"}, *_GENERATIONS, "Properties", "TimeToLiveSpecification"),
        "GenerationsTable",
    ),
)
def generations_outlive_the_stack_and_its_next_one_makes_a_table_of_its_own(project: Project) -> list[str]:
    """A name that is stated would be taken when a stack is deployed again."""
    table = project.resources["GenerationsTable"]
    kept = {table.get("DeletionPolicy"), table.get("UpdateReplacePolicy")} == {"Retain"}
    fixed = table["Properties"].keys() & {"TableName", "TimeToLiveSpecification"}
    return [] if kept and not fixed else ["GenerationsTable"]


@rule(
    (drop(*_MACHINE, "DefinitionSubstitutions", "NotifyArn"), "NotifyArn"),
    (put({"Ref": "NotificationTopic"}, *_MACHINE, "DefinitionSubstitutions", "OtherArn"), "OtherArn"),
)
def every_substitution_is_made_and_used(project: Project) -> list[str]:
    found: set[str] = set()
    for name, text in project.definition_texts.items():
        used = set(re.findall(r"\$\{(\w+)\}", text))
        found |= used ^ set(project.resources[machine(name)]["Properties"]["DefinitionSubstitutions"])
    return sorted(found)


@rule(
    (
        put(
            {"Fn::GetAtt": ["StopSourceFunction", "Arn"]},
            *_MACHINE,
            "DefinitionSubstitutions",
            "StopSourceFunctionArn",
        ),
        "StopSourceFunctionArn",
    ),
    (put({"Ref": _TRUNK}, *_MACHINE, "DefinitionSubstitutions", "ChildArn"), "ChildArn"),
    (put({"Ref": "LogRetentionDays"}, *_MACHINE, "DefinitionSubstitutions", "Days"), "Days"),
    (put({"Ref": "ScheduleDeadLetterQueue"}, *_MACHINE, "DefinitionSubstitutions", "Url"), "Url"),
    (put(90, *_MACHINE, "DefinitionSubstitutions", "Days"), "Days"),
    (reword("definition_texts", TRUNK, '"TimeoutSeconds": 90', '"TimeoutSeconds": ${Days}'), "not JSON"),
)
def only_arns_and_names_are_substituted_into_what_is_json_before_that(project: Project) -> list[str]:
    """ARNs of functions and state machines are those of versions: what a run calls is what it began with."""
    found = []
    for name, text in project.definition_texts.items():
        substitutions = project.resources[machine(name)]["Properties"]["DefinitionSubstitutions"]
        found += [key for key, value in substitutions.items() if not _is_name(project, value)]
        try:
            json.loads(text)
        except ValueError as error:
            found.append(f"not JSON: {error}")
    return found


def _is_name(project: Project, value: object) -> bool:
    """An ARN or a name of a resource, as a template refers to it."""
    if not isinstance(value, dict):
        return False
    target = value.get("Ref") or ".".join(value["Fn::GetAtt"])
    named = {"AWS::SNS::Topic", "AWS::DynamoDB::Table", MACHINE_VERSION}
    published = target.endswith(".Version") and target.removesuffix(".Version") in project.resources
    kind = project.resources.get(target, {}).get("Type")
    return kind in named or published or target in {"AWS::Partition", "AWS::StackName"}
