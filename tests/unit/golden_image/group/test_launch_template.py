from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from golden_image import aws
from golden_image.errors import (
    LaunchTemplateNotSupported,
    NotYetVisible,
    RequestRefused,
    ServiceUnavailable,
)
from golden_image.group import launch_template
from tests.unit.account import MARKS, RUN
from tests.unit.golden_image.group.templates import (
    IMAGE,
    add_version,
    data,
    existing,
    make,
    planned,
    versions,
)

if TYPE_CHECKING:
    from golden_image.model.launch_template import LaunchTemplate
    from tests.unit.account import Account

pytestmark = pytest.mark.usefixtures("open_runs")


@pytest.fixture
def source_id(account: Account) -> str:
    return account.seed(userData="#!/bin/sh\necho from the source")


@pytest.fixture
def template(source_id: str) -> LaunchTemplate:
    return make(source_id)


# Whose it is


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


def test_null_takes_one_tag_of_the_template_away(account: Account, source_id: str) -> None:
    chosen = [{"Key": "Owner", "Value": "gone"}, {"Key": "Team", "Value": "web"}]
    kinds = [{"ResourceType": kind, "Tags": chosen} for kind in ("instance", "volume", "network-interface")]
    existing(account, TagSpecifications=kinds)
    make(source_id, tags={"Owner": None})
    given = {
        one["ResourceType"]: {tag["Key"] for tag in one["Tags"]} for one in data(account)["TagSpecifications"]
    }
    own = {"Team", "golden-image:source", *MARKS}
    assert given == {"instance": own, "volume": own, "network-interface": {"Team"}}


def test_user_data_is_the_sources_own(account: Account, source_id: str) -> None:
    make(source_id)
    assert base64.b64decode(data(account)["UserData"]).decode() == "#!/bin/sh\necho from the source"


def test_user_data_of_the_input_takes_its_place(account: Account, source_id: str) -> None:
    make(source_id, userData="#!/bin/sh\necho 안녕")
    assert base64.b64decode(data(account)["UserData"]).decode() == "#!/bin/sh\necho 안녕"


def test_empty_user_data_of_the_input_removes_the_sources(account: Account, source_id: str) -> None:
    make(source_id, userData="")
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
    existing(account)
    with pytest.raises(LaunchTemplateNotSupported, match="was created by something else after the plan"):
        launch_template.create(RUN, source_id, plan, IMAGE, None)


def test_a_version_is_added_once_and_the_default_one_stays(account: Account, source_id: str) -> None:
    template_id = existing(account)
    plan = planned(source_id)
    account.lose_answer("ec2", "CreateLaunchTemplateVersion")
    with pytest.raises(ServiceUnavailable), aws.named_errors():
        launch_template.create(RUN, source_id, plan, IMAGE, None)
    made = [launch_template.create(RUN, source_id, plan, IMAGE, None) for _ in range(2)]
    assert made[0] == made[1]
    assert (made[0].id, made[0].version) == (template_id, 2)
    assert [version["DefaultVersion"] for version in versions(account)] == [True, False]


def test_a_new_version_starts_from_the_one_that_the_group_has_got_since_the_plan(
    account: Account, source_id: str
) -> None:
    template_id = existing(account)
    account.group(LaunchTemplate={"LaunchTemplateId": template_id, "Version": "1"})
    plan = planned(source_id)
    number = add_version(account, InstanceType="m5.large")
    account.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName="web",
        LaunchTemplate={"LaunchTemplateId": template_id, "Version": str(number)},
    )
    launch_template.create(RUN, source_id, plan, IMAGE, None)
    assert data(account)["InstanceType"] == "m5.large"


def test_a_version_whose_lost_try_asked_for_something_else_is_adopted(
    account: Account, source_id: str
) -> None:
    template_id = existing(account)
    plan = planned(source_id)
    first = launch_template.create(RUN, source_id, plan, IMAGE, None)
    add_version(account, InstanceType="m5.large")
    account.client("ec2").modify_launch_template(LaunchTemplateId=template_id, DefaultVersion="3")
    assert launch_template.create(RUN, source_id, plan, IMAGE, None) == first


def test_a_version_of_a_lost_try_that_is_not_shown_yet_is_looked_for_again(
    account: Account, source_id: str
) -> None:
    existing(account)
    plan = planned(source_id)
    account.faults(
        {
            "service": "ec2",
            "action": "CreateLaunchTemplateVersion",
            "code": "IdempotentParameterMismatch",
            "message": "used before",
        }
    )
    with pytest.raises(NotYetVisible, match="exists but is not visible yet"):
        launch_template.create(RUN, source_id, plan, IMAGE, None)


def test_a_template_whose_lost_try_asked_for_something_else_is_adopted(
    account: Account, source_id: str
) -> None:
    plan = planned(source_id)
    first = launch_template.create(RUN, source_id, plan, IMAGE, None)
    account.instance(source_id).user_data = None
    assert launch_template.create(RUN, source_id, plan, IMAGE, None) == first
