"""The EC2 world takes the calls of AWS's own examples, and its answers have the members that AWS's have.

The examples are those of the API References of EC2 and Auto Scaling, which come with botocore. examples.toml
lists what is left out and what is known to differ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError, ParamValidationError

from tests.peers.cast import Cast
from tests.peers.examples import LISTED, Example, differences_of, examples, lacking

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.ec2world.client import WorldClient

EXAMPLES = examples()


def stop(cast: Cast, _given: dict[str, Any]) -> None:
    cast.world.ec2.stop_instances(InstanceIds=[cast.instance()])
    cast.world.until_state(cast.instance(), "stopped")


def put_aside(cast: Cast, given: dict[str, Any]) -> None:
    cast.world.asg.enter_standby(**given, ShouldDecrementDesiredCapacity=True)


def empty(cast: Cast, given: dict[str, Any]) -> None:
    if "ForceDelete" not in given:
        cast.world.asg.set_desired_capacity(**given, DesiredCapacity=0)
        cast.world.until_members(given["AutoScalingGroupName"], [])


def allow_in(cast: Cast, given: dict[str, Any]) -> None:
    cast.world.ec2.authorize_security_group_ingress(**given)


def allow_out(cast: Cast, given: dict[str, Any]) -> None:
    cast.world.ec2.authorize_security_group_egress(**given)


def alarm(cast: Cast, _given: dict[str, Any]) -> None:
    cast.world.control("PUT", "alarms", {"name": "my-alarm", "state": "OK"})


def refresh(cast: Cast, given: dict[str, Any]) -> None:
    cast.world.asg.start_instance_refresh(**given, Preferences=WATCHING)


def refreshes(cast: Cast, given: dict[str, Any]) -> None:
    """One that has ended, and one that waits for instances to warm up, after an hour in a lifecycle hook."""
    group = given["AutoScalingGroupName"]
    for size in (0, 2):
        cast.world.asg.update_auto_scaling_group(
            AutoScalingGroupName=group, MinSize=0, MaxSize=2, DesiredCapacity=size
        )
        cast.world.skip_time(3_750)
        refresh(cast, given)
        cast.world.skip_time(3_750)


def begin_snapshot(cast: Cast, given: dict[str, Any]) -> None:
    if "Filters" in given:
        volume = cast.world.instance(cast.instance())["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
        cast.world.ec2.create_snapshot(VolumeId=volume, Description="This is my snapshot.")


WATCHING = {
    "MinHealthyPercentage": 50,
    "InstanceWarmup": 200,
    "AlarmSpecification": {"Alarms": ["my-alarm"]},
}
# What has happened before a call, and what is under way.
BEFORE: dict[str, Callable[[Cast, dict[str, Any]], None]] = {
    "CancelInstanceRefresh": alarm,
    "DeleteAutoScalingGroup": empty,
    "DescribeInstanceRefreshes": alarm,
    "ExitStandby": put_aside,
    "ModifyInstanceAttribute": stop,
    "StartInstanceRefresh": alarm,
    "StartInstances": stop,
    "UpdateSecurityGroupRuleDescriptionsEgress": allow_out,
    "UpdateSecurityGroupRuleDescriptionsIngress": allow_in,
}
UNDER_WAY: dict[str, Callable[[Cast, dict[str, Any]], None]] = {
    "CancelInstanceRefresh": refresh,
    "DescribeInstanceRefreshes": refreshes,
    "DescribeSnapshots": begin_snapshot,
}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.id)
def test_an_example_of_aws_is_answered_as_it_shows(world: WorldClient, example: Example) -> None:
    cast = Cast(world, example)
    given = cast.input()
    BEFORE.get(example.operation, lambda *_: None)(cast, given)
    client = world.ec2 if example.service == "ec2" else world.asg
    with world.standing_still():
        UNDER_WAY.get(example.operation, lambda *_: None)(cast, given)
        try:
            found = lacking(example, getattr(client, xform_name(example.operation))(**given))
        except (ClientError, ParamValidationError) as error:
            code = error.response["Error"]["Code"] if isinstance(error, ClientError) else "by botocore"
            found = {f"refused: {code}"}

    assert found == differences_of(example)


def test_each_listed_difference_is_of_an_example() -> None:
    listed = {one for group in LISTED.get("differs", []) for one in group["examples"]}
    assert listed - {example.id for example in EXAMPLES} == set()
