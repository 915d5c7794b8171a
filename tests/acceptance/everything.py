"""Everything in the sandbox's account, asked of each service: it knows nothing of how removal looks."""

from __future__ import annotations

from typing import Any

import boto3

_ENDED = ("shutting-down", "terminated")
_DELETED = "DELETE_COMPLETE"
# Lists that have everything in them: service, operation, key of the list, key of the name.
_LISTS = (
    ("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups", "AutoScalingGroupName"),
    ("ec2", "describe_launch_templates", "LaunchTemplates", "LaunchTemplateName"),
    ("ec2", "describe_volumes", "Volumes", "VolumeId"),
    ("ec2", "describe_key_pairs", "KeyPairs", "KeyName"),
    ("s3", "list_buckets", "Buckets", "Name"),
    ("lambda", "list_functions", "Functions", "FunctionName"),
    ("stepfunctions", "list_state_machines", "stateMachines", "name"),
    ("sns", "list_topics", "Topics", "TopicArn"),
    ("scheduler", "list_schedules", "Schedules", "Name"),
    ("events", "list_rules", "Rules", "Name"),
    ("apigateway", "get_rest_apis", "items", "id"),
    ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    ("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    ("iam", "list_roles", "Roles", "RoleName"),
    ("iam", "list_policies", "Policies", "PolicyName"),
    ("ssm", "describe_parameters", "Parameters", "Name"),
)


def everything() -> set[str]:
    """The names of all resources, with their services; asked by the administrator."""
    session = boto3.Session("test", "test")

    def listed(service: str, operation: str, **given: Any) -> Any:
        return getattr(session.client(service), operation)(**given)  # type: ignore[call-overload]

    found = {
        f"{service} {one[name]}"
        for service, operation, many, name in _LISTS
        for one in listed(service, operation, **({"Scope": "Local"} if many == "Policies" else {}))[many]
    }
    found |= {
        f"image {one['ImageId']}" for one in listed("ec2", "describe_images", Owners=["self"])["Images"]
    }
    snapshots = listed("ec2", "describe_snapshots", OwnerIds=["self"])["Snapshots"]
    found |= {f"snapshot {one['SnapshotId']}" for one in snapshots}
    for reservation in listed("ec2", "describe_instances")["Reservations"]:
        alive = [one for one in reservation["Instances"] if one["State"]["Name"] not in _ENDED]
        found |= {f"instance {one['InstanceId']}" for one in alive}
    stacks = listed("cloudformation", "list_stacks")["StackSummaries"]
    found |= {f"stack {one['StackName']}" for one in stacks if one["StackStatus"] != _DELETED}
    found |= {f"table {one}" for one in listed("dynamodb", "list_tables")["TableNames"]}
    found |= {f"queue {one}" for one in listed("sqs", "list_queues").get("QueueUrls", [])}
    for key in listed("kms", "list_keys")["Keys"]:
        state = listed("kms", "describe_key", KeyId=key["KeyId"])["KeyMetadata"]["KeyState"]
        found |= set() if state == "PendingDeletion" else {f"key {key['KeyId']}"}
    return found
