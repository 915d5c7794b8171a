from typing import Any

from tests.ec2world.client import WorldClient, name, refused


def numbers(answer: dict[str, Any]) -> list[int]:
    return [one["VersionNumber"] for one in answer["LaunchTemplateVersions"]]


def test_a_template_is_tagged_in_the_creating_call(world: WorldClient) -> None:
    chosen = name("template")
    created = world.ec2.create_launch_template(
        LaunchTemplateName=chosen,
        VersionDescription="first",
        LaunchTemplateData={"ImageId": "ami-12c6146b", "InstanceType": "t3.small"},
        TagSpecifications=[{"ResourceType": "launch-template", "Tags": [{"Key": "run", "Value": chosen}]}],
    )["LaunchTemplate"]
    (found,) = world.ec2.describe_launch_templates(Filters=[{"Name": "tag:run", "Values": [chosen]}])[
        "LaunchTemplates"
    ]
    assert found["LaunchTemplateId"] == created["LaunchTemplateId"]
    assert found["Tags"] == [{"Key": "run", "Value": chosen}]
    (version,) = world.ec2.describe_launch_template_versions(LaunchTemplateName=chosen)[
        "LaunchTemplateVersions"
    ]
    assert version["VersionDescription"] == "first"
    assert "TagSpecifications" not in version["LaunchTemplateData"]


def test_the_errors_have_awss_codes(world: WorldClient) -> None:
    taken = world.template()
    with refused("InvalidLaunchTemplateName.AlreadyExistsException"):
        world.ec2.create_launch_template(
            LaunchTemplateName=taken, LaunchTemplateData={"InstanceType": "t3.small"}
        )
    with refused("InvalidLaunchTemplateName.NotFoundException"):
        world.ec2.describe_launch_templates(LaunchTemplateNames=["no-such"])
    with refused("InvalidLaunchTemplateId.NotFound"):
        world.ec2.describe_launch_templates(LaunchTemplateIds=["lt-00000000000000000"])
    with refused("InvalidLaunchTemplateId.VersionNotFound"):
        world.ec2.describe_launch_template_versions(LaunchTemplateName=taken, Versions=["7"])
    with refused("InvalidLaunchTemplateName.NotFoundException"):
        world.ec2.delete_launch_template(LaunchTemplateName="no-such")


def test_a_deleted_version_leaves_a_gap(world: WorldClient) -> None:
    template = world.template()
    for _ in range(2):
        world.ec2.create_launch_template_version(
            LaunchTemplateName=template, LaunchTemplateData={"KeyName": "k"}
        )
    answer = world.ec2.delete_launch_template_versions(LaunchTemplateName=template, Versions=["1", "3", "9"])
    assert [one["VersionNumber"] for one in answer["SuccessfullyDeletedLaunchTemplateVersions"]] == [3]
    failed = {
        one["VersionNumber"]: one["ResponseError"]["Code"]
        for one in answer["UnsuccessfullyDeletedLaunchTemplateVersions"]
    }
    assert failed == {1: "unexpectedError", 9: "launchTemplateVersionDoesNotExist"}
    made = world.ec2.create_launch_template_version(
        LaunchTemplateName=template, LaunchTemplateData={"KeyName": "k"}
    )
    assert made["LaunchTemplateVersion"]["VersionNumber"] == 4
    assert numbers(world.ec2.describe_launch_template_versions(LaunchTemplateName=template)) == [4, 2, 1]
    latest = world.ec2.describe_launch_template_versions(LaunchTemplateName=template, Versions=["$Latest"])
    assert numbers(latest) == [4]


def test_another_version_can_be_the_default(world: WorldClient) -> None:
    template = world.template()
    world.ec2.create_launch_template_version(LaunchTemplateName=template, LaunchTemplateData={"KeyName": "k"})
    changed = world.ec2.modify_launch_template(LaunchTemplateName=template, DefaultVersion="2")[
        "LaunchTemplate"
    ]
    assert (changed["DefaultVersionNumber"], changed["LatestVersionNumber"]) == (2, 2)
    default = world.ec2.describe_launch_template_versions(LaunchTemplateName=template, Versions=["$Default"])
    assert numbers(default) == [2]


def test_a_template_goes_with_all_its_versions(world: WorldClient) -> None:
    template = world.template()
    world.ec2.delete_launch_template(LaunchTemplateName=template)
    with refused("InvalidLaunchTemplateName.NotFoundException"):
        world.ec2.describe_launch_template_versions(LaunchTemplateName=template)
    world.ec2.create_launch_template(LaunchTemplateName=template, LaunchTemplateData={"KeyName": "k"})


def test_a_dry_run_of_a_change_changes_nothing(world: WorldClient) -> None:
    source = world.seed()["instanceId"]
    snapshot = world.snapshot_set(source)[0]
    template = world.template()
    changes: list[tuple[Any, dict[str, Any]]] = [
        (world.ec2.stop_instances, {"InstanceIds": [source]}),
        (world.ec2.start_instances, {"InstanceIds": [source]}),
        (world.ec2.terminate_instances, {"InstanceIds": [source]}),
        (world.ec2.create_snapshots, {"InstanceSpecification": {"InstanceId": source}}),
        (world.ec2.delete_snapshot, {"SnapshotId": snapshot}),
        (world.ec2.create_image, {"InstanceId": source, "Name": name("dry")}),
        (world.ec2.delete_launch_template, {"LaunchTemplateName": template}),
        (world.ec2.create_tags, {"Resources": [source], "Tags": [{"Key": "a", "Value": "b"}]}),
    ]
    for change, arguments in changes:
        with refused("DryRunOperation"):
            change(**arguments, DryRun=True)
    assert world.instance(source)["State"]["Name"] == "running"
    assert world.ec2.describe_launch_templates(LaunchTemplateNames=[template])["LaunchTemplates"]
    assert len(world.snapshots([snapshot])) == 1


def test_an_instance_of_a_template_has_its_settings_and_tags(world: WorldClient) -> None:
    key, profile = name("key"), name("profile")
    world.ec2.create_key_pair(KeyName=key)
    world.client("iam").create_instance_profile(InstanceProfileName=profile)
    template = world.template(
        KeyName=key,
        IamInstanceProfile={"Name": profile},
        MetadataOptions={"HttpTokens": "required"},
        Monitoring={"Enabled": True},
        UserData="aGVsbG8=",
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "from", "Value": "template"}]}],
    )
    made = world.ec2.run_instances(
        LaunchTemplate={"LaunchTemplateName": template},
        MinCount=1,
        MaxCount=1,
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "too", "Value": "call"}]}],
    )["Instances"][0]
    shown = world.instance(made["InstanceId"])
    tags = {one["Key"]: one["Value"] for one in shown["Tags"]}
    assert (tags["from"], tags["too"], tags["aws:ec2launchtemplate:version"]) == ("template", "call", "1")
    assert shown["KeyName"] == key
    assert shown["MetadataOptions"]["HttpTokens"] == "required"
    assert shown["Monitoring"]["State"] == "enabled"
    data = world.ec2.describe_instance_attribute(InstanceId=made["InstanceId"], Attribute="userData")
    assert data["UserData"]["Value"] == "aGVsbG8="
