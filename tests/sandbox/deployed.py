"""What a stack's resources are, read from their services, with logical ids in the place of names."""

from __future__ import annotations

import ast
import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from sandbox.launcher import STACK_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Clients = Callable[[str], Any]

# Times, sizes, counters and identities that differ between any two resources.
_OWN = {
    "AlarmArn",
    "AlarmConfigurationUpdatedTimestamp",
    "AlarmName",
    "Arn",
    "Attributes",
    "CodeSha256",
    "CodeSize",
    "ConfigSha256",
    "CreatedTimestamp",
    "CreationDate",
    "FunctionArn",
    "FunctionName",
    "LastModified",
    "LastModifiedTimestamp",
    "LastUpdateStatus",
    "MasterArn",
    "Name",
    "Owner",
    "QueueArn",
    "ResponseMetadata",
    "RevisionId",
    "RuntimeVersionConfig",
    "State",
    "StateReason",
    "StateReasonData",
    "StateTransitionedTimestamp",
    "StateUpdatedTimestamp",
    "StateValue",
    "TopicArn",
    "Version",
}


def _kept(answer: Mapping[str, Any], *more: str) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key not in {*_OWN, *more}}


def _parsed(document: Any) -> Any:
    """A policy's document; moto's of a role that its CloudFormation made is Python's text of it."""
    return ast.literal_eval(document) if isinstance(document, str) else document


def _function(aws: Clients, name: str) -> dict[str, Any]:
    client = aws("lambda")
    shown = _kept(client.get_function_configuration(FunctionName=name))
    # MiniStack shows an empty configuration of networks of one that CreateFunction made; AWS shows none.
    found = {key: value for key, value in shown.items() if value and key != "VpcConfig"}
    for qualifier in ({}, {"Qualifier": "live"}):
        with suppress(ClientError):
            policy = json.loads(client.get_policy(FunctionName=name, **qualifier)["Policy"])
            allowed = [_kept(one, "Sid") for one in policy["Statement"]]
            found[f"policy {qualifier}"] = sorted(allowed, key=json.dumps)
        with suppress(ClientError):
            asked = client.get_function_event_invoke_config(FunctionName=name, **qualifier)
            found[f"asynchronous {qualifier}"] = _kept(asked)
    with suppress(ClientError):
        found["live"] = client.get_alias(FunctionName=name, Name="live")["FunctionVersion"]
    return found


def _role(aws: Clients, name: str) -> dict[str, Any]:
    iam = aws("iam")
    role = iam.get_role(RoleName=name)["Role"]
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    names = iam.list_role_policies(RoleName=name)["PolicyNames"]
    inline = [iam.get_role_policy(RoleName=name, PolicyName=one)["PolicyDocument"] for one in names]
    return {
        "assumed": role["AssumeRolePolicyDocument"],
        "attached": sorted(one["PolicyArn"] for one in attached),
        "inline": sorted(map(_parsed, inline), key=json.dumps),
    }


def _managed_policy(aws: Clients, arn: str) -> dict[str, Any]:
    version = aws("iam").get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    found = aws("iam").get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    return dict(found)


def _table(aws: Clients, name: str) -> dict[str, Any]:
    client = aws("dynamodb")
    found = client.describe_table(TableName=name)["Table"]
    backups = client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    expiry = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    return {
        "keys": [found["KeySchema"], found["AttributeDefinitions"]],
        "billing": found.get("BillingModeSummary", {}).get("BillingMode"),
        "encryption": found.get("SSEDescription", {}).get("Status"),
        "recovery": backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"],
        "expiry": [expiry.get("AttributeName"), expiry["TimeToLiveStatus"]],
    }


def _log_group(aws: Clients, name: str) -> dict[str, Any]:
    client = aws("logs")
    [found] = [
        one
        for one in client.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        if one["logGroupName"] == name
    ]
    filters = client.describe_metric_filters(logGroupName=name)["metricFilters"]
    told = [(one["filterPattern"], one["metricTransformations"]) for one in filters]
    return {"retention": found.get("retentionInDays"), "filters": told}


def _state_machine(aws: Clients, arn: str) -> dict[str, Any]:
    found = aws("stepfunctions").describe_state_machine(stateMachineArn=arn)
    kept = ("type", "roleArn", "loggingConfiguration", "tracingConfiguration")
    return {"definition": json.loads(found["definition"])} | {key: found.get(key) for key in kept}


