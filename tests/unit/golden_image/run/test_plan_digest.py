"""The digest of a plan: the same for runs that do the same, and another one where anything has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from golden_image.errors import PlanOutdated
from golden_image.run import plan, plan_digest, request
from tests.unit.account import OTHER_RUN, RUN
from tests.unit.golden_image.group.templates import existing

if TYPE_CHECKING:
    from collections.abc import Callable

    from golden_image.model.plan import Plan
    from tests.unit.account import Account

# The ledger knows of a stopped source whether it is owed.
pytestmark = pytest.mark.usefixtures("ledger_table")


def sealed(source_id: str, run: str = RUN, wanted: str | None = None, **fields: Any) -> Plan:
    """The plan that Plan Refresh answers."""
    asked = {"sourceInstanceId": source_id, "autoScalingGroupName": "web", "rollout": "none", **fields}
    return plan_digest.sealed(plan.make(run, request.parse(asked)), wanted)


def test_two_runs_of_the_same_input_have_the_same_digest_dry_or_not(account: Account) -> None:
    account.group()
    source_id = account.seed()
    first, second = sealed(source_id, dryRun=True), sealed(source_id, OTHER_RUN)
    assert first.image.name != second.image.name
    assert first.digest == second.digest
    assert len(first.digest) == 64
    assert sealed(source_id, wanted=first.digest).digest == first.digest


def scale(account: Account, _: str) -> None:
    account.client("autoscaling").set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=3)


def add_a_version(account: Account, _: str) -> None:
    account.client("ec2").create_launch_template_version(
        LaunchTemplateName="web", SourceVersion="1", LaunchTemplateData={"UserData": "bmV3"}
    )
    used = {"LaunchTemplateName": "web", "Version": "2"}
    account.client("autoscaling").update_auto_scaling_group(AutoScalingGroupName="web", LaunchTemplate=used)


def stop_the_source(account: Account, source_id: str) -> None:
    account.client("ec2").stop_instances(InstanceIds=[source_id])


@pytest.mark.parametrize("act", [scale, add_a_version, stop_the_source])
def test_a_run_is_refused_where_somebody_has_changed_something_since_the_plan(
    account: Account, act: Callable[[Account, str], None]
) -> None:
    template_id = existing(account, UserData="b2xk")
    account.group(LaunchTemplate={"LaunchTemplateId": template_id, "Version": "1"})
    source_id = account.seed()
    seen = sealed(source_id).digest

    act(account, source_id)

    with pytest.raises(PlanOutdated, match=rf"planDigest is {seen}.*Start a dry run with the same input"):
        sealed(source_id, wanted=seen)


def test_a_version_that_the_group_does_not_launch_is_no_change(account: Account) -> None:
    template_id = existing(account, UserData="b2xk")
    account.group(LaunchTemplate={"LaunchTemplateId": template_id, "Version": "1"})
    source_id = account.seed()
    seen = sealed(source_id)
    account.client("ec2").create_launch_template_version(
        LaunchTemplateName="web", SourceVersion="1", LaunchTemplateData={"UserData": "bmV3"}
    )
    again = sealed(source_id, wanted=seen.digest)
    assert (seen.launch_template.next_version, again.launch_template.next_version) == (2, 3)


def test_another_content_of_what_the_group_launches_until_then_is_no_change(account: Account) -> None:
    existing(account)
    account.group(LaunchTemplate={"LaunchTemplateName": "web-by-hand", "Version": "$Latest"})
    source_id = account.seed()
    seen = sealed(source_id)
    account.client("ec2").create_launch_template_version(
        LaunchTemplateName="web-by-hand", SourceVersion="1", LaunchTemplateData={"EbsOptimized": True}
    )
    again = sealed(source_id, wanted=seen.digest)
    assert again.launch_template.differences != seen.launch_template.differences


def test_the_order_in_which_aws_answers_subnets_is_no_change(account: Account) -> None:
    subnets = account.subnets()[:2]
    account.group(VPCZoneIdentifier=",".join(subnets))
    source_id = account.seed()
    seen = sealed(source_id).digest
    account.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName="web", VPCZoneIdentifier=",".join(reversed(subnets))
    )
    assert sealed(source_id).digest == seen


@pytest.mark.parametrize(
    "changed",
    [
        {"launchTemplate": {"userData": "echo other"}},
        {"launchTemplate": {"tags": {"Team": "other"}}},
        {"image": {"name": "stated"}},
        {"image": {"description": "stated"}},
        {"timeouts": {"stop": 901}},
        {"approval": {"at": ["image"]}},
    ],
)
def test_another_input_has_another_digest(account: Account, changed: dict[str, Any]) -> None:
    existing(account)
    account.group()
    source_id = account.seed()
    fields = {"launchTemplate": {"userData": "echo one", "tags": {"Team": "one"}}}
    assert sealed(source_id, **fields).digest != sealed(source_id, **{**fields, **changed}).digest


def test_the_sources_user_data_counts_where_the_template_is_new(account: Account) -> None:
    source_id = account.seed(userData="echo one")
    before = sealed(source_id).digest
    account.client("ec2").stop_instances(InstanceIds=[source_id])
    account.instance(source_id).user_data = "ZWNobyB0d28="
    account.client("ec2").start_instances(InstanceIds=[source_id])
    assert sealed(source_id).digest != before
