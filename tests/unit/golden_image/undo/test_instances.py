from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from golden_image.errors import RollBackIncomplete
from golden_image.group import launch_template
from golden_image.model.stage import Stage
from golden_image.roll_out import capacity, refresh
from golden_image.run import ledger
from tests.unit.account import RUN, UNDO
from tests.unit.golden_image.group.templates import existing
from tests.unit.golden_image.undo.test_undo import DENIED, carry_out, one_pass, undo

if TYPE_CHECKING:
    from golden_image.model.plan import Plan
    from tests.unit.account import Account

pytestmark = pytest.mark.usefixtures("ledger_table")


def running(account: Account) -> dict[str, str]:
    """The group's instances that stay, with the versions that they were launched from."""
    members = account.found_group()["Instances"]
    return {
        i["InstanceId"]: f"{i['LaunchTemplate']['LaunchTemplateName']}/{i['LaunchTemplate']['Version']}"
        for i in members
        if not i["LifecycleState"].startswith("Terminating")
    }


def recreated(account: Account) -> Plan:
    """A recreate of the group that has brought its capacity back from the new image."""
    plan = account.plan(account.seed(), rollout="recreate")
    carry_out(plan)
    capacity.restore(plan.run, plan.group.name, plan.group.stated_sizes)
    assert running(account)
    return plan


def test_instances_of_the_runs_version_are_replaced_by_those_of_before(account: Account) -> None:
    account.group(MinSize=1)
    recreated(account)
    launched = running(account)
    assert set(launched.values()) == {"web/1"}

    undo()

    now = running(account)
    assert set(now.values()) == {"web-by-hand/1"}
    assert launched.keys().isdisjoint(now)
    assert all(account.state(name) in {"shutting-down", "terminated"} for name in launched)


@pytest.mark.parametrize("whose", ["from before", "set by somebody after the update"])
def test_instances_of_a_group_that_takes_the_latest_version_are_replaced_once(
    account: Account, whose: str
) -> None:
    """Before the run's version is gone, `$Latest` is that version: instances would be ended for ever."""
    latest = {"LaunchTemplateId": existing(account, ImageId=image(account)), "Version": "$Latest"}
    account.group(MinSize=1, LaunchTemplate=latest if whose == "from before" else latest | {"Version": "1"})
    recreated(account)
    account.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName="web", **({} if whose == "from before" else {"LaunchTemplate": latest})
    )
    launched = running(account)
    assert set(launched.values()) == {"web/2"}
    account.forget_calls()

    undo()

    now = running(account)
    assert set(now.values()) == {"web/1"}
    assert len(account.calls("TerminateInstanceInAutoScalingGroup")) == len(launched) == len(now)


@pytest.mark.parametrize("version", ["$Latest", "$Default"])
def test_a_rolled_group_that_somebody_gives_the_latest_version_goes_back_once_that_is_gone(
    account: Account, version: str
) -> None:
    """A refresh to the latest version would replace the instances of before by those of the run."""
    image_id = image(account)
    template_id = existing(account, ImageId=image_id)
    account.group(MinSize=1, LaunchTemplate={"LaunchTemplateId": template_id, "Version": "1"})
    plan = account.plan(account.seed(), rollout="rolling", rolling={"instanceWarmup": 60})
    assert plan.rolling is not None
    ledger.lock(plan, UNDO)
    account.freeze()
    made = launch_template.create(RUN, plan.source.instance_id, plan.launch_template, image_id, None)
    refresh.start(RUN, "web", Stage(1, made, plan.rolling, plan.timeouts))
    account.flow()
    assert set(running(account).values()) == {"web/2"}
    account.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName="web", LaunchTemplate={"LaunchTemplateId": template_id, "Version": version}
    )
    account.freeze()

    waited, waits = 0, []
    while not (check := one_pass(waited)).done:
        waits.append(check.progress)
        waited += check.wait_seconds
        account.flow()
        account.freeze()

    assert set(running(account).values()) == {"web/1"}
    assert len(account.calls("StartInstanceRefresh")) == 2
    assert waits[0].startswith("launch template 'web', instances of the run") == (version == "$Latest")
    assert "kept as somebody else has set it in 'web' since: launch template" in check.roll_back


def test_instances_are_not_replaced_while_the_runs_version_is_there(account: Account) -> None:
    latest = {"LaunchTemplateId": existing(account, ImageId=image(account)), "Version": "$Latest"}
    account.group(MinSize=1, LaunchTemplate=latest)
    recreated(account)
    one_pass()
    launched = running(account)
    account.faults({"action": "DeleteLaunchTemplateVersions", **DENIED})

    with pytest.raises(RollBackIncomplete, match=r"instances of the run in 'web' \(kept while"):
        one_pass(20)

    assert running(account) == launched


def test_instances_of_the_runs_version_in_a_warm_pool_are_told(account: Account) -> None:
    account.group(MinSize=1)
    account.client("autoscaling").put_warm_pool(AutoScalingGroupName="web")
    recreated(account)
    pool = account.client("autoscaling").describe_warm_pool(AutoScalingGroupName="web")["Instances"]
    assert pool
    told = undo()
    assert told.endswith(
        "; the warm pool of 'web' has instances of the run's version, which the next ones in service come "
        f"from: {', '.join(one['InstanceId'] for one in pool)}. Delete the warm pool and make it again"
    )


def image(account: Account) -> str:
    """An image from before the run, from which EC2 launches."""
    ec2 = account.client("ec2")
    made: str = ec2.create_image(InstanceId=account.seed(), Name="old", NoReboot=True)["ImageId"]
    ec2.describe_images(ImageIds=[made])
    return made
