"""What a template keeps, what a new one gets of its source, and how each of it can be taken away."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from golden_image import events
from golden_image.errors import InvalidInput
from golden_image.group import from_source, interfaces, launch_template, proof, version_data
from golden_image.run.input_schema import properties, types
from golden_image.source import facts
from tests.unit.account import RUN
from tests.unit.golden_image.group.templates import (
    IMAGE,
    REQUIREMENTS,
    add_version,
    data,
    existing,
    make,
    plan_and_warnings,
    plan_of,
    planned,
)

if TYPE_CHECKING:
    from tests.unit.account import Account

FIELDS = properties("launchTemplate")
MODEL = boto3.client("ec2", region_name="us-east-1").meta.service_model
LICENSE = {"LicenseConfigurationArn": "arn:aws:license-manager:ap-northeast-2:123456789012:one"}
PROFILE = "arn:aws:iam::123456789012:instance-profile/theirs"
# A template as people make one.
THEIRS: dict[str, Any] = {
    "InstanceType": "m5.large",
    "IamInstanceProfile": {"Arn": PROFILE},
    "InstanceMarketOptions": {"MarketType": "spot", "SpotOptions": {"MaxPrice": "0.05"}},
    "KeyName": "theirs",
    "LicenseSpecifications": [LICENSE],
    "MetadataOptions": {"HttpTokens": "optional", "HttpPutResponseHopLimit": 3},
    "Monitoring": {"Enabled": True},
    "NetworkInterfaces": [{"DeviceIndex": 0, "AssociatePublicIpAddress": True, "Groups": ["sg-0a"]}],
    "Placement": {"GroupName": "close", "Tenancy": "dedicated"},
    "TagSpecifications": [
        {"ResourceType": "instance", "Tags": [{"Key": "Role", "Value": "web"}]},
        {"ResourceType": "network-interface", "Tags": [{"Key": "Net", "Value": "a"}]},
    ],
    "UserData": base64.b64encode(b"echo theirs").decode(),
}

pytestmark = pytest.mark.usefixtures("open_runs")


def less(content: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in content.items() if name not in {*names, "TagSpecifications"}}


def tags_of(content: dict[str, Any], kind: str) -> dict[str, str]:
    found = [one["Tags"] for one in content["TagSpecifications"] if one["ResourceType"] == kind]
    return {tag["Key"]: tag["Value"] for tags in found for tag in tags}


# A template that exists


def test_a_template_keeps_all_that_people_chose_whatever_the_source_has(account: Account) -> None:
    source_id = account.seed(instanceType="t3.small", keyName="source")
    mapping = {"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": "snap-0123456789abcdef0"}}
    existing(account, **THEIRS, BlockDeviceMappings=[mapping])
    make(source_id)
    assert less(data(account)) == {**less(THEIRS), "ImageId": IMAGE}
    assert tags_of(data(account), "instance").items() >= {("Role", "web"), ("golden-image:run", RUN)}
    assert tags_of(data(account), "volume")["golden-image:run"] == RUN
    assert tags_of(data(account), "network-interface") == {"Net": "a"}


def test_what_the_input_states_changes_and_nothing_else(account: Account) -> None:
    source_id = account.seed()
    existing(account, **THEIRS)
    make(
        source_id,
        instanceType="t3.small",
        iamInstanceProfile="mine",
        metadataOptions={"httpTokens": "required"},
        securityGroupIds=["sg-0123456789abcdef0"],
        tags={"Role": "mine"},
        userData="echo mine",
    )
    made = data(account)
    assert made["InstanceType"] == "t3.small"
    assert made["IamInstanceProfile"] == {"Name": "mine"}
    assert made["MetadataOptions"] == {"HttpTokens": "required", "HttpPutResponseHopLimit": 3}
    interface = THEIRS["NetworkInterfaces"][0]
    assert made["NetworkInterfaces"] == [{**interface, "Groups": ["sg-0123456789abcdef0"]}]
    assert "SecurityGroupIds" not in made
    assert base64.b64decode(made["UserData"]) == b"echo mine"
    assert tags_of(made, "instance")["Role"] == "mine"
    changed = ("InstanceType", "IamInstanceProfile", "MetadataOptions", "NetworkInterfaces", "UserData")
    assert less(made, *changed, "ImageId") == less(THEIRS, *changed)


def test_a_point_in_time_of_a_template_comes_through_the_plan(account: Account) -> None:
    source_id = account.seed()
    spot = {"ValidUntil": "2030-01-01T00:00:00Z", "SpotInstanceType": "one-time"}
    existing(account, InstanceMarketOptions={"MarketType": "spot", "SpotOptions": spot})
    assert "2030-01-01" in json.dumps(events.to_event(planned(source_id)))
    make(source_id)
    made = data(account)["InstanceMarketOptions"]["SpotOptions"]
    assert str(made["ValidUntil"]).startswith("2030-01-01 00:00:00")


@pytest.mark.parametrize(
    ("version", "default", "kind"),
    [("2", "1", "m5.large"), ("$Latest", "1", "c5.large"), ("$Default", "2", "m5.large")],
)
def test_a_new_version_starts_from_the_one_that_the_group_uses(
    account: Account, version: str, default: str, kind: str
) -> None:
    source_id, template_id = account.seed(), existing(account)
    add_version(account, InstanceType="m5.large")
    add_version(account, InstanceType="c5.large")
    account.client("ec2").modify_launch_template(LaunchTemplateId=template_id, DefaultVersion=default)
    account.group(LaunchTemplate={"LaunchTemplateId": template_id, "Version": version})
    plan = planned(source_id)
    make(source_id)
    assert (plan.instance_type, data(account)["InstanceType"]) == (kind, kind)
    assert plan.base_version == (3 if version == "$Latest" else 2)


@pytest.mark.parametrize("there", ["no group", "another template", "a version that is gone"])
def test_a_new_version_starts_from_the_default_one_where_the_group_has_none(
    account: Account, there: str
) -> None:
    source_id, template_id = account.seed(), existing(account)
    gone = add_version(account, InstanceType="c5.large")
    if there == "another template":
        account.group()
    if there == "a version that is gone":
        account.group(LaunchTemplate={"LaunchTemplateId": template_id, "Version": str(gone)})
        account.client("ec2").delete_launch_template_versions(
            LaunchTemplateId=template_id, Versions=[str(gone)]
        )
    assert planned(source_id).base_version == 1
    make(source_id)
    assert data(account)["InstanceType"] == "t3.small"


def test_cpu_options_that_were_chosen_for_another_type_are_kept_and_warned_of(account: Account) -> None:
    source_id = account.seed()
    existing(account, InstanceType="m5.xlarge", CpuOptions={"CoreCount": 1, "ThreadsPerCore": 1})
    plan, warnings = plan_and_warnings(source_id, instanceType="m5.4xlarge")
    assert plan.data["CpuOptions"] == {"CoreCount": 1, "ThreadsPerCore": 1}
    assert warnings == [
        "launch template 'web' keeps its CPU options (CoreCount 1, ThreadsPerCore 1), made for m5.xlarge. "
        "Set launchTemplate.cpuOptions to null to leave them to the new type."
    ]
    assert plan_and_warnings(source_id)[1] == []
    assert plan_and_warnings(source_id, instanceType="m5.4xlarge", cpuOptions=None)[1] == []


def test_a_template_without_a_type_asks_for_one(account: Account) -> None:
    source_id = account.seed()
    existing(account, InstanceRequirements=REQUIREMENTS)
    with pytest.raises(InvalidInput, match=r"launchTemplate\.instanceType: is required"):
        account.plan(source_id)
    make(source_id, instanceType="t3.small")
    assert data(account)["InstanceType"] == "t3.small"
    assert "InstanceRequirements" not in data(account)


# A new template


def test_a_new_template_has_what_the_source_has(account: Account) -> None:
    launch = {
        "CapacityReservationSpecification": {"CapacityReservationPreference": "none"},
        "CpuOptions": {"CoreCount": 1, "ThreadsPerCore": 1},
        "CreditSpecification": {"CpuCredits": "unlimited"},
        "EnclaveOptions": {"Enabled": True},
        "HibernationOptions": {"Configured": True},
        "LicenseSpecifications": [LICENSE],
        "MaintenanceOptions": {"AutoRecovery": "disabled"},
        "NetworkInterfaces": [
            {
                "DeviceIndex": 0,
                "AssociatePublicIpAddress": True,
                "InterfaceType": "efa",
                "Ipv6AddressCount": 2,
            }
        ],
        "Placement": {"GroupName": "close", "Tenancy": "dedicated"},
    }
    source_id = account.seed(launch=launch, keyName="ops", instanceProfile="web")
    instance = facts.find(source_id)
    plan, warnings = plan_and_warnings(source_id)
    carried = {name: value for name, value in launch.items() if name != "NetworkInterfaces"}
    assert {name: plan.data[name] for name in carried} == carried
    groups = [group["GroupId"] for group in instance["SecurityGroups"]]
    assert plan.data["NetworkInterfaces"] == [
        {
            "DeviceIndex": 0,
            "Groups": groups,
            "DeleteOnTermination": True,
            "InterfaceType": "efa",
            "AssociatePublicIpAddress": True,
            "Ipv6AddressCount": 2,
        }
    ]
    assert "SecurityGroupIds" not in plan.data
    assert plan.security_group_ids == tuple(groups)
    assert (plan.key_name, plan.instance_type) == ("ops", "t3.small")
    assert plan.iam_instance_profile == instance["IamInstanceProfile"]["Arn"]
    assert warnings == []


def test_what_belongs_to_the_source_alone_is_left_and_warned_of_by_name(account: Account) -> None:
    placement = {"Tenancy": "host", "HostId": "h-0", "Affinity": "host", "PartitionNumber": 2}
    source_id = account.seed(launch={"DisableApiTermination": True, "Placement": placement})
    account.client("ec2").modify_instance_attribute(InstanceId=source_id, SourceDestCheck={"Value": False})
    plan, (warning,) = plan_and_warnings(source_id)
    assert plan.data["Placement"] == {"Tenancy": "host"}
    assert warning == (
        "the launch template does not carry over the source's termination protection, Dedicated Host, "
        "host affinity, partition, source/destination check that is off."
    )


def test_bandwidth_weighting_is_that_of_the_sources_type(account: Account) -> None:
    source_id = account.seed(launch={"NetworkPerformanceOptions": {"BandwidthWeighting": "vpc-1"}})
    plan, (warning,) = plan_and_warnings(source_id, instanceType="t3.large")
    assert "NetworkPerformanceOptions" not in plan.data
    assert "bandwidth weighting, which is that of t3.small" in warning
    assert planned(source_id).data["NetworkPerformanceOptions"] == {"BandwidthWeighting": "vpc-1"}


@pytest.mark.parametrize("is_new", [True, False])
def test_tags_of_the_group_are_the_instances_too(account: Account, is_new: bool) -> None:
    def own(number: int, propagated: bool) -> list[dict[str, Any]]:
        more = {"ResourceId": "web", "ResourceType": "auto-scaling-group", "PropagateAtLaunch": propagated}
        return [{"Key": f"{propagated}-{one}", "Value": "x", **more} for one in range(number)]

    if not is_new:
        existing(account)
    account.group(DesiredCapacity=0, Tags=own(46, propagated=True))
    wanted = {"tags": {"role": "web"}}
    source_id = account.seed()
    account.plan(source_id, launchTemplate=wanted)
    account.plan(source_id, launchTemplate=wanted, group={"tags": {"True-0": "y"}})
    with pytest.raises(InvalidInput, match=r"launchTemplate\.tags: make 51 with those of"):
        account.plan(source_id, launchTemplate=wanted, group={"tags": {"team": "y"}})
    autoscaling = account.client("autoscaling")
    autoscaling.delete_tags(Tags=own(46, propagated=True))
    autoscaling.create_or_update_tags(Tags=own(50, propagated=False))
    account.plan(source_id, launchTemplate=wanted, group={"tags": {}})


def test_ids_addresses_and_zone_of_the_source_are_in_no_new_template(account: Account) -> None:
    interfaces = [{"DeviceIndex": 0, "Ipv6AddressCount": 1}]
    source_id = account.seed(launch={"NetworkInterfaces": interfaces})
    instance = facts.find(source_id)
    make(source_id)
    text = json.dumps(data(account))
    alone = [
        instance["SubnetId"],
        instance["PrivateIpAddress"],
        instance["NetworkInterfaces"][0]["NetworkInterfaceId"],
        instance["NetworkInterfaces"][0]["Ipv6Addresses"][0]["Ipv6Address"],
        instance["Placement"]["AvailabilityZone"],
        instance["ImageId"],
        "BlockDeviceMappings",
    ]
    assert [one for one in alone if one in text] == []


def test_what_ec2_does_by_itself_is_not_stated(account: Account) -> None:
    assert set(planned(account.seed()).data) == {
        "EbsOptimized",
        "InstanceInitiatedShutdownBehavior",
        "InstanceType",
        "MetadataOptions",
        "Monitoring",
        "NetworkInterfaces",
        "PrivateDnsNameOptions",
    }
    assert set(planned(account.seed(state="stopped")).data) >= {"SecurityGroupIds"}


@pytest.mark.parametrize(
    ("source", "stated"),
    [
        ({}, False),
        ({"launch": {"NetworkInterfaces": [{"DeviceIndex": 0, "AssociatePublicIpAddress": True}]}}, True),
        ({"state": "stopped"}, None),
    ],
)
def test_instances_have_a_public_address_only_if_the_source_has_one(
    account: Account, source: dict[str, Any], stated: bool | None
) -> None:
    source_id = account.seed(**source)
    plan = planned(source_id)
    assert interfaces.public_address(plan.data) is stated
    groups = [group["GroupId"] for group in facts.find(source_id)["SecurityGroups"]]
    assert plan.security_group_ids == tuple(groups)
    assert planned(source_id, networkInterfaces=None).data["SecurityGroupIds"] == groups


@pytest.mark.parametrize(
    "of_interface",
    [{"Association": {"IpOwnerId": "123456789012", "PublicIp": "203.0.113.7"}}, {"PrivateIpAddress": None}],
    ids=["elastic", "only-ipv6"],
)
def test_a_public_address_that_would_be_the_sources_is_not_seen_behind(
    account: Account, of_interface: dict[str, Any]
) -> None:
    instance: Any = facts.find(account.seed())
    (primary,) = instance["NetworkInterfaces"]
    primary.update(of_interface)
    instance["NetworkInterfaces"] = [{name: value for name, value in primary.items() if value is not None}]
    assert "NetworkInterfaces" not in plan_of(instance)[0].data


def test_further_interfaces_are_taken_only_of_the_elastic_fabric(account: Account) -> None:
    source_id = account.seed()
    instance: Any = facts.find(source_id)
    (primary,) = instance["NetworkInterfaces"]
    primary["Association"] = {"IpOwnerId": "amazon", "PublicIp": "203.0.113.7"}
    place = {"NetworkCardIndex": 1, "DeviceIndex": 1}
    fabric = {**primary, "Attachment": place, "InterfaceType": "efa-only", "Association": {}}
    plain = {**primary, "Attachment": {"DeviceIndex": 2}, "Association": {}}
    instance["NetworkInterfaces"] = [fabric, plain, primary]
    plan, (warning,) = plan_of(instance)
    first, second = plan.data["NetworkInterfaces"]
    assert (first["DeviceIndex"], "AssociatePublicIpAddress" in first) == (0, False)
    assert (second["NetworkCardIndex"], second["InterfaceType"]) == (1, "efa-only")
    assert warning.endswith("further network interfaces, public address beside several interfaces.")


def test_addresses_and_prefixes_of_an_interface_are_counted_and_its_settings_taken(account: Account) -> None:
    instance: Any = facts.find(account.seed())
    (primary,) = instance["NetworkInterfaces"]
    timeouts, ena = {"TcpEstablishedTimeout": 350}, {"EnaSrdEnabled": True}
    primary |= {
        "Association": {"CarrierIp": "203.0.113.7", "IpOwnerId": "123456789012"},
        "Attachment": {"DeviceIndex": 0, "EnaQueueCount": 4, "EnaSrdSpecification": ena},
        "ConnectionTrackingConfiguration": timeouts,
        "Ipv4Prefixes": [{"Ipv4Prefix": "10.0.0.0/28"}],
        "Ipv6Addresses": [{"Ipv6Address": "2001:db8::1", "IsPrimaryIpv6": True}],
        "Ipv6Prefixes": [{"Ipv6Prefix": "2001:db8::/80"}, {"Ipv6Prefix": "2001:db8:1::/80"}],
        "PrivateIpAddresses": [{"Primary": True}, {"Primary": False}, {"Primary": False}],
    }
    (made,) = plan_of(instance)[0].data["NetworkInterfaces"]
    assert made == {
        "AssociateCarrierIpAddress": True,
        "ConnectionTrackingSpecification": timeouts,
        "DeleteOnTermination": True,
        "DeviceIndex": 0,
        "EnaQueueCount": 4,
        "EnaSrdSpecification": ena,
        "Groups": [group["GroupId"] for group in primary["Groups"]],
        "Ipv4PrefixCount": 1,
        "Ipv6AddressCount": 1,
        "Ipv6PrefixCount": 2,
        "PrimaryIpv6": True,
        "SecondaryPrivateIpAddressCount": 2,
    }


@pytest.mark.parametrize(
    ("kind", "lost"),
    [
        ("t3.large", "CPU options, which are those of t3.small"),
        ("m5.large", "CPU options, which are those of t3.small, CPU credits, which m5.large does not have"),
    ],
)
def test_cpu_options_of_the_source_do_not_bind_another_type(account: Account, kind: str, lost: str) -> None:
    launch = {"CpuOptions": {"ThreadsPerCore": 1}, "CreditSpecification": {"CpuCredits": "unlimited"}}
    plan, warnings = plan_and_warnings(account.seed(launch=launch), instanceType=kind)
    assert "CpuOptions" not in plan.data
    assert ("CreditSpecification" in plan.data) == (kind == "t3.large")
    assert warnings == [f"the launch template does not carry over the source's {lost}."]


def test_imdsv2_is_required_of_a_new_template_unless_the_input_says_otherwise(account: Account) -> None:
    source_id = account.seed()
    assert facts.find(source_id)["MetadataOptions"]["HttpTokens"] == "optional"
    assert planned(source_id).data["MetadataOptions"]["HttpTokens"] == "required"
    optional = {"httpTokens": "optional", "httpPutResponseHopLimit": 2}
    options = planned(source_id, metadataOptions=optional).data["MetadataOptions"]
    assert (options["HttpTokens"], options["HttpPutResponseHopLimit"]) == ("optional", 2)


def test_user_data_and_tags_are_no_part_of_a_plan(account: Account) -> None:
    source_id = account.seed(userData="secret", tags={"Team": "secret"})
    for wanted in ({}, {"userData": "secret"}, {"userData": None}):
        assert "secret" not in json.dumps(events.to_event(planned(source_id, **wanted)))
    existing(account, UserData=base64.b64encode(b"secret").decode())
    plan = planned(source_id)
    assert "UserData" not in plan.data
    assert events.from_event(type(plan), json.loads(json.dumps(events.to_event(plan)))) == plan


def members(*path: str) -> set[str]:
    shape: Any = MODEL.shape_for("ResponseLaunchTemplateData")
    for name in path:
        shape = shape.members[name]
        shape = getattr(shape, "member", shape)
    return set(shape.members)


def test_every_setting_of_an_instance_is_taken_or_has_a_reason_not_to_be() -> None:
    carried, left = set(from_source.CARRIED), set(from_source.NOT_CARRIED)
    assert carried | left == members()
    assert not carried & left
    of_the_source = {
        "Affinity",
        "AvailabilityZone",
        "AvailabilityZoneId",
        "HostId",
        "PartitionNumber",
        "SpreadDomain",
    }
    assert set(from_source.PLACEMENT) | of_the_source == members("Placement")


def test_every_setting_of_an_interface_is_counted_taken_or_the_sources_alone() -> None:
    counted = {"Ipv4PrefixCount", "Ipv6PrefixCount", "Ipv6AddressCount", "SecondaryPrivateIpAddressCount"}
    taken = {
        "AssociateCarrierIpAddress",
        "AssociatePublicIpAddress",
        "ConnectionTrackingSpecification",
        "DeleteOnTermination",
        "DeviceIndex",
        "EnaQueueCount",
        "EnaSrdSpecification",
        "Groups",
        "InterfaceType",
        "NetworkCardIndex",
        "PrimaryIpv6",
    }
    of_the_source = {
        "Description",
        "Ipv4Prefixes",
        "Ipv6Addresses",
        "Ipv6Prefixes",
        "NetworkInterfaceId",
        "PrivateIpAddress",
        "PrivateIpAddresses",
        "SubnetId",
    }
    assert counted | taken | of_the_source == members("NetworkInterfaces")


# The way out


# Each setting that a template can have, by the field that takes it away.
SET: dict[str, tuple[str, Any]] = {
    "capacityReservationSpecification": (
        "CapacityReservationSpecification",
        {"CapacityReservationPreference": "none"},
    ),
    "cpuOptions": ("CpuOptions", {"CoreCount": 1, "ThreadsPerCore": 1}),
    "creditSpecification": ("CreditSpecification", {"CpuCredits": "unlimited"}),
    "disableApiStop": ("DisableApiStop", True),
    "disableApiTermination": ("DisableApiTermination", True),
    "ebsOptimized": ("EbsOptimized", True),
    "elasticGpuSpecifications": ("ElasticGpuSpecifications", [{"Type": "eg1.medium"}]),
    "elasticInferenceAccelerators": ("ElasticInferenceAccelerators", [{"Type": "eia1.medium"}]),
    "enclaveOptions": ("EnclaveOptions", {"Enabled": True}),
    "hibernationOptions": ("HibernationOptions", {"Configured": True}),
    "iamInstanceProfile": ("IamInstanceProfile", {"Name": "theirs"}),
    "instanceInitiatedShutdownBehavior": ("InstanceInitiatedShutdownBehavior", "terminate"),
    "instanceMarketOptions": ("InstanceMarketOptions", {"MarketType": "spot"}),
    "kernelId": ("KernelId", "aki-0123456789abcdef0"),
    "keyName": ("KeyName", "theirs"),
    "licenseSpecifications": ("LicenseSpecifications", [LICENSE]),
    "maintenanceOptions": ("MaintenanceOptions", {"AutoRecovery": "disabled"}),
    "metadataOptions": ("MetadataOptions", {"HttpTokens": "required"}),
    "monitoring": ("Monitoring", {"Enabled": True}),
    "networkInterfaces": ("NetworkInterfaces", [{"DeviceIndex": 0, "Ipv6AddressCount": 1}]),
    "networkPerformanceOptions": ("NetworkPerformanceOptions", {"BandwidthWeighting": "vpc-1"}),
    "placement": ("Placement", {"Tenancy": "dedicated"}),
    "privateDnsNameOptions": ("PrivateDnsNameOptions", {"HostnameType": "resource-name"}),
    "ramDiskId": ("RamDiskId", "ari-0123456789abcdef0"),
    "secondaryInterfaces": ("SecondaryInterfaces", [{"DeviceIndex": 1}]),
    "securityGroupIds": ("SecurityGroupIds", ["sg-0123456789abcdef0"]),
    "userData": ("UserData", base64.b64encode(b"echo theirs").decode()),
}


def test_every_setting_of_a_template_has_a_field_that_takes_it_away() -> None:
    # The image and its volumes are the run's. A type and security groups by name go by stating others.
    others = {"ImageId", "BlockDeviceMappings", "InstanceType", "InstanceRequirements", "SecurityGroups"}
    fields = {field for field, part in FIELDS.items() if "null" in types(part)} | {"tags"}
    assert fields == {*SET, "tags"}
    reached = {member for member, _ in SET.values()} | {"TagSpecifications", "Operator"}
    assert reached | others == set(MODEL.shape_for("RequestLaunchTemplateData").members)


@pytest.mark.parametrize("field", SET)
def test_null_takes_a_setting_away(account: Account, field: str) -> None:
    member, value = SET[field]
    source_id = account.seed()
    existing(account, **{member: value})
    assert member in planned(source_id).data or member == "UserData"
    make(source_id, **{field: None})
    assert member not in data(account)


def test_null_takes_away_what_a_source_would_give(account: Account) -> None:
    launch = {"NetworkInterfaces": [{"DeviceIndex": 0, "AssociatePublicIpAddress": True}]}
    source_id = account.seed(keyName="ops", instanceProfile="web", userData="echo", launch=launch)
    groups = list(planned(source_id).security_group_ids)
    gone = ("keyName", "iamInstanceProfile", "userData", "monitoring", "metadataOptions", "networkInterfaces")
    make(source_id, **dict.fromkeys(gone))
    assert not {version_data.member(field) for field in gone} & set(data(account))
    assert data(account)["SecurityGroupIds"] == groups


def test_null_takes_one_option_of_the_metadata_away(account: Account) -> None:
    source_id = account.seed()
    existing(account, MetadataOptions={"HttpTokens": "required", "HttpPutResponseHopLimit": 2})
    make(source_id, metadataOptions={"httpTokens": None})
    assert data(account)["MetadataOptions"] == {"HttpPutResponseHopLimit": 2}


def test_null_takes_the_tags_of_the_template_away(account: Account) -> None:
    source_id = account.seed()
    existing(account, TagSpecifications=THEIRS["TagSpecifications"])
    make(source_id, tags=None)
    assert "Role" not in tags_of(data(account), "instance")
    assert tags_of(data(account), "instance")["golden-image:run"] == RUN


def test_tags_that_are_too_many_with_those_of_the_template_are_refused(account: Account) -> None:
    source_id = account.seed()
    theirs = [{"Key": f"theirs-{number}", "Value": ""} for number in range(45)]
    existing(account, TagSpecifications=[{"ResourceType": "instance", "Tags": theirs}])
    planned(source_id, tags={"mine-1": "", "mine-2": "", "theirs-1": "mine"})
    more = {f"mine-{number}": "" for number in range(3)}
    with pytest.raises(InvalidInput, match=r"launchTemplate\.tags: make 51 with those of launch template"):
        planned(source_id, tags=more)
    make(source_id, tags=None)


def test_security_groups_of_an_interface_go_too(account: Account) -> None:
    source_id = account.seed()
    existing(account, NetworkInterfaces=THEIRS["NetworkInterfaces"])
    make(source_id, securityGroupIds=None)
    assert data(account)["NetworkInterfaces"] == [{"DeviceIndex": 0, "AssociatePublicIpAddress": True}]


def test_a_source_whose_key_pair_was_deleted_launches_without_one(account: Account) -> None:
    ec2 = account.client("ec2")
    ec2.create_key_pair(KeyName="gone")
    source_id = account.seed(keyName="gone")
    ec2.delete_key_pair(KeyName="gone")
    plan = planned(source_id, keyName=None)
    image = facts.find(source_id)["ImageId"]
    made = launch_template.create(RUN, source_id, plan, image, None)
    proof.prove(made, plan.subnet_ids)
    assert "KeyName" not in data(account)


def test_a_null_only_field_takes_no_value(account: Account) -> None:
    with pytest.raises(InvalidInput, match=r"launchTemplate\.cpuOptions: must be null"):
        planned(account.seed(), cpuOptions={"CoreCount": 1})
