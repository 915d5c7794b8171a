from typing import Any

import pytest

from tests.ec2world.client import WorldClient, name, refused


def test_plain_run_instances_makes_the_volumes_it_names(world: WorldClient) -> None:
    image = world.ec2.describe_images(
        Owners=["amazon"],
        Filters=[
            {"Name": "architecture", "Values": ["x86_64"]},
            {"Name": "root-device-name", "Values": ["/dev/xvda"]},
        ],
        MaxResults=5,
    )["Images"][0]["ImageId"]
    for image_id in (image, "ami-0123456789abcdef0"):
        made = world.ec2.run_instances(
            ImageId=image_id,
            InstanceType="t3.small",
            MinCount=1,
            MaxCount=1,
            BlockDeviceMappings=[
                {"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 10, "VolumeType": "gp3"}},
                {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 30, "Iops": 4000, "VolumeType": "gp3"}},
            ],
            TagSpecifications=[
                {"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "plain"}]},
                {"ResourceType": "volume", "Tags": [{"Key": "kind", "Value": "data"}]},
            ],
        )["Instances"][0]
        assert made["State"]["Name"] == "pending"
        shown = world.until_state(made["InstanceId"], "running")
        assert shown["RootDeviceName"] == "/dev/sda1"
        assert [one["GroupName"] for one in shown["SecurityGroups"]] == ["default"]
        assert shown["Tags"] == [{"Key": "Name", "Value": "plain"}]
        ids = [one["Ebs"]["VolumeId"] for one in shown["BlockDeviceMappings"]]
        volumes = {one["Size"]: one for one in world.ec2.describe_volumes(VolumeIds=ids)["Volumes"]}
        assert sorted(volumes) == [10, 30]
        assert (volumes[30]["Iops"], volumes[30]["Throughput"]) == (4000, 125)
        assert volumes[10]["Tags"] == [{"Key": "kind", "Value": "data"}]


def test_an_instance_of_an_own_image_has_its_attributes_and_disks(world: WorldClient) -> None:
    source = world.seed(bootMode="uefi", tpm=True, volumes=[{"sizeGiB": 9}])
    snapshot = world.snapshot_set(source["instanceId"])[0]
    image = world.available_image(
        snapshot, BootMode="uefi", TpmSupport="v2.0", EnaSupport=True, ImdsSupport="v2.0"
    )
    made = world.ec2.run_instances(ImageId=image, InstanceType="t3.small", MinCount=1, MaxCount=1)[
        "Instances"
    ][0]
    shown = world.instance(made["InstanceId"])
    assert (shown["BootMode"], shown["TpmSupport"], shown["EnaSupport"]) == ("uefi", "v2.0", True)
    assert shown["MetadataOptions"]["HttpTokens"] == "required"
    (disk,) = shown["BlockDeviceMappings"]
    (volume,) = world.ec2.describe_volumes(VolumeIds=[disk["Ebs"]["VolumeId"]])["Volumes"]
    assert (volume["Size"], volume["SnapshotId"]) == (9, snapshot)


def test_filters_and_pages_of_instances(world: WorldClient) -> None:
    run = name("run")
    ids = {world.seed(tags={"run": run})["instanceId"] for _ in range(3)}
    chosen = [
        {"Name": "tag:run", "Values": [run]},
        {"Name": "instance-state-name", "Values": ["run*", "pending"]},
    ]
    pages = list(world.ec2.get_paginator("describe_instances").paginate(Filters=chosen, MaxResults=2))
    found = [
        one["InstanceId"] for page in pages for batch in page["Reservations"] for one in batch["Instances"]
    ]
    assert (set(found), len(found), len(pages)) == (ids, 3, 2)
    with refused("InvalidParameterValue"):
        world.ec2.describe_instances(Filters=[{"Name": "no-such-filter", "Values": ["x"]}])


def test_a_requested_spot_instance_is_a_one_time_one(world: WorldClient) -> None:
    made = world.ec2.request_spot_instances(
        LaunchSpecification={"ImageId": "ami-12c6146b", "InstanceType": "t3.small"}, InstanceCount=1
    )["SpotInstanceRequests"][0]
    world.until_state(made["InstanceId"], "running")
    with refused("UnsupportedOperation"):
        world.ec2.stop_instances(InstanceIds=[made["InstanceId"]])


def test_launch_template_data_describes_the_instance(world: WorldClient) -> None:
    source = world.seed(imdsv2=True, keyName="key")
    data = world.ec2.get_launch_template_data(InstanceId=source["instanceId"])["LaunchTemplateData"]
    assert (data["ImageId"], data["KeyName"]) == (source["imageId"], "key")
    assert data["MetadataOptions"]["HttpTokens"] == "required"
    assert [one["DeviceName"] for one in data["BlockDeviceMappings"]] == ["/dev/sda1", "/dev/sdf"]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"InstanceType": "t3.smal"}, "InvalidParameterValue"),
        ({"InstanceType": "q9.large"}, "InvalidParameterValue"),
        ({"InstanceType": "t2.micro", "EbsOptimized": True}, "Unsupported"),
        ({"KeyName": "no-such"}, "InvalidKeyPair.NotFound"),
        ({"IamInstanceProfile": {"Name": "no-such"}}, "InvalidParameterValue"),
        (
            {"IamInstanceProfile": {"Arn": "arn:aws:iam::123456789012:instance-profile/no-such"}},
            "InvalidParameterValue",
        ),
        ({"ImageId": "ami-x"}, "InvalidAMIID.Malformed"),
        ({"Placement": {"AvailabilityZone": "mars-1a"}}, "InvalidParameterValue"),
        ({"SecurityGroupIds": ["sg-00000000000000000"]}, "InvalidGroup.NotFound"),
        ({"SubnetId": "subnet-00000000000000000"}, "InvalidSubnetID.NotFound"),
    ],
)
def test_what_cannot_be_launched_is_refused(world: WorldClient, wrong: dict[str, Any], code: str) -> None:
    plain = {"ImageId": "ami-0123456789abcdef0", "InstanceType": "t3.small", "MinCount": 1, "MaxCount": 1}
    with refused(code):
        world.ec2.run_instances(**{**plain, **wrong})


