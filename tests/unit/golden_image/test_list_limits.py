"""No call has a longer list than AWS takes: each list that may grow is sent in batches, or has a bound."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from artifact.calls import Code, operation
from ec2world.trouble.list_limits import longest
from golden_image import aws
from golden_image.group import options
from golden_image.metrics import kept

if TYPE_CHECKING:
    from collections.abc import Iterator

CODE = Code.of(Path(aws.__file__).parent.parent)
# Sent in batches of so many.
BATCHED = {
    ("AttachLoadBalancerTargetGroups", "TargetGroupARNs"): options.TARGET_GROUPS_A_CALL,
    ("DetachLoadBalancerTargetGroups", "TargetGroupARNs"): options.TARGET_GROUPS_A_CALL,
    ("DescribeAutoScalingGroups", "AutoScalingGroupNames"): kept.MOST_GROUPS,
}
# Why a list that is no literal stays short enough. A resource has at most 50 tags, in any call.
BOUNDED = {
    # rolling.alarms has at most 10.
    ("DescribeAlarms", "AlarmNames"): 10,
    ("CreateAutoScalingGroup", "Tags"): 50,
    ("CreateOrUpdateTags", "Tags"): 50,
    ("DeleteTags", "Tags"): 50,
    ("CreateImage", "TagSpecifications"): 2,
    ("CreateLaunchTemplate", "TagSpecifications"): 1,
    ("CreateSnapshots", "TagSpecifications"): 1,
    ("RunInstances", "TagSpecifications"): 3,
    # A volume of an instance, of which it has 128 at most.
    ("CreateImage", "BlockDeviceMappings"): 128,
    # Filters, of which the values are at most 200: group.subnetIds has 200, security groups are 16.
    ("DescribeSubnets", "Filters"): 2,
    ("DescribeSecurityGroupVpcAssociations", "Filters"): 3,
    # group.targetGroupArns has at most 50; AWS states no limit for this call.
    ("CreateAutoScalingGroup", "TargetGroupARNs"): 50,
    # One of an instance's volumes, of which it has 128 at most.
    ("DescribeVolumes", "VolumeIds"): 128,
    # The run's row and its three locks.
    ("TransactWriteItems", "TransactItems"): 4,
    ("PutNotificationConfiguration", "NotificationTypes"): 4,
}


def lists() -> Iterator[tuple[str, str, str]]:
    """The service, operation and parameter of each list in a call of the code that is no literal."""
    for name, function in CODE.functions.items():
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                service, made = _called(name, function, node.func)
                if made:
                    yield from ((service, made, one) for one in _grown(service, made, node))


def _called(name: str, function: ast.AST, called: ast.Attribute) -> tuple[str, str]:
    """The service and operation of a method of a client, or of `paginate` of a function's paginator."""
    if called.attr == "paginate":
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".get_paginator"):
                assert isinstance(node.func, ast.Attribute)
                service = CODE._client(name, node.func.value) or ""
                return service, operation(service, ast.literal_eval(node.args[0])) or ""
    service = CODE._client(name, called.value) or ""
    return service, (operation(service, called.attr) or "") if service else ""


def _grown(service: str, made: str, call: ast.Call) -> Iterator[str]:
    model = ServiceModel(LOADER.load_service_model(service, "service-2"), service)
    members = model.operation_model(made).input_shape.members
    for keyword in call.keywords:
        of_list = keyword.arg in members and members[keyword.arg].type_name == "list"
        if keyword.arg and of_list and not isinstance(keyword.value, ast.List):
            yield keyword.arg


LOADER = Loader()
LISTS = sorted(set(lists()))


def test_the_lists_of_the_code_are_found() -> None:
    assert {(made, parameter) for _, made, parameter in LISTS} >= BATCHED.keys()


@pytest.mark.parametrize(("service", "made", "parameter"), LISTS)
def test_a_list_is_no_longer_than_its_call_takes(service: str, made: str, parameter: str) -> None:
    sent = {**BATCHED, **BOUNDED}.get((made, parameter))
    assert sent, f"send {parameter} of {made} in batches (itertools.batched), or state its bound here"
    assert sent <= (longest(service, made, parameter) or sent)


def test_no_entry_is_left_of_a_call_that_is_gone() -> None:
    assert {*BATCHED, *BOUNDED} == {(made, parameter) for _, made, parameter in LISTS}
