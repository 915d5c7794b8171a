"""The types that a mixed instances policy names take the place of the version's own, which may have none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from golden_image.errors import InvalidInput
from golden_image.generation import launch
from golden_image.group import mixed, proof
from golden_image.model.generation import Generation, GenerationImage
from golden_image.model.launch_template import LaunchTemplate
from golden_image.prove_image import canary
from tests.unit.account import RUN
from tests.unit.golden_image.group.templates import IMAGE, OWN

if TYPE_CHECKING:
    from tests.unit.account import Account

pytestmark = pytest.mark.usefixtures("open_runs")


def template(account: Account, **data: Any) -> LaunchTemplate:
    """The template `web` of this stack, whose version names no type."""
    made = account.client("ec2").create_launch_template(
        LaunchTemplateName="web",
        LaunchTemplateData={"ImageId": IMAGE, **data},
        TagSpecifications=[{"ResourceType": "launch-template", "Tags": OWN}],
    )
    return LaunchTemplate(made["LaunchTemplate"]["LaunchTemplateId"], "web", 1)


def group_of(account: Account, *types: str, **data: Any) -> LaunchTemplate:
    """An empty group `web` whose overrides name the types."""
    own = template(account, **data)
    used = {"LaunchTemplateId": own.id, "Version": "1"}
    overrides = [{"InstanceType": one} for one in types]
    account.client("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName="web",
        MinSize=0,
        MaxSize=0,
        VPCZoneIdentifier=account.subnets()[0],
        MixedInstancesPolicy={
            "LaunchTemplate": {"LaunchTemplateSpecification": used, "Overrides": overrides}
        },
    )
    account.forget_calls()
    return own


def test_the_types_of_the_overrides_are_judged_and_tried(account: Account) -> None:
    group_of(account, "t3.medium", "t4g.small", "t3.small", InstanceType="m1.small")
    plan = account.plan(account.seed())
    assert plan.launch_template.types == ("t3.medium", "t3.small")
    (warning,) = [one for one in plan.warnings if "t4g.small" in one]
    assert "launches nothing of some types of its mixed instances policy: t4g.small runs arm64" in warning
    # The version from before is tried too, which has another image.
    tried = [one for one in account.calls("RunInstances") if one["ImageId"] == plan.source.image_id]
    assert [call["InstanceType"] for call in tried] == ["t3.medium"]


def test_a_version_needs_no_type_where_overrides_name_some(account: Account) -> None:
    group_of(account, "t3.small")
    plan = account.plan(account.seed())
    assert (plan.launch_template.types, "InstanceType" in plan.launch_template.data) == (("t3.small",), False)


def test_overrides_of_which_none_could_launch_the_image_are_refused(account: Account) -> None:
    group_of(account, "t3.small", "t3.smal")
    with pytest.raises(InvalidInput) as refused:
        account.plan(account.seed(instanceType="t4g.small", architecture="arm64"))
    ((field, message),) = [(one.field, one.message) for one in refused.value.fields]
    assert field == "autoScalingGroupName"
    assert "names no type that could launch the image: t3.small runs x86_64" in message
    assert "t3.smal is no instance type of this Region. Change its overrides" in message


def test_a_type_of_the_input_that_overrides_replace_is_warned_of(account: Account) -> None:
    group_of(account, "t3.small")
    warnings = account.plan(account.seed(), launchTemplate={"instanceType": "t3.medium"}).warnings
    assert any("launchTemplate.instanceType has no effect" in one for one in warnings)


def test_a_group_that_chooses_by_requirements_is_judged_by_the_types_that_it_has(account: Account) -> None:
    found: Any = account.group()
    requirements = {"InstanceRequirements": {"VCpuCount": {"Min": 2}, "MemoryMiB": {"Min": 4096}}}
    policy = {"MixedInstancesPolicy": {"LaunchTemplate": {"Overrides": [requirements]}}}
    assert (mixed.types(found), mixed.types(found | policy)) == ((), ("t3.small",))


def test_proof_and_canary_are_of_the_first_type_of_the_overrides(account: Account) -> None:
    own, subnets = template(account), tuple(account.subnets()[:1])
    types = ("t3.medium", "t3.small")
    proof.prove(own, subnets, types)
    made = GenerationImage(id=IMAGE, name="web", snapshot_ids=())
    launch.prove(Generation("web", 1, RUN, made, own, None, ""), subnets, types)
    instance_id = canary.launch(RUN, None, own, subnets, types)
    assert {call["InstanceType"] for call in account.calls("RunInstances")} == {"t3.medium"}
    assert account.instance(instance_id).instance_type == "t3.medium"