def _rule(aws: Clients, name: str) -> dict[str, Any]:
    client, name = aws("events"), name.rpartition("|")[2]
    found = client.describe_rule(Name=name)
    targets = client.list_targets_by_rule(Rule=name)["Targets"]
    return {
        "pattern": json.loads(found["EventPattern"]),
        "state": found["State"],
        "targets": [_kept(one, "Id") | {"Arn": one["Arn"]} for one in targets],
    }


def _schedule(aws: Clients, name: str) -> dict[str, Any]:
    found = aws("scheduler").get_schedule(Name=name.rpartition("|")[2].rpartition("/")[2])
    return _kept(found, "LastModificationDate") | {"State": found["State"], "Target": found["Target"]}


def _api(aws: Clients, api: str) -> dict[str, Any]:
    client = aws("apigateway")
    resources = client.get_resources(restApiId=api, embed=["methods"], limit=500)["items"]
    routes = {}
    for resource in resources:
        for method, made in resource.get("resourceMethods", {}).items():
            integration = made.get("methodIntegration", {})
            kept = {key: integration.get(key) for key in ("type", "httpMethod", "uri", "credentials")}
            routes[f"{method} {resource['path']}"] = [made.get("authorizationType"), kept]
    refusals = client.get_gateway_responses(restApiId=api, limit=500)["items"]
    return {
        "routes": routes,
        "refusals": {
            one["responseType"]: [one.get("responseParameters"), one.get("responseTemplates")]
            for one in refusals
            if not one.get("defaultResponse")
        },
        "endpoint": client.get_rest_api(restApiId=api)["endpointConfiguration"].get("types"),
    }


def _topic(aws: Clients, arn: str) -> dict[str, Any]:
    found = aws("sns").get_topic_attributes(TopicArn=arn)["Attributes"]
    return _kept(found, *(key for key in found if key.startswith("Subscriptions")))


def _queue(aws: Clients, url: str) -> dict[str, Any]:
    found = aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return _kept(found, *(key for key in found if key.startswith("Approximate")))


def _alarm(aws: Clients, name: str) -> dict[str, Any]:
    [found] = aws("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return _kept(found)


def _dashboard(aws: Clients, name: str) -> dict[str, Any]:
    return {"body": json.loads(aws("cloudwatch").get_dashboard(DashboardName=name)["DashboardBody"])}


READERS: dict[str, Callable[[Clients, str], dict[str, Any]]] = {
    "AWS::ApiGateway::RestApi": _api,
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::CloudWatch::Dashboard": _dashboard,
    "AWS::DynamoDB::Table": _table,
    "AWS::Events::Rule": _rule,
    "AWS::IAM::ManagedPolicy": _managed_policy,
    "AWS::IAM::Role": _role,
    "AWS::Lambda::Function": _function,
    "AWS::Logs::LogGroup": _log_group,
    "AWS::SNS::Topic": _topic,
    "AWS::SQS::Queue": _queue,
    "AWS::Scheduler::Schedule": _schedule,
    "AWS::StepFunctions::StateMachine": _state_machine,
}
# What is read with another resource, or has nothing of its own to read.
ELSEWHERE = {
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::Stage",
    "AWS::Lambda::Alias",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Version",
    "AWS::Logs::MetricFilter",
    "AWS::StepFunctions::StateMachineVersion",
    "Custom::NoOpenRuns",
}


def described(aws: Clients, stack: str, resources: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    """Each resource by its logical id, from its type and physical id."""
    found = {
        name: READERS[kind](aws, physical) for name, (kind, physical) in resources.items() if kind in READERS
    }
    text = json.dumps(found, sort_keys=True, default=str)
    made = {name: physical for name, (kind, physical) in resources.items() if kind in READERS}
    names = {re.split("[:/|]", physical)[-1]: name for name, physical in made.items()}
    # A name that is the stack's alone is replaced with it.
    for physical in sorted(names.keys() - {stack}, key=len, reverse=True):
        text = text.replace(physical, f"<{names[physical]}>")
    # The product's own name, which is the name of the one stack.
    for one in (stack, STACK_NAME):
        text = text.replace(one, "<stack>")
    plain: dict[str, Any] = json.loads(text)
    return plain


def differences(one: object, other: object, path: str = "") -> Iterator[str]:
    """Where two values differ: the path, and both values."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            yield from differences(one.get(key), other.get(key), f"{path}.{key}".lstrip("."))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from differences(left, right, f"{path}[{number}]")
    elif one != other:
        yield f"{path}: {json.dumps(one)[:200]} / {json.dumps(other)[:200]}"
