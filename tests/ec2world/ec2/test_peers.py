"""What moto's tests and AWS's examples found to be otherwise in the world."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.ec2world.client import WorldClient, name, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.exceptions import ClientError

IMAGE = "ami-12c6146b"


def launched(world: WorldClient, **more: Any) -> dict[str, Any]:
    stated = {"ImageId": IMAGE, "InstanceType": "t3.small", "MinCount": 1, "MaxCount": 1}
    made = world.ec2.run_instances(**{**stated, **more})["Instances"][0]
    return world.until_state(made["InstanceId"], "running")


def message(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Message"])


def test_a_template_takes_user_data_that_a_launch_refuses(world: WorldClient) -> None:
    template = world.template(UserData="not base64!")
    for dry in (True, False):
        with refused("InvalidUserData.Malformed"):
            world.ec2.run_instances(
                LaunchTemplate={"LaunchTemplateName": template}, MinCount=1, MaxCount=1, DryRun=dry
            )


def test_versions_without_a_template_are_the_moving_ones_only(world: WorldClient) -> None:
    with refused("MissingParameter"):
        world.ec2.describe_launch_template_versions()
    with refused("InvalidParameterValue"):
        world.ec2.describe_launch_template_versions(Versions=["1"])


def test_a_template_is_changed_by_its_id_or_its_name(world: WorldClient) -> None:
    template = world.template()
    with refused("InvalidParameterCombination"):
        world.ec2.modify_launch_template(
            LaunchTemplateId="lt-0", LaunchTemplateName=template, DefaultVersion="1"
        )
    with refused("MissingParameter"):
        world.ec2.delete_launch_template()
    with refused("InvalidLaunchTemplateId.VersionNotFound") as error:
        world.ec2.modify_launch_template(LaunchTemplateName=template, DefaultVersion="2")
    assert message(error) == "The launch template version 2 is not found for the specified launch template."


def test_a_template_is_tagged_as_a_template(world: WorldClient) -> None:
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "b"}]}]
    with refused("InvalidParameter"):
        world.ec2.create_launch_template(
            LaunchTemplateName=name("template"),
            LaunchTemplateData={"InstanceType": "t3.small"},
            TagSpecifications=tags,
        )


def test_a_dry_run_of_a_read_is_refused(world: WorldClient) -> None:
    for read in (world.ec2.describe_images, world.ec2.describe_instances, world.ec2.describe_snapshots):
        with refused("DryRunOperation"):
            read(DryRun=True)


def test_the_status_of_an_instance_has_its_id(world: WorldClient) -> None:
    instance = launched(world)["InstanceId"]
    found = world.ec2.describe_instance_status(InstanceIds=[instance])["InstanceStatuses"]
    assert [one["InstanceId"] for one in found] == [instance]


def test_all_instance_types_are_described(world: WorldClient) -> None:
    assert world.ec2.describe_instance_types()["InstanceTypes"]
    assert world.ec2.describe_instance_type_offerings()["InstanceTypeOfferings"]


def test_a_subnet_may_have_ipv6_addresses(world: WorldClient) -> None:
    vpc = world.ec2.create_vpc(CidrBlock="10.3.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]
    shown = world.ec2.describe_vpcs(VpcIds=[vpc["VpcId"]])["Vpcs"][0]
    block = shown["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"].replace("/56", "/64")
    subnet = world.ec2.create_subnet(VpcId=vpc["VpcId"], CidrBlock="10.3.0.0/24", Ipv6CidrBlock=block)
    assert subnet["Subnet"]["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlockState"]["State"] == "associated"


@pytest.fixture
def subnet(world: WorldClient) -> Iterator[str]:
    """A default subnet's id, which gives public addresses."""
    chosen = world.subnet()
    yield chosen
    world.ec2.modify_subnet_attribute(SubnetId=chosen, MapPublicIpOnLaunch={"Value": True})


def test_an_instance_has_a_public_address_where_its_subnet_gives_one(world: WorldClient, subnet: str) -> None:
    assert "PublicIpAddress" in launched(world, SubnetId=subnet)
    interface = {"DeviceIndex": 0, "SubnetId": subnet, "AssociatePublicIpAddress": False}
    assert "PublicIpAddress" not in launched(world, NetworkInterfaces=[interface])
    world.ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": False})
    assert "PublicIpAddress" not in launched(world, SubnetId=subnet)


def test_a_stopped_instance_shows_no_public_address_and_gets_one_when_it_starts(
    world: WorldClient, subnet: str
) -> None:
    instance = launched(world, SubnetId=subnet)["InstanceId"]
    world.ec2.stop_instances(InstanceIds=[instance])
    stopped = world.until_state(instance, "stopped")
    assert "PublicIpAddress" not in stopped
    assert "Association" not in stopped["NetworkInterfaces"][0]
    world.ec2.start_instances(InstanceIds=[instance])
    started = world.until_state(instance, "running")
    assert started["NetworkInterfaces"][0]["Association"]["IpOwnerId"] == "amazon"


def test_an_elastic_ip_takes_the_place_of_amazons_address(world: WorldClient, subnet: str) -> None:
    instance = launched(world, SubnetId=subnet)["InstanceId"]
    address = world.ec2.allocate_address(Domain="vpc")
    world.ec2.associate_address(InstanceId=instance, AllocationId=address["AllocationId"])
    shown = world.instance(instance)
    (interface,) = shown["NetworkInterfaces"]
    assert shown["PublicIpAddress"] == interface["Association"]["PublicIp"] == address["PublicIp"]
    assert interface["Association"]["IpOwnerId"] != "amazon"
    world.ec2.stop_instances(InstanceIds=[instance])
    assert world.until_state(instance, "stopped")["PublicIpAddress"] == address["PublicIp"]


