from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

from golden_image import aws
from golden_image.errors import (
    LaunchTemplateInvalid,
    LaunchTemplateNotSupported,
    NotYetVisible,
    RequestRefused,
    RequestThrottled,
    ResourceBusy,
    ServiceUnavailable,
)
from golden_image.group import launch_template
from golden_image.run import request
from golden_image.source import facts
from tests.unit.account import MARKS, RUN

if TYPE_CHECKING:
    from golden_image.model.launch_template import LaunchTemplate, LaunchTemplatePlan
    from tests.unit.account import Account

pytestmark = pytest.mark.usefixtures("open_runs")
IMAGE = "ami-0123456789abcdef0"
# What tells this stack that a template is its own.
OWN = [{"Key": "golden-image:stack", "Value": "refresh"}]


@pytest.fixture
def source_id(account: Account) -> str:
    return account.seed(userData="#!/bin/sh\necho from the source")


def planned(source_id: str, **wanted: Any) -> LaunchTemplatePlan:
    complete = {
        "sourceInstanceId": source_id,
        "autoScalingGroupName": "web",
        "launchTemplate": wanted,
    }
    asked = request.parse(complete).launch_template
    instance = facts.find(source_id)
    return launch_template.plan("web", asked, instance, instance["SubnetId"])


def make(source_id: str, run: str = RUN, user_data: str | None = None, **wanted: Any) -> LaunchTemplate:
    with aws.named_errors():
        return launch_template.create(run, source_id, planned(source_id, **wanted), IMAGE, user_data)


def existing(account: Account, tags: list[dict[str, str]]) -> str:
    """A template of the name with one version, made before the run."""
    specifications = [{"ResourceType": "launch-template", "Tags": tags}] if tags else []
    made = account.client("ec2").create_launch_template(
        LaunchTemplateName="web",
        LaunchTemplateData={"ImageId": IMAGE, "InstanceType": "t3.small"},
        TagSpecifications=specifications,
    )
    template_id: str = made["LaunchTemplate"]["LaunchTemplateId"]
    return template_id


def versions(account: Account) -> list[dict[str, Any]]:
    found = account.client("ec2").describe_launch_template_versions(LaunchTemplateName="web")
    return sorted(found["LaunchTemplateVersions"], key=lambda version: int(version["VersionNumber"]))


def data(account: Account) -> dict[str, Any]:
    newest: dict[str, Any] = versions(account)[-1]["LaunchTemplateData"]
    return newest


# The plan


def test_what_the_input_leaves_open_is_as_the_source_has_it(account: Account) -> None:
    source_id = account.seed(instanceType="m5.large", keyName="ops", instanceProfile="web-server")
    instance = facts.find(source_id)
    plan = planned(source_id)
    assert (plan.id, plan.name) == (None, "web")
    assert (plan.instance_type, plan.key_name) == ("m5.large", "ops")
    assert plan.security_group_ids == tuple(g["GroupId"] for g in instance["SecurityGroups"])
    assert plan.iam_instance_profile == instance["IamInstanceProfile"]["Arn"]
    assert (plan.monitoring, plan.ebs_optimized) == (False, False)


def test_imdsv2_is_required_also_where_the_source_does_not(source_id: str) -> None:
    assert facts.find(source_id)["MetadataOptions"]["HttpTokens"] == "optional"
    assert planned(source_id).metadata_options.http_tokens == "required"


def test_what_the_input_says_wins(source_id: str) -> None:
    plan = planned(
        source_id,
        instanceType="m5.large",
        keyName="ops",
        securityGroupIds=["sg-0123456789abcdef0"],
        iamInstanceProfile="web-server",
        monitoring=True,
        metadataOptions={"httpTokens": "optional", "httpPutResponseHopLimit": 2},
        tags={"Role": "web"},
    )
    assert (plan.instance_type, plan.key_name, plan.monitoring) == ("m5.large", "ops", True)
    assert plan.security_group_ids == ("sg-0123456789abcdef0",)
    assert plan.iam_instance_profile == "web-server"
    assert plan.metadata_options.http_tokens == "optional"
    assert plan.metadata_options.http_put_response_hop_limit == 2
    assert plan.tags == {"Role": "web"}


def test_a_template_of_this_stack_gets_another_version(account: Account, source_id: str) -> None:
    template_id = existing(account, OWN)
    assert planned(source_id).id == template_id


