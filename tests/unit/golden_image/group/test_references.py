"""Everything that the new version and the group will use is looked up while planning, and told at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from golden_image.aws import named_errors
from golden_image.errors import InvalidInput, KeyNotGranted, RequestRefused, ResourceBusy, ServiceUnavailable
from tests.unit.account import ACCOUNT_ID, BLUE, REGION
from tests.unit.golden_image.group.templates import REQUIREMENTS, asked_in, existing

if TYPE_CHECKING:
    from golden_image.model.plan import Plan
    from tests.unit.account import Account

NO_SUBNET, NO_GROUP = "subnet-0123456789abcdef0", "sg-0123456789abcdef0"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:web"
PROFILE = f"arn:aws:iam::{ACCOUNT_ID}:instance-profile"


def refused(account: Account, source_id: str, **wanted: Any) -> dict[str, str]:
    """What is wrong, by field, once it is known that nothing was changed."""
    account.forget_calls()
    with pytest.raises(InvalidInput) as raised:
        account.plan(source_id, **wanted)
    assert account.changes() == []
    return {error.field: error.message for error in raised.value.fields}


def subnet_of(account: Account, zone: str, vpc_id: str | None = None) -> str:
    """A subnet in a zone: the default one, or a new one of a VPC."""
    ec2 = account.client("ec2")
    if vpc_id:
        made = ec2.create_subnet(VpcId=vpc_id, CidrBlock="10.9.0.0/28", AvailabilityZone=f"{REGION}{zone}")
        found = made["Subnet"]
    else:
        zones = [{"Name": "availability-zone", "Values": [f"{REGION}{zone}"]}]
        found = ec2.describe_subnets(Filters=zones)["Subnets"][0]
    subnet_id: str = found["SubnetId"]
    return subnet_id


@pytest.fixture
def vpc(account: Account) -> str:
    """Another VPC than the default one."""
    made: str = account.client("ec2").create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    return made


def security_groups(account: Account, vpc_id: str, number: int = 1) -> list[str]:
    """New security groups of a VPC."""
    ec2 = account.client("ec2")
    return [
        ec2.create_security_group(GroupName=f"own-{one}", Description="own", VpcId=vpc_id)["GroupId"]
        for one in range(number)
    ]


def test_one_refusal_lists_all_that_is_wrong(account: Account) -> None:
    wrong = refused(
        account,
        account.seed(),
        launchTemplate={
            "instanceType": "t3.smal",
            "keyName": "lost",
            "securityGroupIds": [NO_GROUP],
            "iamInstanceProfile": "lost",
        },
        group={"subnetIds": [NO_SUBNET], "notificationTopicArn": TOPIC},
    )
    assert sorted(wrong) == [
        "group.notificationTopicArn",
        "group.subnetIds",
        "launchTemplate.iamInstanceProfile",
        "launchTemplate.instanceType",
        "launchTemplate.keyName",
        "launchTemplate.securityGroupIds",
    ]
    assert account.calls("RunInstances") == []


def test_sizes_and_target_groups_of_the_group_are_listed_with_the_rest(account: Account) -> None:
    account.group(TargetGroupARNs=[BLUE], MaxSize=2, DesiredCapacity=0)
    account.client("elbv2").delete_target_group(TargetGroupArn=BLUE)
    wrong = refused(
        account,
        account.seed(),
        rollout="recreate",
        launchTemplate={"keyName": "lost"},
        group={"minSize": 3},
    )
    assert sorted(wrong) == ["group", "group.targetGroupArns", "launchTemplate.keyName"]


def test_a_version_without_a_type_and_with_too_many_tags_is_listed_with_the_rest(account: Account) -> None:
    own = [{"Key": f"own-{one}", "Value": "x"} for one in range(48)]
    existing(
        account,
        InstanceRequirements=REQUIREMENTS,
        TagSpecifications=[{"ResourceType": "instance", "Tags": own}],
    )
    wrong = refused(
        account,
        account.seed(),
        launchTemplate={"keyName": "lost"},
        group={"subnetIds": [NO_SUBNET], "notificationTopicArn": TOPIC},
    )
    assert sorted(wrong) == [
        "group.notificationTopicArn",
        "group.subnetIds",
        "launchTemplate.instanceType",
        "launchTemplate.keyName",
        "launchTemplate.tags",
    ]
    assert wrong["launchTemplate.instanceType"] == "is required: launch template 'web' would have none"
    assert wrong["launchTemplate.tags"].startswith(
        "make 51 with those of launch template 'web', of the group"
    )
    assert account.calls("RunInstances") == []


def test_what_exists_is_planned(account: Account) -> None:
    account.make_named()
    plan = account.plan(
        account.seed(),
        launchTemplate={"instanceType": "m5.large", "keyName": "ops", "iamInstanceProfile": "web-server"},
        group={"subnetIds": account.subnets(), "notificationTopicArn": TOPIC},
    )
    assert plan.warnings == ()
    (trial,) = account.calls("RunInstances")
    assert trial["DryRun"]
    assert (trial["InstanceType"], trial["KeyName"]) == ("m5.large", "ops")
    assert trial["ImageId"] == plan.source.image_id
    assert "IamInstanceProfile" not in trial


# Names


def test_the_sources_own_key_pair_and_profile_may_be_gone(account: Account) -> None:
    source_id = account.seed(keyName="old", instanceProfile="old")
    account.client("ec2").delete_key_pair(KeyName="old")
    iam = account.client("iam")
    iam.remove_role_from_instance_profile(InstanceProfileName="old", RoleName="old")
    wrong = refused(account, source_id)
    assert list(wrong) == ["launchTemplate.keyName", "launchTemplate.iamInstanceProfile"]
    assert "'old', taken over from the source, does not exist" in wrong["launchTemplate.keyName"]
    assert "has no role" in wrong["launchTemplate.iamInstanceProfile"]
    iam.delete_instance_profile(InstanceProfileName="old")
    wrong = refused(account, source_id)
    assert "taken over from the source, does not exist" in wrong["launchTemplate.iamInstanceProfile"]


@pytest.mark.parametrize(
    "profile",
    [
        "arn:aws:iam::999999999999:instance-profile/web",
        f"arn:aws-cn:iam::{ACCOUNT_ID}:instance-profile/web",
        f"{PROFILE}/web",
        f"{PROFILE}/other/web",
    ],
)
def test_an_arn_names_exactly_one_profile(account: Account, profile: str) -> None:
    account.make_profile("web", path="/team/")
    template = {"iamInstanceProfile": profile}
    assert list(refused(account, account.seed(), launchTemplate=template)) == [
        "launchTemplate.iamInstanceProfile"
    ]


@pytest.mark.parametrize("profile", [f"{PROFILE}/team/web", "web"])
def test_a_profile_may_have_a_path(account: Account, profile: str) -> None:
    account.make_profile("web", path="/team/")
    plan = account.plan(account.seed(), launchTemplate={"iamInstanceProfile": profile})
    assert plan.launch_template.iam_instance_profile == profile


@pytest.mark.parametrize("by", ["GroupName", "GroupId"])
def test_a_placement_group_exists(account: Account, by: str) -> None:
    ec2 = account.client("ec2")
    launch = {"InstanceType": "m5.large", "Placement": {by: "pg-0123456789abcdef0"}}
    wrong = refused(account, account.seed(launch=launch))
    assert list(wrong) == ["launchTemplate.placement"]
    assert "pg-0123456789abcdef0', taken over from the source, does not" in wrong["launchTemplate.placement"]
    made = ec2.create_placement_group(GroupName="close", Strategy="cluster")["PlacementGroup"]
    source_id = account.seed(launch={"InstanceType": "m5.large", "Placement": {by: made[by]}})
    plan = account.plan(source_id)
    assert plan.launch_template.data["Placement"][by] == made[by]
    (trial,) = account.calls("RunInstances")
    assert by not in trial.get("Placement", {})


def test_what_needs_no_further_right_is_tried_too(account: Account) -> None:
    carried = {
        "MaintenanceOptions": {"AutoRecovery": "disabled"},
        "NetworkPerformanceOptions": {"BandwidthWeighting": "vpc-1"},
        "PrivateDnsNameOptions": {"HostnameType": "resource-name"},
    }
    launch = {**carried, "Placement": {"Tenancy": "dedicated"}}
    account.plan(account.seed(launch=launch))
    (trial,) = account.calls("RunInstances")
    for name, value in launch.items():
        assert trial[name].items() >= value.items()


def test_security_groups_of_a_template_by_name_and_its_market_are_tried(account: Account) -> None:
    spot = {"MarketType": "spot", "SpotOptions": {"SpotInstanceType": "one-time"}}
    ec2 = account.client("ec2")
    ec2.create_security_group(GroupName="lost", Description="lost")
    template_id = existing(account, SecurityGroups=["lost"], InstanceMarketOptions=spot)
    account.group(LaunchTemplate={"LaunchTemplateId": template_id, "Version": "1"}, DesiredCapacity=0)
    ec2.delete_security_group(GroupName="lost")
    wrong = refused(account, account.seed())
    assert "InvalidGroup.NotFound" in wrong["launchTemplate"]
    (trial,) = account.calls("RunInstances")
    assert trial["InstanceMarketOptions"] == spot


@pytest.mark.parametrize(
    "topic",
    [
        TOPIC,
        f"arn:aws:sns:us-east-1:{ACCOUNT_ID}:web",
        f"arn:aws:sns:{REGION}:999999999999:web",
        f"arn:aws-cn:sns:{REGION}:{ACCOUNT_ID}:web",
    ],
)
def test_a_topic_exists_in_the_groups_region_and_account(account: Account, topic: str) -> None:
    wrong = refused(account, account.seed(), group={"notificationTopicArn": topic})
    assert list(wrong) == ["group.notificationTopicArn"]
    assert topic in wrong["group.notificationTopicArn"]


def test_a_topic_whose_policy_shuts_the_stack_out_is_a_warning(account: Account) -> None:
    account.make_named()
    account.faults(
        {"service": "sns", "action": "GetTopicAttributes", "code": "AuthorizationError", "status": 403}
    )
    (warning,) = account.plan(account.seed(), group={"notificationTopicArn": TOPIC}).warnings
    assert TOPIC in warning


@pytest.mark.parametrize(
    ("service", "action"),
    [("sns", "GetTopicAttributes"), ("iam", "GetInstanceProfile"), ("ec2", "DescribeKeyPairs")],
)
def test_a_look_up_that_fails_is_no_finding(account: Account, service: str, action: str) -> None:
    account.make_named()
    source_id = account.seed(keyName="own", instanceProfile="own")
    account.faults({"service": service, "action": action, "code": "InternalFailure", "status": 500})
    with pytest.raises(ServiceUnavailable), named_errors():
        account.plan(source_id, group={"notificationTopicArn": TOPIC})


# The network


def test_subnets_are_of_one_vpc(account: Account, vpc: str) -> None:
    subnets = [account.subnets()[0], subnet_of(account, "a", vpc)]
    wrong = refused(account, account.seed(), group={"subnetIds": subnets})
    assert vpc in wrong["group.subnetIds"]
    assert all(subnet in wrong["group.subnetIds"] for subnet in subnets)


def test_a_subnet_of_another_vpc_does_not_fit_the_sources_security_groups(account: Account, vpc: str) -> None:
    subnet = subnet_of(account, "a", vpc)
    wrong = refused(account, account.seed(), group={"subnetIds": [subnet]})
    assert list(wrong) == ["launchTemplate.securityGroupIds"]
    assert f"cannot be used in {vpc}" in wrong["launchTemplate.securityGroupIds"]
    own = security_groups(account, vpc)
    plan = account.plan(
        account.seed(), launchTemplate={"securityGroupIds": own}, group={"subnetIds": [subnet]}
    )
    assert plan.launch_template.subnet_ids == (subnet,)


def test_a_security_group_may_be_associated_with_another_vpc(account: Account, vpc: str) -> None:
    subnet, source_id = subnet_of(account, "a", vpc), account.seed()
    groups = account.plan(source_id).launch_template.security_group_ids
    account.client("ec2").associate_security_group_vpc(GroupId=groups[0], VpcId=vpc)
    assert account.plan(source_id, group={"subnetIds": [subnet]}).warnings == ()


def test_an_interface_takes_so_many_security_groups(account: Account) -> None:
    source_id = account.seed()
    found = account.client("ec2").describe_instances(InstanceIds=[source_id])
    six = security_groups(account, found["Reservations"][0]["Instances"][0]["VpcId"], 6)
    wrong = refused(account, source_id, launchTemplate={"securityGroupIds": six})
    assert wrong == {"launchTemplate.securityGroupIds": "has 6; an interface takes 5 in this account"}
    account.plan(source_id, launchTemplate={"securityGroupIds": six[:5]})


def test_each_interface_takes_so_many_security_groups(account: Account) -> None:
    source_id = account.seed()
    found = account.client("ec2").describe_instances(InstanceIds=[source_id])
    ten = security_groups(account, found["Reservations"][0]["Instances"][0]["VpcId"], 10)
    interfaces = [{"DeviceIndex": one, "Groups": ten[5 * one : 5 * one + 5]} for one in (0, 1)]
    template_id = existing(account, NetworkInterfaces=interfaces)
    account.group(LaunchTemplate={"LaunchTemplateId": template_id, "Version": "1"}, DesiredCapacity=0)
    assert account.plan(source_id).launch_template.security_group_ids == tuple(ten)


def test_a_group_keeps_launching_where_it_can(account: Account) -> None:
    """A zone without the type, and a subnet that was deleted, are told and not refused."""
    with_type, without = subnet_of(account, "a"), subnet_of(account, "b")
    plan = account.plan(
        account.seed(),
        launchTemplate={"instanceType": "t2.micro"},
        group={"subnetIds": [without, with_type]},
    )
    assert plan.launch_template.subnet_ids == (with_type,)
    assert plan.group.subnet_ids == (without, with_type)
    assert [f"{REGION}b" in warning for warning in plan.warnings] == [True]
    account.group(VPCZoneIdentifier=f"{without},{with_type}", DesiredCapacity=0)
    account.client("ec2").delete_subnet(SubnetId=without)
    plan = account.plan(account.seed(), rollout="none")
    assert plan.launch_template.subnet_ids == (with_type,)
    assert [without in warning for warning in plan.warnings] == [True]


def test_a_type_that_no_zone_of_the_group_has_is_refused(account: Account) -> None:
    wrong = refused(
        account,
        account.seed(),
        launchTemplate={"instanceType": "t2.micro"},
        group={"subnetIds": [subnet_of(account, "b")]},
    )
    assert f"offered in {REGION}b" in wrong["launchTemplate.instanceType"]
    assert f"in {REGION}a, {REGION}c" in wrong["launchTemplate.instanceType"]
    wrong = refused(account, account.seed(), launchTemplate={"instanceType": "m1.small"})
    assert "nowhere in this Region" in wrong["launchTemplate.instanceType"]


def test_a_group_whose_subnets_are_all_gone_is_refused(account: Account) -> None:
    lost = subnet_of(account, "b")
    account.group(VPCZoneIdentifier=lost, DesiredCapacity=0)
    account.client("ec2").delete_subnet(SubnetId=lost)
    wrong = refused(account, account.seed())
    assert lost in wrong["group.subnetIds"]
    account.plan(account.seed(), group={"subnetIds": [subnet_of(account, "a")]})


def test_a_group_of_zones_launches_in_their_default_subnets(account: Account) -> None:
    data = {"ImageId": "ami-0123456789abcdef0", "InstanceType": "t3.small"}
    account.client("ec2").create_launch_template(LaunchTemplateName="by-hand", LaunchTemplateData=data)
    account.client("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName="web",
        LaunchTemplate={"LaunchTemplateName": "by-hand"},
        AvailabilityZones=[f"{REGION}c"],
        MinSize=0,
        MaxSize=1,
    )
    source_id = account.seed()
    wrong = refused(account, source_id)
    assert "no template that states public addresses" in wrong["group.subnetIds"]
    account.plan(source_id, group={"subnetIds": [subnet_of(account, "a")]})
    plan = account.plan(source_id, launchTemplate={"networkInterfaces": None})
    assert plan.launch_template.subnet_ids[0] == subnet_of(account, "c")
    account.client("ec2").delete_subnet(SubnetId=subnet_of(account, "c"))
    assert "no default subnets" in refused(account, account.seed())["group.subnetIds"]


def test_too_few_addresses_are_told(account: Account, vpc: str) -> None:
    subnet, own = subnet_of(account, "a", vpc), security_groups(account, vpc)
    plan = account.plan(
        account.seed(),
        launchTemplate={"securityGroupIds": own},
        group={"subnetIds": [subnet], "maxSize": 12, "desiredCapacity": 12},
    )
    assert plan.warnings == (
        f"the group is to have 12 instances, and its subnets have 11 free addresses: {subnet}.",
    )


# Public addresses


def private(account: Account, *subnet_ids: str) -> None:
    """Let subnets give no public addresses."""
    for subnet_id in subnet_ids:
        account.client("ec2").modify_subnet_attribute(
            SubnetId=subnet_id, MapPublicIpOnLaunch={"Value": False}
        )


@pytest.mark.parametrize("has_one", [True, False])
def test_a_subnet_that_differs_from_the_source_on_public_addresses_is_told(
    account: Account, has_one: bool
) -> None:
    source = account.instance(account.seed())
    own, others = source.subnet_id, [one for one in account.subnets() if one != source.subnet_id]
    private(account, *(others if has_one else [own]))
    interface = {"DeviceIndex": 0, "SubnetId": own, "AssociatePublicIpAddress": has_one}
    source_id = account.seed(launch={"NetworkInterfaces": [interface]})

    def told(*subnet_ids: str, **wanted: Any) -> list[str]:
        warnings = account.plan(source_id, group={"subnetIds": list(subnet_ids)}, **wanted).warnings
        return [one for one in warnings if "the group's instances" in one]

    words = ("a", "has one") if has_one else ("no", "has none")
    assert told(own, *others[:2]) == [
        f"the group's instances get {words[0]} public address in {', '.join(others[:2])}, as the source "
        f"{words[1]}, and not as the subnets say. Set launchTemplate.networkInterfaces to null to leave it "
        "to the subnets."
    ]
    assert told(own, *others[:2], launchTemplate={"networkInterfaces": None}) == []
    assert told(own) == []


def test_a_source_that_was_made_to_differ_from_its_subnet_is_not_told_of(account: Account) -> None:
    source_id = account.seed()
    subnet_ids = account.subnets()
    assert account.plan(source_id, group={"subnetIds": subnet_ids}).warnings == ()
    others = [one for one in subnet_ids if one != account.instance(source_id).subnet_id]
    assert account.plan(source_id, group={"subnetIds": others}).warnings == ()


@pytest.mark.usefixtures("open_runs")
def test_a_source_that_does_not_show_its_public_address_is_told_where_subnets_give_one(
    account: Account,
) -> None:
    source_id, elastic = account.seed(state="stopped"), account.seed()
    first, second, *_ = account.subnets()
    private(account, first)
    (warning,) = account.plan(source_id, group={"subnetIds": [first, second]}).warnings
    assert warning == (
        f"the group's instances get a public address in {second}, which give one. The source does not show "
        "whether it has one: it is stopped, or has an Elastic IP address or no IPv4 address."
    )
    assert account.plan(source_id, group={"subnetIds": [first]}).warnings == ()
    address = account.client("ec2").allocate_address()["AllocationId"]
    account.client("ec2").associate_address(InstanceId=elastic, AllocationId=address)
    lost, shown = account.plan(elastic, group={"subnetIds": [second]}).warnings
    assert "does not carry over the source's Elastic IP address" in lost
    assert "does not show whether it has one" in shown


@pytest.mark.usefixtures("open_runs")
def test_a_template_that_exists_is_not_told_of(account: Account) -> None:
    existing(account)
    assert account.plan(account.seed(state="stopped")).warnings == ()


# The type


@pytest.mark.parametrize(
    ("source", "instance_type", "why"),
    [
        ({}, "t4g.small", "runs arm64, and the source is x86_64"),
        ({"architecture": "arm64"}, "t3.small", "runs x86_64, and the source is arm64"),
        ({"bootMode": "uefi"}, "t2.small", "the source needs uefi"),
        ({"ena": False}, "m5.large", "needs images with ENA"),
        ({"ena": False}, "q9.large", "there is no instance type"),
    ],
)
def test_a_type_that_cannot_run_the_source_is_refused(
    account: Account, source: dict[str, Any], instance_type: str, why: str
) -> None:
    template = {"instanceType": instance_type}
    wrong = refused(account, account.seed(**source), launchTemplate=template)
    assert list(wrong) == ["launchTemplate.instanceType"]
    assert why in wrong["launchTemplate.instanceType"]


def test_an_ebs_optimized_source_does_not_go_on_a_type_without_it(account: Account) -> None:
    source_id = account.seed()
    account.instance(source_id).ebs_optimized = True
    wrong = refused(account, source_id, launchTemplate={"instanceType": "t2.small"})
    says = "cannot be EBS-optimized, and the new version is to be: launchTemplate.ebsOptimized is true"
    assert f"{says}, taken over from the source." in wrong["launchTemplate.instanceType"]
    stated = {"instanceType": "t2.small", "ebsOptimized": True}
    wrong = refused(account, source_id, launchTemplate=stated)
    assert f"{says}." in wrong["launchTemplate.instanceType"]
    assert account.plan(source_id).launch_template.ebs_optimized


# The launch itself


def tried(account: Account, code: str, status: int = 400) -> Plan:
    """The plan, with EC2's answer to the trial."""
    source_id = account.seed()
    account.faults({"service": "ec2", "action": "RunInstances", "code": code, "status": status})
    with named_errors():
        return account.plan(source_id)