def test_a_seeded_source_has_a_public_address_only_if_its_launch_says_so(world: WorldClient) -> None:
    private = world.instance(world.seed()["instanceId"])
    assert "PublicIpAddress" not in private
    interface = {"DeviceIndex": 0, "SubnetId": private["SubnetId"], "AssociatePublicIpAddress": True}
    public = world.seed(launch={"NetworkInterfaces": [interface]}, state="running")["instanceId"]
    assert "PublicIpAddress" in world.instance(public)
    stopped = world.seed(launch={"NetworkInterfaces": [interface]}, state="stopped")["instanceId"]
    assert "PublicIpAddress" not in world.instance(stopped)


def test_a_subnet_is_in_the_first_zone_unless_it_says_so(world: WorldClient) -> None:
    vpc = world.ec2.create_vpc(CidrBlock="10.4.0.0/16")["Vpc"]["VpcId"]
    for block, more, zone in (
        ("10.4.0.0/24", {}, "us-east-1a"),
        ("10.4.1.0/24", {"AvailabilityZone": "us-east-1c"}, "us-east-1c"),
    ):
        made = world.ec2.create_subnet(VpcId=vpc, CidrBlock=block, **more)["Subnet"]
        assert made["AvailabilityZone"] == zone


def test_a_private_address_is_of_the_subnet(world: WorldClient) -> None:
    with refused("InvalidParameterValue"):
        launched(world, SubnetId=world.subnet(), PrivateIpAddress="10.255.0.1")


def test_a_launch_has_as_many_ipv6_addresses_as_it_says(world: WorldClient) -> None:
    interfaces = launched(world, Ipv6AddressCount=2)["NetworkInterfaces"]
    assert len(interfaces[0]["Ipv6Addresses"]) == 2


def test_a_list_of_instances_may_not_be_empty(world: WorldClient) -> None:
    for change in (world.ec2.terminate_instances, world.ec2.stop_instances, world.ec2.start_instances):
        with refused("InvalidParameterCombination"):
            change(InstanceIds=[])


def test_filters_take_brackets_as_they_are(world: WorldClient) -> None:
    value = name('["a", "b"]')
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "list", "Value": value}]}]
    instance = launched(world, TagSpecifications=tags)["InstanceId"]
    for wanted in (value, value.replace('"a"', "*"), value.replace("b", "?")):
        found = world.ec2.describe_instances(Filters=[{"Name": "tag:list", "Values": [wanted]}])
        assert [one["InstanceId"] for one in found["Reservations"][0]["Instances"]] == [instance]


@pytest.mark.parametrize("key", ["instance.group-name", "private-dns-name", "dns-name"])
def test_instances_are_found_by_group_and_dns_name(world: WorldClient, key: str) -> None:
    instance = launched(world)
    values = {
        "instance.group-name": instance["SecurityGroups"][0]["GroupName"],
        "private-dns-name": instance["PrivateDnsName"],
        "dns-name": instance["PublicDnsName"],
    }
    found = world.ec2.describe_instances(Filters=[{"Name": key, "Values": [values[key]]}])
    ids = [one["InstanceId"] for reservation in found["Reservations"] for one in reservation["Instances"]]
    assert instance["InstanceId"] in ids


def test_attributes_are_named_as_in_the_reference(world: WorldClient) -> None:
    with refused("InvalidParameterValue"):
        world.ec2.describe_instance_attribute(InstanceId=launched(world)["InstanceId"], Attribute="Kernel")


def test_a_volume_shows_its_operations_and_whether_it_goes_with_its_instance(world: WorldClient) -> None:
    made = [
        world.ec2.create_volume(AvailabilityZone="us-east-1a", Size=size, VolumeType="gp2")["Iops"]
        for size in (8, 100, 16_000)
    ]
    assert made == [100, 300, 16_000]
    source = world.seed(volumes=[{"sizeGiB": 8}])
    by_hand = world.attach_volume(source)
    mine = {"Name": "attachment.instance-id", "Values": [source["instanceId"]]}
    kept = {"Name": "attachment.delete-on-termination", "Values": ["false"]}
    found = world.ec2.describe_volumes(Filters=[mine, kept])["Volumes"]
    assert [one["VolumeId"] for one in found] == [by_hand]
    assert found[0]["Attachments"][0]["DeleteOnTermination"] is False


def test_a_public_key_is_shown_where_it_is_asked_for(world: WorldClient) -> None:
    key = name("key")
    world.ec2.create_key_pair(KeyName=key)
    assert "PublicKey" not in world.ec2.describe_key_pairs(KeyNames=[key])["KeyPairs"][0]
    asked = world.ec2.describe_key_pairs(KeyNames=[key], IncludePublicKey=True)["KeyPairs"][0]
    assert asked["PublicKey"]


def test_spot_instances_can_be_requested(world: WorldClient) -> None:
    asked = world.ec2.request_spot_instances(
        SpotPrice="0.03", LaunchSpecification={"ImageId": IMAGE, "InstanceType": "t3.small"}
    )["SpotInstanceRequests"][0]
    assert asked["LaunchSpecification"]["Monitoring"] == {"Enabled": False}


def test_template_data_of_an_instance_without_tags_makes_a_template(world: WorldClient) -> None:
    instance = launched(world)["InstanceId"]
    data = world.ec2.get_launch_template_data(InstanceId=instance)["LaunchTemplateData"]
    world.ec2.create_launch_template(LaunchTemplateName=name("template"), LaunchTemplateData=data)