@pytest.mark.parametrize(
    ("image", "instance_type", "code"),
    [
        ({"BootMode": "uefi"}, "t2.small", "InvalidParameterCombination"),
        ({"EnaSupport": False}, "t3.small", "InvalidParameterCombination"),
        ({"BootMode": "legacy-bios"}, "t4g.small", "InvalidParameterValue"),
        ({"VirtualizationType": "paravirtual"}, "t3.small", "InvalidParameterCombination"),
        ({"BootMode": "uefi-preferred", "TpmSupport": "v2.0"}, "t2.small", "InvalidParameterCombination"),
    ],
)
def test_an_image_that_its_type_cannot_run_is_refused(
    world: WorldClient, image: dict[str, Any], instance_type: str, code: str
) -> None:
    made = world.available_image(world.snapshot_set(world.seed()["instanceId"])[0], **image)
    with refused(code):
        world.ec2.run_instances(ImageId=made, InstanceType=instance_type, MinCount=1, MaxCount=1)


def test_a_place_that_the_launch_cannot_have_is_refused(world: WorldClient) -> None:
    plain = {"ImageId": "ami-0123456789abcdef0", "InstanceType": "t3.small", "MinCount": 1, "MaxCount": 1}
    with refused("Unsupported"):
        world.ec2.run_instances(**plain, SubnetId=world.subnet("us-east-1e"))
    own = {"Description": "x", "VpcId": world.seed()["vpcId"]}
    many = [world.ec2.create_security_group(GroupName=name("group"), **own)["GroupId"] for _ in range(6)]
    with refused("SecurityGroupsPerInterfaceLimitExceeded"):
        world.ec2.run_instances(**plain, SubnetId=world.subnet(), SecurityGroupIds=many)
    vpc, subnet = world.network()
    groups = world.seed()["securityGroupIds"]
    with refused("InvalidParameter"):
        world.ec2.run_instances(**plain, SubnetId=subnet, SecurityGroupIds=groups)
    world.ec2.associate_security_group_vpc(GroupId=groups[0], VpcId=vpc)
    filters = [{"Name": "group-id", "Values": groups}, {"Name": "vpc-id", "Values": [vpc]}]
    described = world.ec2.describe_security_group_vpc_associations(Filters=filters)
    assert [one["State"] for one in described["SecurityGroupVpcAssociations"]] == ["associated"]
    world.ec2.run_instances(**plain, SubnetId=subnet, SecurityGroupIds=groups)


def test_an_instance_profile_is_known_from_its_creation_to_its_deletion(world: WorldClient) -> None:
    iam, profile = world.client("iam"), name("profile")
    launch = {"ImageId": "ami-0123456789abcdef0", "InstanceType": "t3.small", "MinCount": 1, "MaxCount": 1}
    iam.create_instance_profile(InstanceProfileName=profile)
    world.ec2.run_instances(**launch, IamInstanceProfile={"Name": profile})
    iam.delete_instance_profile(InstanceProfileName=profile)
    with refused("InvalidParameterValue"):
        world.ec2.run_instances(**launch, IamInstanceProfile={"Name": profile})


