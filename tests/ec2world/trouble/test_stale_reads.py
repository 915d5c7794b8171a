from typing import Any

from tests.ec2world.client import WorldClient, name, refused


def tagged(run: str) -> list[dict[str, Any]]:
    return [{"ResourceType": "snapshot", "Tags": [{"Key": "golden-image:run", "Value": run}]}]


def snapshots_of(world: WorldClient, run: str) -> list[dict[str, Any]]:
    found = world.ec2.describe_snapshots(Filters=[{"Name": "tag:golden-image:run", "Values": [run]}])
    snapshots: list[dict[str, Any]] = found["Snapshots"]
    return snapshots


def test_stale_reads_show_a_state_from_before_for_a_time(world: WorldClient) -> None:
    source = world.seed()["instanceId"]
    other = world.seed()["instanceId"]
    world.faults({"service": "ec2", "action": "StopInstances", "effect": "stale", "seconds": 60})
    with world.standing_still():
        answer = world.ec2.stop_instances(InstanceIds=[source])["StoppingInstances"][0]
        assert answer["CurrentState"]["Name"] == "stopping"
        world.ec2.stop_instances(InstanceIds=[other])
        assert world.instance(source)["State"]["Name"] == "running"
        assert world.instance(other)["State"]["Name"] == "stopping"
    world.until_state(source, "stopped")


def test_stale_reads_show_what_is_gone_and_groups_as_they_were(world: WorldClient) -> None:
    template = world.template()
    group = world.group(1)
    world.faults(
        {"service": "ec2", "action": "DeleteLaunchTemplate", "effect": "stale", "reads": 1},
        {"service": "autoscaling", "action": "UpdateAutoScalingGroup", "effect": "stale", "reads": 1},
    )
    world.ec2.delete_launch_template(LaunchTemplateName=template)
    assert world.ec2.describe_launch_templates(LaunchTemplateNames=[template])["LaunchTemplates"]
    with refused("InvalidLaunchTemplateName.NotFoundException"):
        world.ec2.describe_launch_templates(LaunchTemplateNames=[template])
    with world.standing_still():
        world.asg.update_auto_scaling_group(AutoScalingGroupName=group, MaxSize=0)
        before, after = world.described(group), world.described(group)
    assert before is not None
    assert after is not None
    assert (before["MaxSize"], before["Instances"][0]["LifecycleState"]) == (10, "InService")
    assert (after["MaxSize"], after["Instances"][0]["LifecycleState"]) == (0, "Terminating")


def test_stale_reads_hide_several_writes_at_once(world: WorldClient) -> None:
    source, run = world.seed()["instanceId"], name("run")
    world.faults(
        {"service": "ec2", "action": "CreateSnapshots", "effect": "stale", "seconds": 1000},
        {"service": "ec2", "action": "StopInstances", "effect": "stale", "seconds": 1000},
    )
    with world.standing_still():
        world.ec2.create_snapshots(
            InstanceSpecification={"InstanceId": source}, TagSpecifications=tagged(run)
        )
        world.ec2.stop_instances(InstanceIds=[source])
        assert snapshots_of(world, run) == []
        assert world.instance(source)["State"]["Name"] == "running"
    world.until_state(source, "stopped")
    world.until(lambda: len(snapshots_of(world, run)) == 2)


def test_a_stale_version_is_not_the_latest_yet(world: WorldClient) -> None:
    template = world.template()
    world.faults({"service": "ec2", "action": "CreateLaunchTemplateVersion", "effect": "stale", "reads": 1})
    world.ec2.create_launch_template_version(LaunchTemplateName=template, LaunchTemplateData={"KeyName": "k"})
    seen = [
        world.ec2.describe_launch_templates(LaunchTemplateNames=[template])["LaunchTemplates"][0]
        for _ in range(2)
    ]
    assert [one["LatestVersionNumber"] for one in seen] == [1, 2]
