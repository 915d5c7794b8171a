from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from golden_image.errors import LaunchTemplateNotSupported
from golden_image.group import launch_template
from tests.unit.account import RUN

if TYPE_CHECKING:
    from tests.unit.account import Account

OWN = [{"ResourceType": "launch-template", "Tags": [{"Key": "golden-image:stack", "Value": "refresh"}]}]


@pytest.fixture
def template_id(account: Account) -> str:
    """The template `web`, which this stack may add versions to."""
    made = account.client("ec2").create_launch_template(
        LaunchTemplateName="web",
        LaunchTemplateData={"ImageId": "ami-0123456789abcdef0", "InstanceType": "t3.small"},
        TagSpecifications=OWN,
    )
    template_id: str = made["LaunchTemplate"]["LaunchTemplateId"]
    return template_id


def make(account: Account, name: str, **launches: Any) -> None:
    account.client("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName=name, MinSize=0, MaxSize=0, VPCZoneIdentifier=account.subnets()[0], **launches
    )


def mixed(base: dict[str, str], *overrides: dict[str, Any]) -> dict[str, Any]:
    policy = {"LaunchTemplateSpecification": base, "Overrides": list(overrides)}
    return {"MixedInstancesPolicy": {"LaunchTemplate": policy}}


WEB, BY_HAND = {"LaunchTemplateName": "web"}, {"LaunchTemplateName": "other-by-hand", "Version": "1"}


@pytest.mark.parametrize(
    ("launches", "version"),
    [
        ({"LaunchTemplate": WEB | {"Version": "$Latest"}}, "$Latest"),
        ({"LaunchTemplate": WEB | {"Version": "$Default"}}, "$Default"),
        ({"LaunchTemplate": WEB}, "$Default"),
        (mixed(WEB | {"Version": "$Latest"}), "$Latest"),
        (
            mixed(
                BY_HAND,
                {"InstanceType": "t3.large", "LaunchTemplateSpecification": WEB | {"Version": "$Latest"}},
            ),
            "$Latest",
        ),
    ],
)
@pytest.mark.usefixtures("template_id")
def test_another_group_that_would_launch_the_new_version_is_named(
    account: Account, launches: dict[str, Any], version: str
) -> None:
    account.group("other")
    make(account, "second", **launches)
    source_id = account.seed()
    for dry_run in (True, False):
        account.forget_calls()
        with pytest.raises(LaunchTemplateNotSupported) as raised:
            account.plan(source_id, dryRun=dry_run)
        assert f"before it is proven: 'second' ({version}). Give them the number" in str(raised.value)
        assert account.changes() == []
    assert account.plan(source_id, launchTemplateName="web-2").launch_template.name == "web-2"


def test_a_group_by_the_templates_id_is_named_too(account: Account, template_id: str) -> None:
    make(account, "second", LaunchTemplate={"LaunchTemplateId": template_id, "Version": "$Latest"})
    make(account, "third", LaunchTemplate={"LaunchTemplateId": template_id, "Version": "$Default"})
    source_id = account.seed()
    with pytest.raises(LaunchTemplateNotSupported, match=r"'second' \(\$Latest\), 'third' \(\$Default\)"):
        account.plan(source_id)


def test_a_group_on_the_last_page_is_found(account: Account, template_id: str) -> None:
    for number in range(51):
        make(account, f"g{number:02}", LaunchTemplate={"LaunchTemplateId": template_id, "Version": "1"})
    source_id = account.seed()
    assert account.plan(source_id).launch_template.id == template_id
    make(account, "last", LaunchTemplate={"LaunchTemplateId": template_id, "Version": "$Latest"})
    with pytest.raises(LaunchTemplateNotSupported, match="'last'"):
        account.plan(source_id)


@pytest.mark.parametrize("version", ["$Latest", "$Default"])
def test_the_runs_own_group_may_take_the_newest_version_and_is_told(
    account: Account, template_id: str, version: str
) -> None:
    account.group(LaunchTemplate={"LaunchTemplateId": template_id, "Version": version}, DesiredCapacity=0)
    (warning,) = account.plan(account.seed()).warnings
    assert f"'web' takes {version} of launch template 'web'" in warning


def test_other_templates_do_not_matter(account: Account, template_id: str) -> None:
    assert template_id
    account.group("other", LaunchTemplate={"LaunchTemplateName": "other-by-hand", "Version": "$Latest"})
    assert account.plan(account.seed()).launch_template.id == template_id


@pytest.mark.usefixtures("open_runs")
def test_a_group_that_floats_on_the_template_since_the_plan_is_named_before_the_version_is_made(
    account: Account, template_id: str
) -> None:
    account.group(LaunchTemplate={"LaunchTemplateId": template_id, "Version": "1"})
    source_id = account.seed()
    plan = account.plan(source_id, rollout="none").launch_template
    make(account, "second", LaunchTemplate={"LaunchTemplateId": template_id, "Version": "$Latest"})
    account.forget_calls()
    with pytest.raises(LaunchTemplateNotSupported, match=r"before it is proven: 'second' \(\$Latest\)"):
        launch_template.create(RUN, source_id, plan, "ami-0123456789abcdef1", None)
    assert account.changes() == []
