"""IAM, SSM, KMS and CloudFormation do as AWS does where MiniStack alone does not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.client import Client


def linked_role(sandbox: Client) -> None:
    sandbox.aws("iam").create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")


def test_the_service_linked_role_of_auto_scaling_is_made_once(sandbox: Client) -> None:
    iam = sandbox.aws("iam")

    linked_role(sandbox)

    with pytest.raises(iam.exceptions.InvalidInputException, match="has been taken in this account"):
        linked_role(sandbox)
    found = iam.get_role(RoleName="AWSServiceRoleForAutoScaling")["Role"]
    assert found["Arn"].endswith(
        ":role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
    )


@pytest.fixture
def user(sandbox: Client) -> Callable[..., Any]:
    """Make a client of a user who may do one thing with one resource."""
    iam = sandbox.aws("iam")

    def make(service: str, action: str, resource: str, condition: dict[str, Any] | None = None) -> Any:
        name = action.replace(":", "-")
        statement = {"Effect": "Allow", "Action": action, "Resource": resource, "Condition": condition or {}}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        session = boto3.Session(
            key["AccessKeyId"], key["SecretAccessKey"], region_name=sandbox.endpoints.region
        )
        return session.client(service, endpoint_url=sandbox.endpoints.aws)

    return make


def test_a_path_of_parameters_is_a_resource(user: Callable[..., Any]) -> None:
    ssm = user("ssm", "ssm:GetParametersByPath", "arn:aws:ssm:*:*:parameter/mine")

    assert ssm.get_parameters_by_path(Path="/mine")["Parameters"] == []
    with pytest.raises(ClientError, match="not authorized"):
        ssm.get_parameters_by_path(Path="/yours")


def test_a_parameter_is_a_resource(user: Callable[..., Any]) -> None:
    ssm = user("ssm", "ssm:GetParameters", "arn:aws:ssm:*:*:parameter/mine/*")

    assert ssm.get_parameters(Names=["/mine/one"])["InvalidParameters"] == ["/mine/one"]
    with pytest.raises(ClientError, match="not authorized"):
        ssm.get_parameters(Names=["/yours"])


def test_a_key_is_known_by_its_tags(sandbox: Client, user: Callable[..., Any]) -> None:
    made = {
        whose: sandbox.aws("kms").create_key(Tags=[{"TagKey": "of", "TagValue": whose}])["KeyMetadata"][
            "KeyId"
        ]
        for whose in ("me", "you")
    }
    kms = user("kms", "kms:DescribeKey", "*", {"StringEquals": {"aws:ResourceTag/of": "me"}})

    assert kms.describe_key(KeyId=made["me"])["KeyMetadata"]["KeyId"] == made["me"]
    with pytest.raises(ClientError, match="not authorized"):
        kms.describe_key(KeyId=made["you"])


def test_a_service_linked_role_is_a_resource(user: Callable[..., Any]) -> None:
    roles = "arn:aws:iam::*:role/aws-service-role/elasticache.amazonaws.com/*"
    iam = user("iam", "iam:CreateServiceLinkedRole", roles)

    iam.create_service_linked_role(AWSServiceName="elasticache.amazonaws.com")
    with pytest.raises(ClientError, match="not authorized"):
        iam.create_service_linked_role(AWSServiceName="rds.amazonaws.com")


def test_a_log_group_is_named_after_its_stack(sandbox: Client) -> None:
    stack = sandbox.endpoints.stackName
    found = sandbox.aws("cloudformation").describe_stack_resource(
        StackName=stack, LogicalResourceId="FunctionLogGroup"
    )["StackResourceDetail"]["PhysicalResourceId"]

    assert found.startswith(f"{stack}-FunctionLogGroup-")
    groups = sandbox.aws("logs").describe_log_groups(logGroupNamePrefix=stack)["logGroups"]
    assert found in {group["logGroupName"] for group in groups}


def test_a_stack_s_table_is_encrypted_expires_and_can_be_recovered(sandbox: Client) -> None:
    client, ledger = sandbox.aws("dynamodb"), {"TableName": sandbox.endpoints.ledgerTable}

    assert client.describe_table(**ledger)["Table"]["SSEDescription"]["Status"] == "ENABLED"
    expiry = client.describe_time_to_live(**ledger)["TimeToLiveDescription"]
    assert expiry == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expiresAt"}
    kept = client.describe_continuous_backups(**ledger)["ContinuousBackupsDescription"]
    assert kept["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"


def test_a_stack_s_state_machines_log_and_its_topic_has_no_display_name(sandbox: Client) -> None:
    for arn in sandbox.endpoints.stateMachines.values():
        found = sandbox.stepfunctions.describe_state_machine(stateMachineArn=arn)["loggingConfiguration"]
        assert (found["level"], found["includeExecutionData"], len(found["destinations"])) == (
            "ERROR",
            True,
            1,
        )
    attributes = sandbox.aws("sns").get_topic_attributes(TopicArn=sandbox.endpoints.notificationTopicArn)
    assert attributes["Attributes"]["DisplayName"] == ""
