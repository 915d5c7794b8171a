"""Instance refreshes that fail: launches, health checks, alarms."""

import pytest

from tests.ec2world.client import WorldClient, ids, name, refused
from tests.world.refreshes import (
    capacity,
    latest,
    now,
    resize,
    start,
    two_versions,
    until_new_in_service,
    until_status,
    version,
    versions,
)

LAUNCH_FIRST = {"MinHealthyPercentage": 100, "MaxHealthyPercentage": 110}


def of_an_image_that_is_gone(world: WorldClient, group: str) -> dict[str, dict[str, str]]:
    """A desired configuration of the group's template that cannot be launched."""
    described = world.described(group)
    assert described is not None
    template = described["LaunchTemplate"]["LaunchTemplateName"]
    (root, _) = world.snapshot_set(world.seed()["instanceId"])
    image = world.available_image(root)
    made = world.ec2.create_launch_template_version(
        LaunchTemplateName=template, SourceVersion="1", LaunchTemplateData={"ImageId": image}
    )
    world.ec2.deregister_image(ImageId=image)
    number = str(made["LaunchTemplateVersion"]["VersionNumber"])
    return {"LaunchTemplate": {"LaunchTemplateName": template, "Version": number}}


def test_launches_that_fail_are_tried_for_an_hour(world: WorldClient) -> None:
    group = world.group(2)
    desired, before, since = (
        of_an_image_that_is_gone(world, group),
        ids(world.members(group)),
        now(world, group),
    )
    with world.standing_still():
        start(world, group, DesiredConfiguration=desired, Preferences=LAUNCH_FIRST)
        world.skip_time(2_000)
        shown = latest(world, group)
        assert shown["Status"] == "InProgress"
        assert "Launching EC2 instance failed" in shown["StatusReason"]
        world.skip_time(3_000)
        shown = latest(world, group)
    assert shown["Status"] == "Failed"
    assert "Launching EC2 instance failed" in shown["StatusReason"]
    activities = world.asg.describe_scaling_activities(AutoScalingGroupName=group)["Activities"]
    assert sum(one["StatusCode"] == "Failed" for one in activities) >= 3
    assert (ids(world.members(group)), version(world, group)) == (before, "1")
    assert capacity(world, group, since)["leastInService"] == 2


def test_a_launch_that_works_again_lets_a_refresh_go_on(world: WorldClient) -> None:
    group, desired = two_versions(world)
    resize(world, group, 1)
    world.asg.suspend_processes(AutoScalingGroupName=group, ScalingProcesses=["Launch"])
    with world.standing_still():
        start(world, group, DesiredConfiguration=desired)
        world.skip_time(2_000)
        assert "Launch" in latest(world, group)["StatusReason"]
    world.asg.resume_processes(AutoScalingGroupName=group)
    until_status(world, group, "Successful")
    assert "StatusReason" not in latest(world, group)


def test_new_instances_that_fail_their_health_checks_are_replaced_for_an_hour(world: WorldClient) -> None:
    group, desired = two_versions(world)
    resize(world, group, 2)
    since = now(world, group)
    launched = set()
    preferences = {**LAUNCH_FIRST, "InstanceWarmup": 600, "AutoRollback": True}
    start(world, group, DesiredConfiguration=desired, Preferences=preferences)

    def is_going_back() -> bool:
        world.skip_time(20)
        for one in world.members(group):
            if one["LaunchTemplate"]["Version"] == "2" and one["LifecycleState"] == "InService":
                launched.add(one["InstanceId"])
                world.asg.set_instance_health(
                    InstanceId=one["InstanceId"], HealthStatus="Unhealthy", ShouldRespectGracePeriod=False
                )
        return bool(latest(world, group)["Status"].startswith("Rollback"))

    world.until(is_going_back)
    assert "health checks" in latest(world, group)["RollbackDetails"]["RollbackReason"]
    until_status(world, group, "RollbackSuccessful")
    assert len(launched) > 1
    assert versions(world, group) == ["1", "1"]
    assert capacity(world, group, since)["leastInService"] == 2


