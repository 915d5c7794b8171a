"""Calls that a function must not be able to make, though one of its policy's actions is their name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.least_privilege.calls import grant, use_of_key
from tests.least_privilege.facts import Facts
from tests.least_privilege.launches import launch, pass_role
from tests.least_privilege.policies import Account, Request, request
from tools.project import template

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCOUNT = Account(account="123456789012", region="ap-northeast-2", stack="refresh")

UNDOING = ("RollBackFunction",)
STARTING = ("ReturnSourceFunction", "CheckSourceReturnedFunction", "SweepRunsFunction", *UNDOING)
LAUNCHING_OWN = (
    "CreateLaunchTemplateFunction",
    "CreateAutoScalingGroupFunction",
    "UpdateAutoScalingGroupFunction",
    "ProveGenerationFunction",
    "StartInstanceRefreshFunction",
    "LaunchCanaryFunction",
)
BEGINNING = ("StartRunFunction", "GoBackFunction", "StartScheduledRunFunction")
ENDING = ("EndCanaryFunction", *UNDOING)
# They give a group a version of anybody's.
LAUNCHING_THEIRS = ("PinGroupFunction", *UNDOING)
LAUNCHING = (*LAUNCHING_OWN, *LAUNCHING_THEIRS)
PLANNING, PROVING = ("PlanRefreshFunction",), ("LaunchCanaryFunction",)
# (who, what is tagged while being made, the calls that make it)
TAGGING = (
    (("CreateSnapshotsFunction",), "snapshot", "CreateSnapshots"),
    (("CreateImageFunction",), "image", "CreateImage"),
    (("CreateImageFunction",), "snapshot", "CreateImage"),
    (("RegisterImageFunction",), "image", "RegisterImage"),
    (("CreateLaunchTemplateFunction",), "launch-template", "CreateLaunchTemplate"),
    (LAUNCHING, "instance", "RunInstances"),
    (LAUNCHING, "volume", "RunInstances"),
    (LAUNCHING, "network-interface", "RunInstances"),
    (LAUNCHING, "spot-instances-request", "RunInstances"),
)
# Resources that the stack has not made.
NOT_OWN = ({}, {"golden-image:stack": "other"}, {"golden-image:run": "arn:aws:states:::execution:x:y"})
MARKS = ("golden-image:run", "golden-image:source", "golden-image:stack")


def foreign_calls(account: Account = ACCOUNT) -> dict[str, list[Request]]:
    """By function."""
    found: dict[str, list[Request]] = {}
    for owners, asked in _table(account):
        for owner in owners:
            found.setdefault(owner, []).append(asked)
    return found


def _table(account: Account) -> Iterator[tuple[tuple[str, ...], Request]]:
    yield from _what_the_stack_has_not_made(account)
    yield from _what_is_not_marked(account)
    yield from _tags(account)
    yield from _launches(account)
    yield from _keys_and_roles(account)
    # A lock or a row of a run.
    for key in ("group#web", "run#arn:aws:states:::execution:x:y", "not-started#x"):
        ledger = account.arn(template(), "LedgerTable")
        yield BEGINNING, request("dynamodb:PutItem", ledger, dynamodb__LeadingKeys=key)


def _what_the_stack_has_not_made(account: Account) -> Iterator[tuple[tuple[str, ...], Request]]:
    for tags in NOT_OWN:
        for owners, action, arn in (
            (UNDOING, "autoscaling:DeleteAutoScalingGroup", account.group("web")),
            (UNDOING, "ec2:DeleteLaunchTemplate", account.ec2("launch-template", "lt-1")),
            (UNDOING, "ec2:DeleteLaunchTemplateVersions", account.ec2("launch-template", "lt-1")),
            (UNDOING, "ec2:DeregisterImage", account.ec2("image", "ami-1")),
            ((*UNDOING, "VerifyImageFunction"), "ec2:DeleteSnapshot", account.ec2("snapshot", "snap-1")),
            (("RegisterImageFunction",), "ec2:RegisterImage", account.ec2("snapshot", "snap-1")),
            (LAUNCHING_OWN[:1], "ec2:CreateLaunchTemplateVersion", account.ec2("launch-template", "lt-1")),
        ):
            yield owners, request(action, arn, resource_tags=tags)
    # An instance of the group, which the stack's template has marked, and somebody's own canary.
    for tags in (*NOT_OWN, {"golden-image:stack": account.stack}, {"golden-image:canary": "true"}):
        yield ENDING, request("ec2:TerminateInstances", account.ec2("instance", "i-1"), resource_tags=tags)
        yield ENDING, request("ec2:DeleteVolume", account.ec2("volume", "vol-1"), resource_tags=tags)


def _what_is_not_marked(account: Account) -> Iterator[tuple[tuple[str, ...], Request]]:
    for tags in NOT_OWN:
        for owner, action, arn in (
            ("CreateSnapshotsFunction", "ec2:CreateSnapshots", account.ec2("snapshot", "new")),
            ("CreateImageFunction", "ec2:CreateImage", account.ec2("image", "new")),
            ("CreateImageFunction", "ec2:CreateImage", account.ec2("snapshot", "new")),
            ("RegisterImageFunction", "ec2:RegisterImage", account.ec2("image", "new")),
            (LAUNCHING_OWN[0], "ec2:CreateLaunchTemplate", account.ec2("launch-template", "new")),
            (LAUNCHING_OWN[1], "autoscaling:CreateAutoScalingGroup", account.group("web")),
        ):
            yield (owner,), request(action, arn, request_tags=tags)


def _tags(account: Account) -> Iterator[tuple[tuple[str, ...], Request]]:
    """Marks on what exists: whoever could set them could have a foreign resource deleted."""
    own = {"golden-image:stack": account.stack}
    for owners, kind, _ in TAGGING:
        arn = account.ec2(kind, "existing")
        yield owners, request("ec2:CreateTags", arn, request_tags=own)
        yield owners, request("ec2:CreateTags", arn, request_tags=own, ec2__CreateAction="CopySnapshot")
    for mark in MARKS:
        for tags in ({mark: account.stack}, {mark.upper(): account.stack}, {"Team": "web", mark: ""}):
            for owners, action in (
                (("ConfigureAutoScalingGroupFunction", *UNDOING), "autoscaling:CreateOrUpdateTags"),
                (UNDOING, "autoscaling:DeleteTags"),
            ):
                yield owners, request(action, account.group("web"), request_tags=tags)


def _launches(account: Account) -> Iterator[tuple[tuple[str, ...], Request]]:
    """Launches without a launch template, and from one or an image that is not the stack's."""
    data: dict[str, Any] = {"ImageId": "ami-1", "SecurityGroupIds": ["sg-1"], "KeyName": "key"}
    data["Placement"] = {"GroupName": "rack"}
    data["CapacityReservationSpecification"] = {
        "CapacityReservationTarget": {"CapacityReservationId": "cr-1"}
    }
    facts = Facts(account, templates={("lt-1", "1"): data}, snapshots={"ami-1": ["snap-1"]})
    asked = launch(facts, {"LaunchTemplateId": "lt-1", "Version": "1"}, ["subnet-1"])
    for one in asked:
        yield LAUNCHING, Request(one.action, one.resource)
        if one.resource in {account.ec2("launch-template", "lt-1"), account.ec2("image", "ami-1")}:
            yield LAUNCHING_OWN, one
        yield PLANNING, one
    profile = f"arn:aws:iam::{account.account}:instance-profile/admin"
    yield PLANNING, request("ec2:RunInstances", account.ec2("instance", "new"), ec2__InstanceProfile=profile)
    elsewhere = f"arn:aws:ec2:{account.region}:999999999999:launch-template/lt-1"
    instance = account.ec2("instance", "new")
    yield LAUNCHING, request("ec2:RunInstances", instance, ec2__LaunchTemplate=elsewhere)


def _keys_and_roles(account: Account) -> Iterator[tuple[tuple[str, ...], Request]]:
    key = f"arn:aws:kms:{account.region}:{account.account}:key/1"
    yield STARTING, grant(key, via=f"ec2.{account.region}.amazonaws.com", for_aws="false")
    yield STARTING, grant(key, via=f"rds.{account.region}.amazonaws.com")
    yield STARTING, request("kms:CreateGrant", key, kms__GrantIsForAWSResource="true")
    for one in (
        grant(key, via=f"ec2.{account.region}.amazonaws.com", for_aws="false"),
        grant(key, via=f"rds.{account.region}.amazonaws.com"),
        *use_of_key(key, via=f"rds.{account.region}.amazonaws.com"),
        *use_of_key(key, via=None),
    ):
        yield PROVING, one
    yield LAUNCHING, pass_role(account, "admin", "lambda.amazonaws.com")
    linked = f"arn:aws:iam::{account.account}:role/aws-service-role/autoscaling.amazonaws.com/x"
    yield (
        LAUNCHING_OWN[1:2],
        request("iam:CreateServiceLinkedRole", linked, iam__AWSServiceName="rds.amazonaws.com"),
    )
