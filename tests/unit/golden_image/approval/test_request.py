"""The request for approval: what is about to change, in the row and in a message, and how to answer."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from golden_image.approval import difference, request, rows
from golden_image.aws import NO_VERSION
from golden_image.errors import NotYetVisible, RunSettled
from golden_image.group import launch_template
from golden_image.run import ledger
from tests.unit.account import ACCOUNT_ID, REGION, RUN, UNDO
from tests.unit.golden_image.group.templates import IMAGE, add_version, existing, versions

if TYPE_CHECKING:
    from golden_image.model.launch_template import LaunchTemplate
    from golden_image.model.plan import Plan
    from tests.unit.account import Account

pytestmark = pytest.mark.usefixtures("ledger_table")

ANSWER = f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:answer:live"
TOKEN = "AQCkAAAAKgAAAAMAAAAAAAAAAe"
NEW_IMAGE = "ami-0fedcba9876543210"


@pytest.fixture(autouse=True)
def topic(account: Account, monkeypatch: pytest.MonkeyPatch) -> str:
    arn: str = account.client("sns").create_topic(Name="golden-image")["TopicArn"]
    monkeypatch.setenv("NOTIFICATION_TOPIC_ARN", arn)
    monkeypatch.setenv("ANSWER_APPROVAL_ARN", ANSWER)
    return arn


def begun(account: Account, **wanted: Any) -> tuple[Plan, LaunchTemplate]:
    """A run with its row and its launch template version."""
    source = account.seed()
    plan = account.plan(source, **wanted)
    ledger.lock(plan, UNDO)
    secret = wanted.get("launchTemplate", {}).get("userData")
    return plan, launch_template.create(RUN, source, plan.launch_template, NEW_IMAGE, secret)


def messages(account: Account) -> list[dict[str, Any]]:
    return account.calls("Publish")


def test_a_new_group_has_nothing_before(account: Account) -> None:
    plan, template = begun(account, group={"minSize": 1, "maxSize": 2})

    lines = difference.lines(plan, template)

    assert lines[0] == f"image: {NEW_IMAGE} ({plan.image.name})"
    assert lines[1] == "launch template: none, as the group is new -> web version 1"
    assert "InstanceType: t3.small" in lines
    assert not any(" -> " in line for line in lines[2:])
    # A new group is drained.
    assert "sizes: minimum 0, maximum 0, desired 0" in lines


def test_what_is_not_known_everywhere_yet_is_not_asked_about(account: Account) -> None:
    account.group(LaunchTemplate={"LaunchTemplateId": existing(account), "Version": "1"})
    plan, template = begun(account, rollout="recreate")
    unknown = {"service": "ec2", "action": "DescribeLaunchTemplateVersions", "code": NO_VERSION}
    account.faults(unknown)
    with pytest.raises(NotYetVisible):
        difference.lines(plan, template)
    account.client("autoscaling").delete_auto_scaling_group(AutoScalingGroupName="web", ForceDelete=True)
    while account.found_group():
        assert account.found_group().get("Status", "Delete in progress") == "Delete in progress"
    with pytest.raises(NotYetVisible, match="'web' is not visible"):
        difference.lines(plan, template)


def test_each_field_that_changes_has_both_values_and_secrets_have_none(account: Account) -> None:
    tags = [{"Key": "Team", "Value": "s3cret"}, {"Key": "Old", "Value": "s3cret"}]
    template_id = existing(
        account,
        UserData="b2xk",
        MetadataOptions={"HttpTokens": "optional", "HttpPutResponseHopLimit": 2},
        TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
    )
    account.group(LaunchTemplate={"LaunchTemplateId": template_id, "Version": "1"})
    stated = {
        "instanceType": "t3.large",
        "userData": "s3cret",
        "metadataOptions": {"httpTokens": "required"},
        "tags": {"Team": "0ther", "Old": None, "New": "s3cret"},
    }

    plan, template = begun(account, rollout="recreate", launchTemplate=stated, group={"maxSize": 6})
    lines = difference.lines(plan, template)

    assert lines == [
        f"image: {IMAGE} -> {NEW_IMAGE} ({plan.image.name})",
        "launch template: web version 1 -> web version 2",
        "InstanceType: t3.small -> t3.large",
        "MetadataOptions.HttpTokens: optional -> required",
        "user data: changed",
        "tag New of each instance: added",
        "tag Old of each instance: removed",
        "tag Team of each instance: changed",
        *[line for line in lines if "of each volume" in line],
        "sizes: minimum 0, maximum 4, desired 2 -> minimum 0, maximum 6, desired 2",
        "instances: 2 now; recreate: all of them are terminated, then launched from the new version",
    ]
    assert "s3cret" not in "".join(lines)


def test_a_group_on_a_floating_version_is_compared_with_the_one_before(account: Account) -> None:
    template_id = existing(account)
    account.group(LaunchTemplate={"LaunchTemplateId": template_id, "Version": "$Latest"})

    plan, template = begun(account, rollout="none", launchTemplate={"instanceType": "t3.large"})
    lines = difference.lines(plan, template)

    assert len(versions(account)) == 2
    assert lines[1:3] == [
        "launch template: web version 1 -> web version 2",
        "InstanceType: t3.small -> t3.large",
    ]


def test_a_group_without_a_version_to_compare_with_says_so(account: Account) -> None:
    template_id = existing(account)
    add_version(account)
    account.group(LaunchTemplate={"LaunchTemplateId": template_id, "Version": "2"})
    plan, template = begun(account, rollout="none")
    account.client("ec2").delete_launch_template_versions(LaunchTemplateId=template_id, Versions=["2"])

    lines = difference.lines(plan, template)

    assert lines[1] == "launch template: web version 2, which was deleted -> web version 3"
    assert "InstanceType: t3.small" in lines


def test_a_group_on_a_launch_configuration_is_named(account: Account) -> None:
    existing(account)
    scaling = account.client("autoscaling")
    scaling.create_launch_configuration(
        LaunchConfigurationName="by-hand", ImageId=IMAGE, InstanceType="t3.small"
    )
    account.group()
    plan, template = begun(account, rollout="none")
    found = {"LaunchConfigurationName": "by-hand", "Instances": []}

    assert difference._launched_now(plan, found) == ("launch configuration by-hand", None)  # type: ignore[arg-type]
    assert template.version == 2


def test_the_question_is_in_the_row_and_the_message_has_no_token(account: Account, topic: str) -> None:
    plan, template = begun(account, approval={"at": ["image"], "timeout": 300})
    account.forget_calls()

    request.request(RUN, TOKEN, "image", 300, template)

    asked = rows.find(RUN)
    assert asked
    assert (asked.token, asked.question.at, asked.answer) == (TOKEN, "image", None)
    assert asked.question.changes == tuple(difference.lines(plan, template))
    [message] = messages(account)
    assert (message["TopicArn"], message["Subject"]) == (topic, "golden image of web: approval needed")
    text = message["Message"]
    assert TOKEN not in json.dumps(message)
    assert asked.question.until in text
    assert "waits up to 300 s for each approval (image)" in text
    assert all(f"- {line}\n" in text for line in asked.question.changes)
    assert "POST /refreshes/web-20261122T030000Z-0123abcd/reject" in text


def test_the_command_of_the_message_is_one_for_a_shell(account: Account) -> None:
    _, template = begun(account)

    request.request(RUN, TOKEN, "image", 300, template)

    commands = [
        line for line in messages(account)[-1]["Message"].splitlines() if line.startswith("aws lambda")
    ]
    payloads = []
    for command in commands:
        words = shlex.split(command)
        assert words[words.index("--function-name") + 1] == ANSWER
        assert words[words.index("--region") + 1] == REGION
        payloads.append(json.loads(words[words.index("--payload") + 1]))
    asked = {"run": RUN, "at": "image", "reason": "why"}
    assert payloads == [{**asked, "answer": "approve"}, {**asked, "answer": "reject"}]


def test_a_subject_is_in_ascii_and_has_its_outcome() -> None:
    group = "웹" + "a" * 200

    subject = request._subject(group)

    assert len(subject) == 100
    assert subject.startswith("golden image of ?aaa")
    assert subject.endswith("a: approval needed")


def test_a_message_that_cannot_be_sent_is_an_error(account: Account) -> None:
    _, template = begun(account)
    account.faults(
        {"service": "sns", "action": "Publish", "when": "before", "effect": "error", "status": 403}
    )

    with pytest.raises(Exception, match="Publish"):
        request.request(RUN, TOKEN, "image", 300, template)


def test_a_run_that_is_over_asks_nobody(account: Account) -> None:
    _, template = begun(account)
    ledger.claim_undo(RUN)
    ledger.unlock(RUN)
    account.forget_calls()

    with pytest.raises(RunSettled):
        request.request(RUN, TOKEN, "image", 300, template)

    assert messages(account) == []