def test_an_instance_shows_and_hands_on_what_its_launch_says(world: WorldClient) -> None:
    settings = {
        "CpuOptions": {"CoreCount": 1, "ThreadsPerCore": 1},
        "CreditSpecification": {"CpuCredits": "unlimited"},
        "LicenseSpecifications": [{"LicenseConfigurationArn": "arn:aws:license-manager:::one"}],
        "CapacityReservationSpecification": {"CapacityReservationPreference": "none"},
        "MaintenanceOptions": {"AutoRecovery": "disabled"},
        "EnclaveOptions": {"Enabled": True},
    }
    interface = {"DeviceIndex": 0, "AssociatePublicIpAddress": True, "Ipv6AddressCount": 2}
    launch = {**settings, "NetworkInterfaces": [{**interface, "InterfaceType": "efa"}]}
    source = world.seed(launch={**launch, "Placement": {"Tenancy": "dedicated", "GroupName": "close"}})
    shown = world.instance(source["instanceId"])
    assert shown["CpuOptions"] == settings["CpuOptions"]
    assert shown["Licenses"] == settings["LicenseSpecifications"]
    assert (shown["Placement"]["Tenancy"], shown["Placement"]["GroupName"]) == ("dedicated", "close")
    (primary,) = shown["NetworkInterfaces"]
    assert (primary["InterfaceType"], len(primary["Ipv6Addresses"])) == ("efa", 2)
    assert primary["Association"]["IpOwnerId"] == "amazon"
    data = world.ec2.get_launch_template_data(InstanceId=source["instanceId"])["LaunchTemplateData"]
    assert {name: data[name] for name in settings} == settings
    (answered,) = data["NetworkInterfaces"]
    assert answered["NetworkInterfaceId"] == primary["NetworkInterfaceId"]
    assert [one["Ipv6Address"] for one in answered["Ipv6Addresses"]] == ["2001:db8::1", "2001:db8::2"]


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (
            {"NetworkInterfaces": [{"DeviceIndex": 0}], "SecurityGroupIds": ["sg-0"]},
            "InvalidParameterCombination",
        ),
        (
            {
                "NetworkInterfaces": [
                    {"DeviceIndex": 0, "NetworkInterfaceId": "eni-0", "SubnetId": "subnet-0"}
                ]
            },
            "InvalidParameterCombination",
        ),
        (
            {"NetworkInterfaces": [{"DeviceIndex": 0, "AssociatePublicIpAddress": True}, {"DeviceIndex": 1}]},
            "InvalidParameterCombination",
        ),
        ({"InstanceType": "t2.micro", "EbsOptimized": True}, "Unsupported"),
        ({"CpuOptions": {"CoreCount": 64, "ThreadsPerCore": 1}}, "InvalidParameterCombination"),
        ({"InstanceType": "t2.micro", "CpuOptions": {"ThreadsPerCore": 1}}, "InvalidParameterCombination"),
    ],
)
def test_a_launch_that_ec2_refuses_is_refused(world: WorldClient, wanted: dict[str, Any], code: str) -> None:
    template = world.template(**wanted)
    with refused(code):
        world.ec2.run_instances(LaunchTemplate={"LaunchTemplateName": template}, MinCount=1, MaxCount=1)


def test_a_launch_with_a_key_pair_that_was_deleted_is_refused(world: WorldClient) -> None:
    key = name("key")
    world.ec2.create_key_pair(KeyName=key)
    template = world.template(KeyName=key)
    world.ec2.delete_key_pair(KeyName=key)
    with refused("InvalidKeyPair.NotFound"):
        world.ec2.run_instances(LaunchTemplate={"LaunchTemplateName": template}, MinCount=1, MaxCount=1)


def test_a_placement_group_has_to_be_there(world: WorldClient) -> None:
    asked = {"InstanceType": "m5.large", "MinCount": 1, "MaxCount": 1, "DryRun": True}
    launch = {"ImageId": "ami-0123456789abcdef0", "Placement": {"GroupName": "close"}}
    with refused("InvalidPlacementGroup.Unknown"):
        world.ec2.run_instances(**asked, **launch)
    with refused("InvalidPlacementGroup.Unknown"):
        world.ec2.describe_placement_groups(GroupNames=["close"])
    made = world.ec2.create_placement_group(GroupName="close", Strategy="cluster")["PlacementGroup"]
    with refused("DryRunOperation"):
        world.ec2.run_instances(**asked, **launch)
    found = world.ec2.describe_placement_groups(GroupIds=[made["GroupId"]])["PlacementGroups"]
    assert [one["GroupName"] for one in found] == ["close"]