@pytest.mark.parametrize("code", ["OptInRequired", "InvalidParameterCombination", "PendingVerification"])
def test_what_ec2_would_not_launch_is_refused(account: Account, code: str) -> None:
    with pytest.raises(InvalidInput, match=f"launchTemplate: EC2 would not launch .*{code}"):
        tried(account, code)


@pytest.mark.parametrize(
    "code",
    [
        "UnauthorizedOperation",
        "InvalidAMIID.NotFound",
        "InvalidAMIID.Unavailable",
        "InvalidSnapshot.NotFound",
    ],
)
def test_a_launch_that_cannot_be_tried_is_told(account: Account, code: str) -> None:
    (warning,) = tried(account, code).warnings
    assert "could not be tried" in warning
    assert code in warning


def test_the_encoded_part_of_a_denial_is_not_told(account: Account) -> None:
    message = "You are not authorized. Encoded authorization failure message: aXxq"
    denial = {"code": "UnauthorizedOperation", "status": 403, "message": message}
    account.faults({"service": "ec2", "action": "RunInstances", **denial})
    (warning,) = account.plan(account.seed()).warnings
    assert "You are not authorized. (" in warning
    assert "aXxq" not in warning


def test_a_trial_that_fails_for_now_is_no_refusal_of_the_input(account: Account) -> None:
    with pytest.raises(ServiceUnavailable):
        tried(account, "InternalError", 500)
    with pytest.raises(RequestRefused, match="InstanceLimitExceeded"):
        tried(account, "InstanceLimitExceeded")


