"""The EC2 world, judged by what Terraform's provider and Ansible's collection test about instance refreshes.

Terraform's provider is in no package registry that the project uses, and the integration tests of amazon.aws
are not in its package. What they make their clients call is called here, and what they check of AWS's answers
is checked: TestAccAutoScalingGroup_InstanceRefresh_* of internal/service/autoscaling/group_test.go, and the
target autoscaling_instance_refresh.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.ec2world.client import name

if TYPE_CHECKING:
    from tests.ec2world.client import WorldClient

ENDED = {"Cancelled", "Failed", "Successful", "RollbackFailed", "RollbackSuccessful"}
NEW = {"Pending", "InProgress"}


class Provider:
    """What the provider does with a group of one instance, on a launch configuration."""

    def __init__(self, world: WorldClient) -> None:
        self.world, self.asg, self.group = world, world.asg, name("terraform")
        self.asg.create_auto_scaling_group(
            AutoScalingGroupName=self.group,
            LaunchConfigurationName=self._configuration("1"),
            MinSize=1,
            MaxSize=2,
            DesiredCapacity=1,
            AvailabilityZones=["us-east-1a"],
        )

    def _configuration(self, number: str) -> str:
        made = f"{self.group}-{number}"
        self.asg.create_launch_configuration(
            LaunchConfigurationName=made, ImageId="ami-12c6146b", InstanceType="t3.nano"
        )
        return made

    def refreshes(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.asg.describe_instance_refreshes(AutoScalingGroupName=self.group)[
            "InstanceRefreshes"
        ]
        return found

    def refresh(self, **preferences: Any) -> None:
        """Start a refresh, after the one that is under way has been cancelled."""
        given = {"AutoScalingGroupName": self.group, "Strategy": "Rolling"}
        if preferences:
            given["Preferences"] = preferences
        try:
            self.asg.start_instance_refresh(**given)
        except ClientError as error:
            assert error.response["Error"]["Code"] == "InstanceRefreshInProgress"
            self.asg.cancel_instance_refresh(AutoScalingGroupName=self.group)
            self.world.until(lambda: self.refreshes()[0]["Status"] in ENDED)
            self.asg.start_instance_refresh(**given)

    def change(self, number: str) -> None:
        """Apply another launch configuration, which triggers a refresh."""
        self.asg.update_auto_scaling_group(
            AutoScalingGroupName=self.group, LaunchConfigurationName=self._configuration(number)
        )
        self.refresh()


@pytest.fixture
def provider(world: WorldClient) -> Provider:
    return Provider(world)


def said(error: pytest.ExceptionInfo[ClientError]) -> str:
    """The words that Ansible's modules show."""
    return str(error.value).replace(" (reached max retries: 0)", "")


FULL = {
    "MinHealthyPercentage": 50,
    "InstanceWarmup": 10,
    "CheckpointDelay": 25,
    "CheckpointPercentages": [1, 20, 25, 50, 100],
}


# The preferences of _basic; there only the settings change, here each starts a refresh.
@pytest.mark.parametrize(
    "preferences", [{}, {"MinHealthyPercentage": 0}, {"MinHealthyPercentage": 0, "SkipMatching": False}, FULL]
)
def test_terraform_basic(provider: Provider, preferences: dict[str, Any]) -> None:
    provider.refresh(**preferences)
    (shown,) = provider.refreshes()
    assert shown["Preferences"].items() >= preferences.items()
    provider.world.until(lambda: provider.refreshes()[0]["Status"] == "Successful")


def test_terraform_start(provider: Provider) -> None:
    assert provider.refreshes() == []
    # So that the first one is under way when the second comes, however slow this machine is.
    provider.world.control("PUT", "durations", {"launch": 100_000})
    try:
        with provider.world.standing_still():
            provider.change("2")
            assert [one["Status"] in NEW for one in provider.refreshes()] == [True]
        provider.change("3")
        newest, oldest = provider.refreshes()
        assert (newest["Status"] in NEW, oldest["Status"]) == (True, "Cancelled")
    finally:
        provider.world.control("PUT", "durations", {"launch": 45})


def test_terraform_triggers(provider: Provider) -> None:
    tag = {"Key": "Key", "Value": "Value", "PropagateAtLaunch": True}
    of_group = {"ResourceId": provider.group, "ResourceType": "auto-scaling-group"}
    with provider.world.standing_still():
        provider.asg.create_or_update_tags(Tags=[{**of_group, **tag}])
        provider.refresh()
        assert [one["Status"] in NEW for one in provider.refreshes()] == [True]


