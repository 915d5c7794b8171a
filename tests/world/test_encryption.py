"""Encrypted volumes, snapshots and images, and who may use them."""

from tests.ec2world.client import WorldClient, name, refused


def test_a_key_withheld_from_auto_scaling_fails_every_launch_until_it_is_granted(world: WorldClient) -> None:
    kms = world.client("kms")
    key = kms.create_key()["KeyMetadata"]
    source = world.seed(volumes=[{"sizeGiB": 8, "encrypted": True, "kmsKeyId": key["Arn"]}])["instanceId"]
    image = world.available_image(world.snapshot_set(source)[0])
    group = world.group(1, template=world.template(ImageId=image), settled=False)
    activity = world.asg.describe_scaling_activities(AutoScalingGroupName=group)["Activities"][0]
    assert (activity["StatusCode"], key["Arn"] in activity["StatusMessage"]) == ("Failed", True)
    kms.create_grant(
        KeyId=key["KeyId"],
        GranteePrincipal="arn:aws:iam::123456789012:role/aws-service-role/autoscaling.amazonaws.com/"
        "AWSServiceRoleForAutoScaling",
        Operations=["Decrypt", "CreateGrant"],
    )
    world.until_members(group, ["InService"])