def test_targets_that_are_unhealthy_fail_a_refresh(world: WorldClient) -> None:
    start_of_arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup"
    arn = f"{start_of_arn}/{name('web')}/0123456789abcdef"
    world.control("PUT", "targets", {"targetGroupArn": arn})
    (root, _) = world.snapshot_set(world.seed()["instanceId"])
    image, template = world.available_image(root), world.template()
    world.ec2.create_launch_template_version(
        LaunchTemplateName=template, SourceVersion="1", LaunchTemplateData={"ImageId": image}
    )
    group = world.group(1, template=template, TargetGroupARNs=[arn], HealthCheckType="ELB")
    before = ids(world.members(group))
    world.control("PUT", "targets", {"targetGroupArn": arn, "state": "unhealthy", "imageId": image})
    desired = {"LaunchTemplate": {"LaunchTemplateName": template, "Version": "2"}}
    since = now(world, group)
    start(world, group, DesiredConfiguration=desired, Preferences=LAUNCH_FIRST)
    until_status(world, group, "Failed", step=60)
    world.until_members(group, ["InService"])
    assert ids(world.members(group)) == before
    assert capacity(world, group, since)["leastInService"] == 1


def test_a_refresh_waits_until_new_instances_are_healthy_targets(world: WorldClient) -> None:
    start_of_arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup"
    arn = f"{start_of_arn}/{name('web')}/0123456789abcdef"
    world.control("PUT", "targets", {"targetGroupArn": arn})
    group = world.group(1, TargetGroupARNs=[arn], HealthCheckType="ELB")
    since = now(world, group)
    start(world, group, Preferences=LAUNCH_FIRST)
    until_status(world, group, "Successful")
    changes = capacity(world, group, since)["changes"]
    both = next(one["at"] for one in changes if one["inService"] == 2)
    alone = next(one["at"] for one in changes if one["at"] > both and one["inService"] == 1)
    assert alone - both >= 30


@pytest.mark.parametrize(("auto", "status"), [(False, "Failed"), (True, "RollbackSuccessful")])
def test_an_alarm_fails_a_refresh(world: WorldClient, auto: bool, status: str) -> None:
    alarm = name("alarm")
    world.control("PUT", "alarms", {"name": alarm, "state": "OK"})
    group, desired = two_versions(world)
    resize(world, group, 2)
    watching = {"AlarmSpecification": {"Alarms": [alarm]}, "AutoRollback": auto, "InstanceWarmup": 100}
    start(world, group, DesiredConfiguration=desired, Preferences={**LAUNCH_FIRST, **watching})
    until_new_in_service(world, group, 1)
    since = now(world, group)
    world.control("PUT", "alarms", {"name": alarm, "state": "ALARM"})
    until_status(world, group, status)
    shown = latest(world, group)
    why = shown["RollbackDetails"]["RollbackReason"] if auto else shown["StatusReason"]
    assert alarm in why
    assert capacity(world, group, since)["leastInService"] == 2
    assert version(world, group) == "1"


def test_an_alarm_fails_a_refresh_that_bakes(world: WorldClient) -> None:
    alarm, cloudwatch = name("alarm"), world.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName=alarm,
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        MetricName="Errors",
        Namespace="Web",
        Period=60,
        Statistic="Sum",
        Threshold=1,
    )
    group, desired = two_versions(world)
    watching = {"AlarmSpecification": {"Alarms": [alarm]}, "BakeTime": 100_000}
    start(world, group, DesiredConfiguration=desired, Preferences=watching)
    until_status(world, group, "Baking")
    cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="errors")
    until_status(world, group, "Failed")
    assert version(world, group) == "1"


def test_alarms_exist_and_are_no_more_than_ten(world: WorldClient) -> None:
    group, alarms = world.group(0), [name("alarm") for _ in range(11)]
    for alarm in alarms:
        world.control("PUT", "alarms", {"name": alarm, "state": "OK"})
    for wrong in ([name("unknown")], alarms):
        with refused("ValidationError"):
            start(world, group, Preferences={"AlarmSpecification": {"Alarms": wrong}})
    for state in ("ALARM", "INSUFFICIENT_DATA"):
        world.control("PUT", "alarms", {"name": alarms[0], "state": state})
        with refused("ValidationError"):
            start(world, group, Preferences={"AlarmSpecification": {"Alarms": alarms[:1]}})
    start(world, group, Preferences={"AlarmSpecification": {"Alarms": alarms[1:]}})
