"""User data and tags are in no message, no log and no cause."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from traceback import format_exception
from typing import TYPE_CHECKING, Any

import pytest
from botocore.stub import Stubber

from golden_image import aws
from golden_image.errors import InvalidInput, LaunchTemplateInvalid, NotYetVisible, RequestRefused
from golden_image.group import proof
from golden_image.model.launch_template import LaunchTemplate
from golden_image.redaction import HIDDEN, hidden, without_secrets
from golden_image.roll_out import capacity
from golden_image.run.input_schema import schema
from golden_image.run.request import parse
from tests.unit.golden_image.group.templates import existing, make
from tests.unit.inputs import SMALLEST, leaves, with_value

if TYPE_CHECKING:
    from tests.unit.account import Account

PASSWORD = "hunter2-correct-horse"
SCRIPT = f"{PASSWORD}\n#!/bin/sh\nexport DB_PASSWORD='s3cret!'\n"
SECRET_FIELDS = [path for path in leaves(schema()) if path[-1] in {"userData", "tags"}]
SECTIONS = [(name,) for name, part in schema()["properties"].items() if "properties" in part]
BASE64 = base64.b64encode(SCRIPT.encode()).decode()


def refusal(raw: object) -> str:
    with pytest.raises(InvalidInput) as refused:
        parse(raw)
    return str(refused.value)


def test_user_data_of_seventeen_kilobytes_that_begins_with_a_password_is_refused_without_it() -> None:
    message = refusal({**SMALLEST, "launchTemplate": {"userData": SCRIPT + "x" * 17_000}})
    assert "launchTemplate.userData" in message
    assert "16384" in message
    assert "hunter2" not in message
    assert f"text of {len(SCRIPT) + 17_000} characters" in message


@pytest.mark.parametrize("path", [*SECRET_FIELDS, *SECTIONS], ids=".".join)
@pytest.mark.parametrize(
    "value",
    [PASSWORD, [PASSWORD], {"Name": [PASSWORD]}, {"Name": PASSWORD + "\n"}, {"Name": PASSWORD * 300}],
)
def test_a_field_that_may_hold_a_secret_is_refused_without_its_value(
    path: tuple[str, ...], value: object
) -> None:
    if path[-1] == "userData" and isinstance(value, str):
        value += "\ud800"
    assert "hunter2" not in refusal(with_value(SMALLEST, path, value))


def test_a_number_in_the_place_of_a_secret_is_not_shown() -> None:
    assert "4711" not in refusal({**SMALLEST, "launchTemplate": {"userData": 4711}})


def test_an_input_that_was_encoded_twice_is_refused_without_what_is_in_it() -> None:
    once = json.dumps({**SMALLEST, "launchTemplate": {"userData": PASSWORD}})
    assert "hunter2" not in refusal(once)


@pytest.mark.parametrize("name", ["image", "launchTemplate", "group"])
def test_a_key_of_a_tag_is_named_and_its_value_is_not_shown(name: str) -> None:
    message = refusal({**SMALLEST, name: {"tags": {"aws:mine": PASSWORD}}})
    assert f"{name}.tags.aws:mine" in message
    assert "hunter2" not in message


# What AWS says


@pytest.mark.parametrize(
    "message",
    [
        f"Invalid value '{PASSWORD}…' for UserData",
        f"Invalid value 'hunte…' for UserData: {BASE64[:9]}",
        f"Invalid BASE64 encoding of user data {BASE64}",
        f'Value ("{BASE64}") for parameter UserData is invalid',
        f"UserData begins with {PASSWORD[:9]}",
        "In UserData: export DB_PASSWORD='s3cret!'",
        f"Invalid UserData: {SCRIPT}",
    ],
)
def test_user_data_that_aws_quotes_is_hidden(message: str) -> None:
    shown = hidden(message, {"LaunchTemplateData": {"UserData": BASE64, "InstanceType": "t3.small"}})
    assert HIDDEN in shown
    assert "UserData" in shown or "user data" in shown or "Value" in shown
    assert all(part not in shown for part in ("hunt", "s3cret", BASE64[:8]))


def test_what_a_launch_says_of_a_templates_user_data_is_hidden(account: Account) -> None:
    says = f"Invalid value '{PASSWORD}' for parameter 'UserData' of version 3"
    rule = {"service": "ec2", "action": "RunInstances", "code": "InvalidUserData", "message": says}
    account.faults(rule)
    template = LaunchTemplate(existing(account), "web", 1)
    with pytest.raises(LaunchTemplateInvalid) as refused:
        proof.prove(template, tuple(account.subnets()[:1]))
    assert f"InvalidUserData: Invalid value '{HIDDEN}' of version 3" in str(refused.value)


@pytest.mark.usefixtures("open_runs")
@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("TagPolicyViolation", LaunchTemplateInvalid),
        ("InvalidAMIID.NotFound", NotYetVisible),
        ("InstanceLimitExceeded", RequestRefused),
    ],
)
@pytest.mark.parametrize("value", [PASSWORD, f"'{PASSWORD}'"])
def test_what_a_launch_says_of_a_templates_tags_is_hidden(
    account: Account, code: str, kind: type[Exception], value: str
) -> None:
    template = make(account.seed(), tags={"token": PASSWORD})
    says = f"The tag policy does not allow the value {value} for the tag key token"
    account.faults({"service": "ec2", "action": "RunInstances", "code": code, "message": says})
    with pytest.raises(kind) as refused, aws.named_errors():
        proof.prove(template, tuple(account.subnets()[:1]))
    assert says.replace(PASSWORD, HIDDEN) in str(refused.value)
    assert "hunter2" not in "".join(format_exception(refused.value))


def test_what_a_group_is_told_of_its_templates_tags_is_hidden() -> None:
    says = f"Invalid launch template: the value '{PASSWORD}' of a tag is not allowed"
    template = {"LaunchTemplateId": "lt-1", "Version": "2"}
    assert hidden(says, {"LaunchTemplate": template}) == says.replace(PASSWORD, HIDDEN)


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("what", ["user data", "the tag token", "TagSpecifications"])
def test_a_failed_launch_of_the_group_is_told_without_user_data_and_tags(what: str) -> None:
    says = f'Launching a new EC2 instance. Status Reason: Value "{PASSWORD}" of {what} is wrong. Failed.'
    activity = {"ActivityId": "1", "AutoScalingGroupName": "web", "Cause": "c", "StatusMessage": says}
    failed = activity | {"StartTime": datetime.now(UTC), "StatusCode": "Failed"}
    with Stubber(aws.client("autoscaling")) as stubber:
        stubber.add_response("describe_scaling_activities", {"Activities": [failed]})
        assert capacity.last_failure("web") == says.replace(PASSWORD, HIDDEN)


def test_a_tag_that_aws_quotes_is_hidden_and_what_else_the_call_names_is_not() -> None:
    tags = [{"Key": "token", "Value": "t0psecret"}, {"Key": "Name", "Value": "web"}]
    params = {"AutoScalingGroupName": "web", "Tags": tags}
    message = "Tag value t0psecret ('t0ps...') of 'token' is too long; group 'web' is unchanged"
    assert (
        hidden(message, params)
        == f"Tag value {HIDDEN} ('{HIDDEN}') of 'token' is too long; group 'web' is unchanged"
    )


def test_a_message_without_secrets_stays_as_it_is() -> None:
    message = "The key pair 'prod' does not exist"
    assert hidden(message, {"LaunchTemplateData": {"UserData": BASE64, "KeyName": "prod"}}) == message


def test_what_aws_says_to_a_call_comes_without_the_calls_user_data(account: Account) -> None:
    says = f"Invalid value '{PASSWORD[:10]}…' for UserData"
    account.faults(
        {"service": "ec2", "action": "CreateLaunchTemplate", "code": "InvalidUserData", "message": says}
    )
    with pytest.raises(RequestRefused) as refused, aws.named_errors():
        aws.client("ec2").create_launch_template(
            LaunchTemplateName="web", LaunchTemplateData={"UserData": BASE64}
        )
    assert f"Invalid value '{HIDDEN}' for UserData" in str(refused.value)


def test_a_call_that_the_sdk_refuses_is_told_by_its_parameters_without_their_values(
    account: Account,
) -> None:
    wrong: Any = {"UserData": [PASSWORD], "KeyName": 5, "Unheard": PASSWORD}
    with pytest.raises(RequestRefused) as refused, aws.named_errors():
        aws.client("ec2").create_launch_template(LaunchTemplateName="web", LaunchTemplateData=wrong)
    assert "Invalid type for parameter LaunchTemplateData.UserData" in str(refused.value)
    assert "Unknown parameter in LaunchTemplateData" in str(refused.value)
    assert "hunter2" not in str(refused.value)
    assert account.calls("CreateLaunchTemplate") == []


# What is logged


def test_an_answer_is_logged_without_user_data_and_tags() -> None:
    answer = {
        "plan": {"image": {"name": "web", "tags": {"token": PASSWORD}}},
        "before": [{"tags": [PASSWORD]}],
    }
    assert without_secrets(answer) == {
        "plan": {"image": {"name": "web", "tags": HIDDEN}},
        "before": [{"tags": HIDDEN}],
    }
