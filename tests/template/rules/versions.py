"""Rules of versions: a run keeps the code that it began with."""

from __future__ import annotations

from typing import Any

from tests.template.rules.base import Project, drop, put, rule

MACHINE_VERSION = "AWS::StepFunctions::StateMachineVersion"
_SWEEPER = "SweepRunsFunction"
_PUBLISHING = {"AutoPublishAlias": "live", "AutoPublishAliasAllProperties": True}
_PLAN = ("template", "Resources", "PlanRefreshFunction")
# The functions that complete an input.
_DEFAULT = "DEFAULT_GROUP_NAME"
_USE_DEFAULT = ("PlanRefreshFunction", "StartRunFunction", "StartScheduledRunFunction")


def _published(machine: str, **attributes: str) -> dict[str, Any]:
    revision = {"Fn::GetAtt": [machine, "StateMachineRevisionId"]}
    properties = {"StateMachineArn": {"Ref": machine}, "StateMachineRevisionId": revision}
    return {"Type": MACHINE_VERSION, "Properties": properties, **attributes}


@rule(
    (drop("template", "Globals", "Function", "AutoPublishAlias"), "Globals"),
    (drop("template", "Globals", "Function", "AutoPublishAliasAllProperties"), "Globals"),
    (put("Delete", "template", "Globals", "Function", "VersionDeletionPolicy"), "Globals"),
    (put("", "template", "Resources", _SWEEPER, "Properties", "AutoPublishAlias"), _SWEEPER),
    (put("Delete", "template", "Resources", _SWEEPER, "DeletionPolicy"), _SWEEPER),
    (put(_published("Other"), "template", "Resources", "OtherVersion"), "OtherVersion"),
    (
        put(_published("Other", DeletionPolicy="Retain"), "template", "Resources", "OtherVersion"),
        "OtherVersion",
    ),
)
def versions_of_functions_and_state_machines_are_published_and_kept(project: Project) -> list[str]:
    """SAM gives a function's DeletionPolicy to its versions, and retains them if there is none.

    A state machine's version is replaced with each revision.
    """
    common = project.template["Globals"]["Function"]
    setting = {name: common.get(name) for name in common if "Version" in name or "Publish" in name}
    found = [] if setting == _PUBLISHING else ["Globals"]
    for name in project.of_type("AWS::Serverless::Function"):
        own = {*project.resources[name], *project.resources[name]["Properties"]}
        found += [name] if own & {*_PUBLISHING, "DeletionPolicy", "VersionDeletionPolicy"} else []
    kept = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
    for name, properties in project.of_type(MACHINE_VERSION).items():
        own = properties["StateMachineArn"]["Ref"]
        if project.resources[name] != _published(own, **kept):
            found.append(name)
    return found


@rule(
    (drop(*_PLAN, "Properties", "VersionDescription"), "PlanRefreshFunction"),
    (drop(*_PLAN, "UpdateReplacePolicy"), "PlanRefreshFunction is replaced"),
    (
        put({"Ref": "NotificationEmail"}, "template", "Globals", "Function", "Environment", "Variables", "X"),
        "X: NotificationEmail",
    ),
)
def a_parameter_of_functions_makes_new_versions_of_those_that_use_it(project: Project) -> list[str]:
    """SAM sees no new version in the new value of a parameter.

    https://github.com/aws/serverless-application-model/issues/3820
    """
    variables = project.template["Globals"]["Function"]["Environment"]["Variables"]
    found = [
        f"{name}: {value['Ref']}"
        for name, value in variables.items()
        if isinstance(value, dict) and value["Ref"] in project.template["Parameters"] and name != _DEFAULT
    ]
    functions = project.of_type("AWS::Serverless::Function")
    found += [
        name for name in _USE_DEFAULT if functions[name].get("VersionDescription") != variables[_DEFAULT]
    ]
    kept = project.resources["PlanRefreshFunction"].get("UpdateReplacePolicy") == "Retain"
    return found if kept else [*found, "PlanRefreshFunction is replaced"]
