"""The kinds of resources that an acceptance and its runs make, found by name and tag alone.

The same table removes and lists what is left, so that what is removed is looked for afterwards, and a
killed acceptance is removed like one that ended.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from acceptance.account import Account
from acceptance.names import DENY_POLICY, STACK_TAG, TAG, having
from acceptance.stack import no_stack, resources
from sandbox.stacks import resources_of

_ENDED = ("shutting-down", "terminated")
_GUARD = "NoOpenRuns"
# In a state machine's ARN; that of a version has another.
_COLONS = 6
_VENDED = "/aws/vendedlogs/states/"


@dataclass(frozen=True)
class Kind:
    """A kind of resource.

    Attributes:
        find: the ids of those that an acceptance of a name has made, and what its runs made.
        remove: removes one, or begins to.
    """

    what: str
    find: Callable[[Account, str], list[str]]
    remove: Callable[[Account, str, str], Any]


def _is_machine(physical_id: str) -> bool:
    """Whether it is a state machine's ARN, and not that of one of its versions."""
    return ":stateMachine:" in physical_id and physical_id.count(":") == _COLONS


def _runs(account: Account, name: str) -> list[str]:
    states, found = account.aws("stepfunctions"), []
    for machine in filter(_is_machine, resources(account, name).values()):
        try:
            listed = states.list_executions(stateMachineArn=machine, statusFilter="RUNNING")["executions"]
        except states.exceptions.StateMachineDoesNotExist:
            continue
        found += [one["executionArn"] for one in listed]
    return found


def _denials(account: Account, name: str) -> list[str]:
    iam, found = account.aws("iam"), []
    for logical, role in resources(account, name).items():
        if logical.endswith("FunctionRole") and role:
            try:
                policies = iam.list_role_policies(RoleName=role)["PolicyNames"]
            except iam.exceptions.NoSuchEntityException:
                continue
            found += [role] if DENY_POLICY in policies else []
    return found


def _groups(account: Account, name: str) -> list[str]:
    pages = account.aws("autoscaling").get_paginator("describe_auto_scaling_groups").paginate()
    names = [group["AutoScalingGroupName"] for page in pages for group in page["AutoScalingGroups"]]
    return [one for one in names if one.startswith(name)]


def _templates(account: Account, name: str) -> list[str]:
    pages = account.aws("ec2").get_paginator("describe_launch_templates").paginate()
    found = [one for page in pages for one in page["LaunchTemplates"]]
    return [one["LaunchTemplateId"] for one in found if one["LaunchTemplateName"].startswith(name)]


def _images(account: Account, name: str) -> list[str]:
    filters = having(STACK_TAG, name)
    return [
        one["ImageId"]
        for one in account.aws("ec2").describe_images(Owners=["self"], Filters=filters)["Images"]
    ]


def _snapshots(account: Account, name: str) -> list[str]:
    found = account.aws("ec2").describe_snapshots(OwnerIds=["self"], Filters=having(STACK_TAG, name))
    return [one["SnapshotId"] for one in found["Snapshots"]]


def _instances(account: Account, name: str) -> list[str]:
    found = []
    for tag in (TAG, STACK_TAG):
        pages = account.aws("ec2").get_paginator("describe_instances").paginate(Filters=having(tag, name))
        reservations = [one for page in pages for one in page["Reservations"]]
        found += [one for reservation in reservations for one in reservation["Instances"]]
    return [one["InstanceId"] for one in found if one["State"]["Name"] not in _ENDED]


def _volumes(account: Account, name: str) -> list[str]:
    found = account.aws("ec2").describe_volumes(Filters=having(TAG, name))["Volumes"]
    return [one["VolumeId"] for one in found]


def _key_pairs(account: Account, name: str) -> list[str]:
    return [
        one["KeyName"]
        for one in account.aws("ec2").describe_key_pairs()["KeyPairs"]
        if one["KeyName"] == name
    ]


def _customer_keys(account: Account, name: str) -> list[str]:
    """Those that do not wait for their deletion yet."""
    kms, found = account.aws("kms"), []
    for page in kms.get_paginator("list_keys").paginate():
        for key in page["Keys"]:
            try:
                tagged = kms.list_resource_tags(KeyId=key["KeyId"])["Tags"]
            except ClientError as error:  # a key whose policy lets nobody read its tags is not ours
                if error.response["Error"]["Code"] != "AccessDeniedException":
                    raise
                continue
            if any(tag == {"TagKey": TAG, "TagValue": name} for tag in tagged):
                state = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"]
                found += [key["KeyId"]] if state != "PendingDeletion" else []
    return found


