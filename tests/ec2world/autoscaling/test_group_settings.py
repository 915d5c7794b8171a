import json

import pytest

from tests.ec2world.client import WorldClient, ids, refused


def test_activities_tell_why_launches_fail(world: WorldClient) -> None:
    image = world.available_image(world.snapshot_set(world.seed()["instanceId"])[0])
    group = world.group(0, template=world.template(ImageId=image))
    world.ec2.deregister_image(ImageId=image)
    world.asg.set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=1)
    activity = world.asg.describe_scaling_activities(AutoScalingGroupName=group)["Activities"][0]
    assert activity["StatusCode"] == "Failed"
    assert image in activity["StatusMessage"]
    assert world.members(group) == []
    world.until(
        lambda: len(world.asg.describe_scaling_activities(AutoScalingGroupName=group)["Activities"]) > 1
    )
    world.asg.delete_auto_scaling_group(AutoScalingGroupName=group)


def test_activities_of_launches_and_terminations_succeed(world: WorldClient) -> None:
    group = world.group(1)
    (member,) = ids(world.members(group))
    world.asg.set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=0)
    world.until_members(group, [])
    newest, oldest = world.asg.describe_scaling_activities(AutoScalingGroupName=group)["Activities"]
    assert newest["Description"] == f"Terminating EC2 instance: {member}"
    assert oldest["Description"] == f"Launching a new EC2 instance: {member}"
    assert {newest["StatusCode"], oldest["StatusCode"]} == {"Successful"}


def test_a_grant_or_a_policy_that_no_launch_can_use_withholds_the_key(world: WorldClient) -> None:
    kms = world.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    source = world.seed(volumes=[{"sizeGiB": 8, "encrypted": True, "kmsKeyId": key}])["instanceId"]
    template = world.template(ImageId=world.available_image(world.snapshot_set(source)[0]))
    service = "arn:aws:iam::123456789012:role/aws-service-role/autoscaling.amazonaws.com"
    role = f"{service}/AWSServiceRoleForAutoScaling"
    kms.create_grant(KeyId=key, GranteePrincipal=role, Operations=["DescribeKey"])
    use = {"Effect": "Allow", "Principal": {"AWS": role}, "Action": ["kms:Decrypt"], "Resource": "*"}
    create = {**use, "Action": "kms:createGRANT"}
    account = {**use, "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "kms:*"}
    for statements, withheld in (
        ([account], True),
        ([account, use], True),
        ([account, use, create, {**create, "Effect": "Deny"}], True),
        ([account, use, create], False),
    ):
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        kms.put_key_policy(KeyId=key, PolicyName="default", Policy=policy)
        group = world.group(1, template=template, settled=False)
        activity = world.asg.describe_scaling_activities(AutoScalingGroupName=group)["Activities"][-1]
        assert (activity["StatusCode"] == "Failed") == withheld
        world.asg.delete_auto_scaling_group(AutoScalingGroupName=group, ForceDelete=True)


def test_the_default_key_is_needed_where_volumes_are_encrypted_by_default(world: WorldClient) -> None:
    key = world.client("kms").create_key()["KeyMetadata"]["Arn"]
    template = world.template(
        ImageId=world.available_image(world.snapshot_set(world.seed()["instanceId"])[0])
    )
    world.ec2.modify_ebs_default_kms_key_id(KmsKeyId=key)
    assert world.ec2.get_ebs_default_kms_key_id()["KmsKeyId"] == key
    world.ec2.enable_ebs_encryption_by_default()
    try:
        group = world.group(1, template=template, settled=False)
        activity = world.asg.describe_scaling_activities(AutoScalingGroupName=group)["Activities"][-1]
        assert (activity["StatusCode"], key in activity["StatusMessage"]) == ("Failed", True)
    finally:
        world.ec2.disable_ebs_encryption_by_default()
    world.until_members(group, ["InService"])


def test_two_groups_may_name_their_policies_the_same(world: WorldClient) -> None:
    groups = [world.group(0), world.group(0)]
    arns = [
        world.asg.put_scaling_policy(
            AutoScalingGroupName=group,
            PolicyName="cpu",
            PolicyType="TargetTrackingScaling",
            TargetTrackingConfiguration={
                "PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"},
                "TargetValue": 50.0,
            },
        )["PolicyARN"]
        for group in groups
    ]
    assert len(set(arns)) == 2
    world.asg.delete_policy(AutoScalingGroupName=groups[0], PolicyName="cpu")
    left = [world.asg.describe_policies(AutoScalingGroupName=group)["ScalingPolicies"] for group in groups]
    assert [[one["PolicyName"] for one in some] for some in left] == [[], ["cpu"]]
    assert left[1][0]["TargetTrackingConfiguration"]["TargetValue"] == 50.0


def test_topics_are_told_about_groups(world: WorldClient) -> None:
    group, topic = world.group(0), "arn:aws:sns:us-east-1:123456789012:news"
    kinds = ["autoscaling:EC2_INSTANCE_LAUNCH", "autoscaling:EC2_INSTANCE_TERMINATE"]
    world.asg.put_notification_configuration(
        AutoScalingGroupName=group, TopicARN=topic, NotificationTypes=kinds
    )
    found = world.asg.describe_notification_configurations(AutoScalingGroupNames=[group])
    assert [one["NotificationType"] for one in found["NotificationConfigurations"]] == kinds
    world.asg.delete_notification_configuration(AutoScalingGroupName=group, TopicARN=topic)
    found = world.asg.describe_notification_configurations(AutoScalingGroupNames=[group])
    assert found["NotificationConfigurations"] == []


@pytest.mark.parametrize(
    "topic",
    [
        "arn:aws:sns:eu-west-1:123456789012:web",
        "arn:aws:sns:us-east-1:999999999999:web",
        "arn:aws:sns:us-east-1:123456789012:web.fifo",
    ],
)
def test_a_topic_that_auto_scaling_cannot_publish_to_is_refused(world: WorldClient, topic: str) -> None:
    with refused("ValidationError"):
        world.asg.put_notification_configuration(
            AutoScalingGroupName=world.group(0),
            TopicARN=topic,
            NotificationTypes=["autoscaling:EC2_INSTANCE_LAUNCH"],
        )
