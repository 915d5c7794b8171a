import base64
from typing import Any

import pytest

from tests.ec2world.client import WorldClient, name, refused


def with_tags(*tags: tuple[str, str]) -> list[dict[str, Any]]:
    return [
        {"ResourceType": "launch-template", "Tags": [{"Key": key, "Value": value} for key, value in tags]},
    ]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"TagSpecifications": with_tags(("k" * 129, "v"))}, "InvalidParameterValue"),
        ({"TagSpecifications": with_tags(("k", "v" * 257))}, "InvalidParameterValue"),
        ({"TagSpecifications": with_tags(("aws:k", "v"))}, "InvalidParameterValue"),
        ({"TagSpecifications": with_tags(*((f"k{n}", "v") for n in range(51)))}, "TagLimitExceeded"),
        ({"VersionDescription": "d" * 256}, "InvalidParameterValue"),
        (
            {"LaunchTemplateData": {"UserData": base64.b64encode(bytes(16_385)).decode()}},
            "InvalidParameterValue",
        ),
    ],
)
def test_more_than_aws_takes_is_refused(world: WorldClient, wrong: dict[str, Any], code: str) -> None:
    stated = {"LaunchTemplateName": name("template"), "LaunchTemplateData": {"KeyName": "k"}}
    with refused(code):
        world.ec2.create_launch_template(**{**stated, **wrong})


def test_as_much_as_aws_takes_is_taken_and_comes_back_as_it_was(world: WorldClient) -> None:
    chosen = name("template")
    tags = [("키" * 128, '값 <&> "é" 🙂' + "v" * 200), *((f"k{n}", "") for n in range(49))]
    user_data = base64.b64encode(bytes(16_384)).decode()
    world.ec2.create_launch_template(
        LaunchTemplateName=chosen,
        ClientToken="t" * 128,
        VersionDescription="d" * 255,
        LaunchTemplateData={"UserData": user_data},
        TagSpecifications=with_tags(*tags),
    )
    (template,) = world.ec2.describe_launch_templates(LaunchTemplateNames=[chosen])["LaunchTemplates"]
    assert {one["Key"]: one["Value"] for one in template["Tags"]} == dict(tags)
    (version,) = world.ec2.describe_launch_template_versions(LaunchTemplateName=chosen)[
        "LaunchTemplateVersions"
    ]
    assert version["LaunchTemplateData"]["UserData"] == user_data


def test_forty_volumes_are_snapshotted_and_registered_in_one_go(world: WorldClient) -> None:
    source = world.seed(volumes=[{"deviceName": f"/dev/xvd{n:02}", "sizeGiB": 1} for n in range(40)])
    assert len(source["volumeIds"]) == 40
    snapshots = world.snapshot_set(source["instanceId"])
    mappings = [
        {"DeviceName": f"/dev/xvd{n:02}", "Ebs": {"SnapshotId": one}} for n, one in enumerate(snapshots)
    ]
    image = world.available_image(snapshots[0], RootDeviceName="/dev/xvd00", BlockDeviceMappings=mappings)
    assert len(world.image(image)["BlockDeviceMappings"]) == 40


def test_a_list_that_is_longer_than_the_model_says_is_refused(world: WorldClient) -> None:
    arns = [f"arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/g/{n:016x}" for n in range(11)]
    with refused("ValidationError"):
        world.asg.attach_load_balancer_target_groups(AutoScalingGroupName="g", TargetGroupARNs=arns)


def test_more_than_two_hundred_filter_values_are_refused(world: WorldClient) -> None:
    values = [f"vol-{n:017x}" for n in range(201)]
    world.ec2.describe_volumes(Filters=[{"Name": "volume-id", "Values": values[:200]}])
    with refused("FilterLimitExceeded"):
        world.ec2.describe_volumes(Filters=[{"Name": "volume-id", "Values": values}])


@pytest.mark.parametrize(
    ("called", "wrong", "code", "said"),
    [
        (
            "ec2.describe_launch_templates",
            {"MaxResults": 201},
            "InvalidParameterValue",
            "to 200; it has 201",
        ),
        (
            "ec2.describe_launch_templates",
            {"LaunchTemplateNames": ["a b c"]},
            "InvalidParameterValue",
            "LaunchTemplateNames[0]' failed to satisfy constraint: Member must satisfy regular",
        ),
        (
            "autoscaling.delete_auto_scaling_group",
            {"AutoScalingGroupName": "g" * 256},
            "ValidationError",
            "AutoScalingGroupName' failed to satisfy constraint: Member must have length less",
        ),
        (
            "autoscaling.describe_auto_scaling_groups",
            {"AutoScalingGroupNames": ["g\0"]},
            "ValidationError",
            "",
        ),
        ("kms.create_key", {"Description": "d" * 8193}, "ValidationException", "to 8192; it has 8193"),
    ],
)
def test_what_breaks_a_constraint_of_the_model_is_refused(
    world: WorldClient, called: str, wrong: dict[str, Any], code: str, said: str
) -> None:
    service, action = called.split(".")
    with refused(code) as raised:
        getattr(world.client(service), action)(**wrong)
    assert said in str(raised.value)


def test_what_has_a_pattern_that_python_does_not_know_is_taken(world: WorldClient) -> None:
    tags = [{"Key": "팀", "Value": "웹"}]
    world.client("ssm").put_parameter(Name=f"/{name('web')}", Value="x", Type="String", Tags=tags)


def test_bytes_are_not_judged_by_their_length_on_the_wire(world: WorldClient) -> None:
    kms = world.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    assert kms.encrypt(KeyId=key, Plaintext=bytes(4096))["KeyId"].endswith(key)


def test_a_call_of_the_interpreters_own_that_carries_too_much_is_refused(world: WorldClient) -> None:
    put = {"Name": "/web", "Value": "ami-1", "Description": "d" * 1024}
    call = {"service": "ssm", "action": "PutParameter", "role": "Trunk", "run": "arn:run", "params": put}
    assert world.control("POST", "calls", call) is None
    rule = world.control("POST", "calls", call | {"params": put | {"Description": "d" * 1025}})
    assert (rule["effect"], rule["when"], rule["code"]) == ("error", "before", "ValidationException")
    assert "PutParameter.Description' failed to satisfy" in rule["message"]
    assert [one["code"] for one in world.calls()[-2:]] == [None, "ValidationException"]


def test_a_name_of_any_characters_satisfies_the_pattern_of_a_group(world: WorldClient) -> None:
    wanted = world.asg.describe_auto_scaling_groups(AutoScalingGroupNames=["웹 🙂\t" + "g" * 250])
    assert wanted["AutoScalingGroups"] == []