def test_terraform_auto_rollback_and_alarms(provider: Provider) -> None:
    """As _autoRollback and _alarmSpecification have them, with the desired configuration that they need."""
    world, alarm, template = provider.world, name("alarm"), provider.world.template()
    world.control("PUT", "alarms", {"name": alarm, "state": "OK"})
    desired = {"LaunchTemplate": {"LaunchTemplateName": template, "Version": "1"}}
    watching = {"AutoRollback": True, "AlarmSpecification": {"Alarms": [alarm]}}
    provider.asg.start_instance_refresh(
        AutoScalingGroupName=provider.group, DesiredConfiguration=desired, Preferences=watching
    )
    (shown,) = provider.refreshes()
    assert shown["Preferences"].items() >= watching.items()
    world.until(lambda: provider.refreshes()[0]["Status"] == "Successful")
    described = world.described(provider.group)
    assert described is not None
    assert described["LaunchTemplate"]["LaunchTemplateName"] == template
    assert "LaunchConfigurationName" not in described


def test_ansible_start_and_cancel(provider: Provider) -> None:
    asg, group = provider.asg, provider.group
    with pytest.raises(ClientError) as nothing:
        asg.cancel_instance_refresh(AutoScalingGroupName=group)
    assert (
        "An error occurred (ActiveInstanceRefreshNotFound) when calling the CancelInstanceRefresh operation: "
        "No in progress, baking, pending, or cancelling Instance Refresh found for Auto Scaling group "
        f"{group}"
    ) in said(nothing)
    with provider.world.standing_still():
        asg.start_instance_refresh(AutoScalingGroupName=group, Strategy="Rolling")
        with pytest.raises(ClientError) as another:
            asg.start_instance_refresh(AutoScalingGroupName=group, Strategy="Rolling")
        assert (
            "An error occurred (InstanceRefreshInProgress) when calling the StartInstanceRefresh operation: "
            "An Instance Refresh is already in progress and blocks the execution of this Instance Refresh."
        ) in said(another)
        first = asg.cancel_instance_refresh(AutoScalingGroupName=group)["InstanceRefreshId"]
        assert asg.cancel_instance_refresh(AutoScalingGroupName=group)["InstanceRefreshId"] == first
    with pytest.raises(ClientError) as nobody:
        asg.start_instance_refresh(AutoScalingGroupName="nonexistentname-asg")
    assert (
        "An error occurred (ValidationError) when calling the StartInstanceRefresh operation: "
        "AutoScalingGroup name not found"
    ) in said(nobody)
    for preferences in (
        {"MinHealthyPercentage": 10, "InstanceWarmup": 10},
        {"MinHealthyPercentage": 10},
        {"MinHealthyPercentage": 90, "InstanceWarmup": 10},
    ):
        provider.world.until(lambda: provider.refreshes()[0]["Status"] == "Cancelled")
        with provider.world.standing_still():
            asg.start_instance_refresh(AutoScalingGroupName=group, Preferences=preferences)
            asg.cancel_instance_refresh(AutoScalingGroupName=group)


def test_ansible_info(provider: Provider) -> None:
    asg, group = provider.asg, provider.group
    for _ in range(7):
        provider.world.until(lambda: all(one["Status"] in ENDED for one in provider.refreshes()))
        with provider.world.standing_still():
            made = asg.start_instance_refresh(AutoScalingGroupName=group)["InstanceRefreshId"]
            asg.cancel_instance_refresh(AutoScalingGroupName=group)

    def found(**wanted: Any) -> list[str]:
        answer = asg.describe_instance_refreshes(AutoScalingGroupName=group, **wanted)
        return [one["InstanceRefreshId"] for one in answer["InstanceRefreshes"]]

    assert len(set(found())) == 7
    assert found(InstanceRefreshIds=["0e367f58-blabla-bla-bla-ca870dc5dbfe"]) == []
    assert found(InstanceRefreshIds=[made]) == [made]
    with pytest.raises(ClientError) as nobody:
        asg.describe_instance_refreshes(AutoScalingGroupName="n0n3x1stentname27b")
    assert (
        "An error occurred (ValidationError) when calling the DescribeInstanceRefreshes operation: "
        "AutoScalingGroup name not found - AutoScalingGroup n0n3x1stentname27b not found"
    ) in said(nobody)
    with pytest.raises(ClientError) as fake:
        found(NextToken="fake-token-123")
    assert (
        "An error occurred (InvalidNextToken) when calling the DescribeInstanceRefreshes operation: "
        "The token 'fake-token-123' is invalid."
    ) in said(fake)
    first = asg.describe_instance_refreshes(AutoScalingGroupName=group, MaxRecords=1)
    assert len(first["InstanceRefreshes"]) == 1
    assert len(found(NextToken=first["NextToken"])) == 6
    assert len(found(NextToken=first["NextToken"], MaxRecords=1)) == 1