@pytest.mark.parametrize("tags", [[], [{"Key": "golden-image:stack", "Value": "other"}]])
def test_a_template_of_someone_else_is_refused_with_two_ways_out(
    account: Account, source_id: str, tags: list[dict[str, str]]
) -> None:
    template_id = existing(account, tags)
    says = (
        rf"'web' \({template_id}\) exists and has no tag golden-image:stack=refresh. "
        "Set launchTemplateName to another value, or tag"
    )
    with pytest.raises(LaunchTemplateNotSupported, match=says):
        planned(source_id)


def test_an_error_while_looking_is_not_taken_for_a_missing_template(account: Account) -> None:
    account.faults({"service": "ec2", "action": "DescribeLaunchTemplates", "code": "UnauthorizedOperation"})
    with pytest.raises(RequestRefused), aws.named_errors():
        launch_template.find("web")


# Creating


def test_a_new_template_is_pinned_to_its_first_version_and_tagged(account: Account, source_id: str) -> None:
    made = make(source_id)
    assert (made.name, made.version) == ("web", 1)
    assert account.changes()[-2:] == ["CreateLaunchTemplate", "UpdateItem"]
    found = launch_template.find("web")
    assert found
    tags = {tag["Key"]: tag["Value"] for tag in found["Tags"]}
    assert tags == {"golden-image:source": source_id, **MARKS}


def test_the_version_has_what_the_plan_says_and_leaves_the_volumes_to_the_image(
    account: Account, source_id: str
) -> None:
    make(source_id, instanceType="m5.large", keyName="ops", iamInstanceProfile="web", monitoring=True)
    made = data(account)
    assert made["ImageId"] == IMAGE
    assert (made["InstanceType"], made["KeyName"]) == ("m5.large", "ops")
    assert made["IamInstanceProfile"] == {"Name": "web"}
    assert made["Monitoring"] == {"Enabled": True}
    assert made["MetadataOptions"]["HttpTokens"] == "required"
    assert "BlockDeviceMappings" not in made


def test_a_profile_that_is_given_by_arn_stays_one(account: Account, source_id: str) -> None:
    arn = "arn:aws:iam::123456789012:instance-profile/web"
    make(source_id, iamInstanceProfile=arn)
    assert data(account)["IamInstanceProfile"] == {"Arn": arn}


def test_what_the_source_lacks_is_left_out(account: Account, source_id: str) -> None:
    make(source_id)
    assert not {"KeyName", "IamInstanceProfile"} & set(data(account))


def test_launched_instances_and_volumes_carry_the_tags_of_input_and_run(
    account: Account, source_id: str
) -> None:
    make(source_id, tags={"Role": "web"})
    specifications = data(account)["TagSpecifications"]
    assert [one["ResourceType"] for one in specifications] == ["instance", "volume"]
    for one in specifications:
        tags = {tag["Key"]: tag["Value"] for tag in one["Tags"]}
        assert tags == {"Role": "web", "golden-image:source": source_id, **MARKS}


def test_user_data_is_the_sources_own(account: Account, source_id: str) -> None:
    make(source_id)
    assert base64.b64decode(data(account)["UserData"]).decode() == "#!/bin/sh\necho from the source"


def test_user_data_of_the_input_takes_its_place(account: Account, source_id: str) -> None:
    make(source_id, user_data="#!/bin/sh\necho 안녕")
    assert base64.b64decode(data(account)["UserData"]).decode() == "#!/bin/sh\necho 안녕"


def test_empty_user_data_of_the_input_removes_the_sources(account: Account, source_id: str) -> None:
    make(source_id, user_data="")
    assert "UserData" not in data(account)


def test_creating_twice_makes_one_template(account: Account, source_id: str) -> None:
    plan = planned(source_id)
    made = [launch_template.create(RUN, source_id, plan, IMAGE, None) for _ in range(2)]
    assert made[0] == made[1]
    assert len(versions(account)) == 1


def test_a_template_whose_answer_was_lost_is_adopted(account: Account, source_id: str) -> None:
    plan = planned(source_id)
    account.lose_answer("ec2", "CreateLaunchTemplate")
    with pytest.raises(ServiceUnavailable), aws.named_errors():
        launch_template.create(RUN, source_id, plan, IMAGE, None)
    assert launch_template.create(RUN, source_id, plan, IMAGE, None).version == 1
    assert len(versions(account)) == 1