def _parameters(account: Account, name: str) -> list[str]:
    pages = account.aws("ssm").get_paginator("get_parameters_by_path")
    found = pages.paginate(Path=f"/golden-image/{name}", Recursive=True)
    return [one["Name"] for page in found for one in page["Parameters"]]


def _stacks(account: Account, name: str) -> list[str]:
    stacks = account.aws("cloudformation")
    try:
        found = stacks.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if no_stack(error):
            return []
        raise
    return [one["StackName"] for one in found if one["StackStatus"] != "DELETE_COMPLETE"]


def _remove_stack(account: Account, _name: str, stack: str) -> None:
    """Delete the stack, past its refusal while a run is open: what runs have made is removed, too."""
    stacks = account.aws("cloudformation")
    found = resources_of(stacks, stack)
    failed = [one["LogicalResourceId"] for one in found if one["ResourceStatus"] == "DELETE_FAILED"]
    refused = {"RetainResources": [_GUARD]} if _GUARD in failed else {}
    stacks.delete_stack(StackName=stack, **refused)


def buckets(account: Account, prefix: str) -> list[str]:
    """The names of the Region's buckets that begin with a prefix."""
    found = account.aws("s3").list_buckets(BucketRegion=account.region, Prefix=prefix)
    return [one["Name"] for one in found["Buckets"]]


def _buckets(account: Account, name: str) -> list[str]:
    return [one for one in buckets(account, name) if one == name]


def _remove_bucket(account: Account, _name: str, bucket: str) -> None:
    s3 = account.aws("s3")
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for one in page.get("Contents", []):
            s3.delete_object(Bucket=bucket, Key=one["Key"])
    s3.delete_bucket(Bucket=bucket)


def _log_groups(account: Account, name: str) -> list[str]:
    describe, found = account.aws("logs").get_paginator("describe_log_groups"), []
    for prefix in (name, f"{_VENDED}{name}"):
        groups = [
            group for page in describe.paginate(logGroupNamePrefix=prefix) for group in page["logGroups"]
        ]
        found += [group["logGroupName"] for group in groups]
    return found


def _generations(account: Account, name: str) -> list[str]:
    """The table that a deletion of the stack retains."""
    pages = account.aws("dynamodb").get_paginator("list_tables").paginate()
    found = [table for page in pages for table in page["TableNames"]]
    return [table for table in found if table.startswith(f"{name}-GenerationsTable")]


def _ec2(method: str, parameter: str, *, many: bool = False) -> Callable[[Account, str, str], Any]:
    def remove(account: Account, _name: str, one: str) -> Any:
        return getattr(account.aws("ec2"), method)(**{parameter: [one] if many else one})

    return remove


KINDS = (
    Kind("execution", _runs, lambda a, _, one: a.aws("stepfunctions").stop_execution(executionArn=one)),
    Kind(
        "deny policy",
        _denials,
        lambda a, _, one: a.aws("iam").delete_role_policy(RoleName=one, PolicyName=DENY_POLICY),
    ),
    Kind("stack", _stacks, _remove_stack),
    Kind(
        "Auto Scaling group",
        _groups,
        lambda a, _, one: a.aws("autoscaling").delete_auto_scaling_group(
            AutoScalingGroupName=one, ForceDelete=True
        ),
    ),
    Kind("launch template", _templates, _ec2("delete_launch_template", "LaunchTemplateId")),
    Kind("image", _images, _ec2("deregister_image", "ImageId")),
    Kind("snapshot", _snapshots, _ec2("delete_snapshot", "SnapshotId")),
    Kind("instance", _instances, _ec2("terminate_instances", "InstanceIds", many=True)),
    Kind("volume", _volumes, _ec2("delete_volume", "VolumeId")),
    Kind("key pair", _key_pairs, _ec2("delete_key_pair", "KeyName")),
    Kind(
        "customer key",
        _customer_keys,
        lambda a, _, one: a.aws("kms").schedule_key_deletion(KeyId=one, PendingWindowInDays=7),
    ),
    Kind("parameter", _parameters, lambda a, _, one: a.aws("ssm").delete_parameter(Name=one)),
    Kind("table", _generations, lambda a, _, one: a.aws("dynamodb").delete_table(TableName=one)),
    Kind("log group", _log_groups, lambda a, _, one: a.aws("logs").delete_log_group(logGroupName=one)),
    Kind("bucket", _buckets, _remove_bucket),
)
"""The bucket is the last: see removal.py."""