def test_the_image_that_the_source_came_from_may_be_gone(account: Account) -> None:
    source_id = account.seed()
    image = account.world.ec2.amis.pop(account.instance(source_id).image_id)
    account.world.ec2.deleted_amis.append(image.id)
    (warning,) = account.plan(source_id).warnings
    assert "could not be tried" in warning


def test_what_the_source_has_and_its_old_image_lacks_is_no_refusal(account: Account) -> None:
    """ENA may be switched on for an instance later; the run's image has it then."""
    source_id = account.seed(ena=False)
    account.instance(source_id).ena_support = True
    (warning,) = account.plan(source_id, launchTemplate={"instanceType": "m5.large"}).warnings
    assert "could not be tried: its ENA support differs from the source's" in warning


def test_hibernation_which_needs_the_encrypted_root_of_the_source_is_not_tried(account: Account) -> None:
    source_id = account.seed(hibernation=True)
    plan = account.plan(source_id)
    assert plan.launch_template.data["HibernationOptions"] == {"Configured": True}
    (trial,) = account.calls("RunInstances")
    assert "HibernationOptions" not in trial


def test_a_key_without_a_grant_is_still_an_error_of_its_own(account: Account) -> None:
    key = account.client("kms").create_key()["KeyMetadata"]["Arn"]
    source_id = account.seed(volumes=[{"sizeGiB": 8, "encrypted": True, "kmsKeyId": key}])
    with pytest.raises(KeyNotGranted):
        account.plan(source_id, launchTemplate={"keyName": "lost"})


SHORT = {"service": "ec2", "action": "RunInstances", "code": "InsufficientFreeAddressesInSubnet"}


def test_a_group_that_launches_in_one_of_its_subnets_is_not_refused_for_another(account: Account) -> None:
    first, second, *_ = account.subnets()
    account.faults({**SHORT, "times": 1})
    (warning,) = account.plan(account.seed(), group={"subnetIds": [first, second]}).warnings
    assert f"in some subnets: {SHORT['code']}" in warning
    assert f"({first})" in warning


def test_a_lack_that_passes_is_tried_again_only_where_no_subnet_launches(account: Account) -> None:
    account.faults({**SHORT, "times": 9})
    with pytest.raises(ResourceBusy, match=SHORT["code"]), named_errors():
        account.plan(account.seed(), group={"subnetIds": account.subnets()[:2]})
    assert asked_in(account) == account.subnets()[:2]