def test_a_template_is_adopted_by_its_tag_where_the_token_is_forgotten(
    account: Account, source_id: str
) -> None:
    plan = planned(source_id)
    made = launch_template.create(RUN, source_id, plan, IMAGE, None)
    account.forget_tokens()
    assert launch_template.create(RUN, source_id, plan, IMAGE, None) == made


def test_a_template_that_exists_and_is_not_shown_yet_is_looked_for_again(
    account: Account, source_id: str
) -> None:
    plan = planned(source_id)
    account.faults({"service": "ec2", "action": "CreateLaunchTemplate", "effect": "stale", "reads": 1})
    made = launch_template.create(RUN, source_id, plan, IMAGE, None)
    account.forget_tokens()
    with pytest.raises(NotYetVisible, match="launch template 'web' exists but is not visible yet"):
        launch_template.create(RUN, source_id, plan, IMAGE, None)
    assert launch_template.create(RUN, source_id, plan, IMAGE, None) == made


def test_a_foreign_template_that_appeared_after_the_plan_is_not_adopted(
    account: Account, source_id: str
) -> None:
    plan = planned(source_id)
    existing(account, OWN)
    with pytest.raises(LaunchTemplateNotSupported, match="was created by something else after the plan"):
        launch_template.create(RUN, source_id, plan, IMAGE, None)


def test_a_version_is_added_once_and_the_default_one_stays(account: Account, source_id: str) -> None:
    template_id = existing(account, OWN)
    plan = planned(source_id)
    account.lose_answer("ec2", "CreateLaunchTemplateVersion")
    with pytest.raises(ServiceUnavailable), aws.named_errors():
        launch_template.create(RUN, source_id, plan, IMAGE, None)
    made = [launch_template.create(RUN, source_id, plan, IMAGE, None) for _ in range(2)]
    assert made[0] == made[1]
    assert (made[0].id, made[0].version) == (template_id, 2)
    assert [version["DefaultVersion"] for version in versions(account)] == [True, False]


# The proof that it launches


@pytest.fixture
def template(source_id: str) -> LaunchTemplate:
    return make(source_id)


def prove(account: Account, template: LaunchTemplate) -> None:
    with aws.named_errors():
        launch_template.prove(template, account.subnets()[0])


def test_a_version_that_would_launch_is_proven_without_launching(
    account: Account, template: LaunchTemplate
) -> None:
    account.forget_calls()
    prove(account, template)
    (call,) = account.calls("RunInstances")
    assert call["DryRun"] is True
    assert call["LaunchTemplate"] == {"LaunchTemplateId": template.id, "Version": "1"}


def test_a_version_that_would_not_launch_is_refused_in_awss_words(account: Account, source_id: str) -> None:
    plan = planned(source_id, instanceType="t4g.small")
    made = launch_template.create(RUN, source_id, plan, facts.find(source_id)["ImageId"], None)
    says = "would not launch version 1 of 'web': InvalidParameterValue: The architecture 'arm64'"
    with pytest.raises(LaunchTemplateInvalid, match=says):
        prove(account, made)


@pytest.mark.parametrize(
    ("code", "message", "name"),
    [
        ("InvalidGroup.NotFound", "The security group 'sg-1' does not exist", LaunchTemplateInvalid),
        ("InvalidKeyPair.NotFound", "The key pair 'ops' does not exist", LaunchTemplateInvalid),
        ("UnauthorizedOperation", "not authorized to perform iam:PassRole", LaunchTemplateInvalid),
        ("InvalidAMIID.NotFound", "The image id does not exist", NotYetVisible),
        ("InvalidLaunchTemplateId.NotFound", "does not exist", NotYetVisible),
        ("InvalidLaunchTemplateId.VersionNotFound", "Could not find launch template version", NotYetVisible),
        ("InvalidParameterValue", "Invalid IAM Instance Profile name", ResourceBusy),
        ("RequestLimitExceeded", "Request limit exceeded.", RequestThrottled),
        ("InternalError", "An internal error has occurred", ServiceUnavailable),
        ("VcpuLimitExceeded", "more vCPU capacity than your current limit", RequestRefused),
    ],
)
def test_what_ec2_says_to_the_proof_decides_whether_it_is_tried_again(
    account: Account, template: LaunchTemplate, code: str, message: str, name: type[Exception]
) -> None:
    account.faults({"service": "ec2", "action": "RunInstances", "code": code, "message": message})
    with pytest.raises(name, match=message):
        prove(account, template)
