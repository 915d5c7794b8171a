"""A roll of a failed run is rolled back by AWS, or by another refresh, and never all at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from golden_image import aws
from golden_image.errors import RollBackIncomplete, ServiceUnavailable
from golden_image.model.launch_template import LaunchTemplate
from golden_image.model.stage import Stage
from golden_image.roll_out import refresh
from golden_image.run import ledger, made
from golden_image.undo import rolling_back, undo
from tests.unit.account import RUN, UNDO

if TYPE_CHECKING:
    from golden_image.model.plan import Plan
    from golden_image.undo.rolling_back import RolledBack
    from tests.unit.account import Account

pytestmark = pytest.mark.usefixtures("ledger_table")
NAME = {"AutoScalingGroupName": "web"}
# Virtual seconds: until the first instance of the new version is in service, and the others are not yet.
HALF_WAY = 120


def golden(account: Account) -> LaunchTemplate:
    """The version that the run has made, in a template of its own, and has noted."""
    data = {"ImageId": "ami-0123456789abcdef1", "InstanceType": "t3.small"}
    found = account.client("ec2").create_launch_template(LaunchTemplateName="web", LaunchTemplateData=data)
    version = LaunchTemplate(found["LaunchTemplate"]["LaunchTemplateId"], "web", 1)
    made.note(RUN, made.TEMPLATE_VERSIONS, [version.version_id])
    return version


def rolled(account: Account, **rolling: Any) -> Plan:
    """The plan of a run that has begun to roll the group of two, and stands still."""
    if not account.found_group():
        account.group()
    plan = account.plan(account.seed(), rollout="rolling", rolling={"instanceWarmup": 60, **rolling})
    ledger.lock(plan, UNDO)
    assert plan.rolling is not None
    account.freeze()
    refresh.start(RUN, "web", Stage(1, golden(account), plan.rolling, plan.timeouts))
    return plan


def look(plan: Plan) -> RolledBack:
    """One look at the roll."""
    row = ledger.read(RUN)
    assert row is not None
    assert plan.rolling is not None
    with aws.named_errors():
        return rolling_back.roll_back(plan, plan.rolling, row.made.template_versions)


def refreshes(account: Account) -> list[Any]:
    """The group's refreshes, the newest first."""
    found: list[Any] = account.client("autoscaling").describe_instance_refreshes(**NAME)["InstanceRefreshes"]
    return found


def versions(account: Account) -> list[str]:
    """The names of the templates that members were launched from."""
    members = account.found_group()["Instances"]
    return sorted(one.get("LaunchTemplate", {}).get("LaunchTemplateName", "none") for one in members)


def fails(account: Account, action: str, code: str) -> None:
    account.faults({"service": "autoscaling", "action": action, "code": code, "status": 400})


def test_a_refresh_under_way_is_rolled_back_once(account: Account) -> None:
    plan = rolled(account)
    for _ in range(2):
        told = look(plan).waits_for
        assert told is not None
        assert refreshes(account)[0]["InstanceRefreshId"] in told
    assert account.calls("RollbackInstanceRefresh") == [NAME]
    account.flow()
    assert look(plan).waits_for is None
    assert versions(account) == ["web-by-hand"] * 2
    assert len(refreshes(account)) == 1


def test_what_aws_cannot_roll_back_is_cancelled(account: Account) -> None:
    plan = rolled(account)
    fails(account, "RollbackInstanceRefresh", "IrreversibleInstanceRefresh")
    assert look(plan).waits_for is not None
    assert account.calls("CancelInstanceRefresh") == [NAME]


def test_one_that_ended_in_the_same_moment_is_looked_at_again(account: Account) -> None:
    plan = rolled(account)
    fails(account, "RollbackInstanceRefresh", "ActiveInstanceRefreshNotFound")
    assert look(plan).waits_for is not None
    assert account.calls("CancelInstanceRefresh") == []


def test_a_roll_that_has_succeeded_is_gone_back_on(account: Account) -> None:
    plan = rolled(account)
    account.flow()
    assert versions(account) == ["web"] * 2
    account.freeze()
    assert look(plan).given.left
    assert account.found_group()["LaunchTemplate"]["LaunchTemplateName"] == "web-by-hand"
    told = look(plan).waits_for
    assert told is not None
    assert told.startswith("2 instances of the run's version are left (i-")
    (_, back) = account.calls("StartInstanceRefresh")
    assert back == {
        **NAME,
        "Strategy": "Rolling",
        "Preferences": {
            "AutoRollback": False,
            "InstanceWarmup": 60,
            "MaxHealthyPercentage": 110,
            "MinHealthyPercentage": 100,
            "ScaleInProtectedInstances": "Refresh",
            "SkipMatching": True,
            "StandbyInstances": "Terminate",
        },
    }
    assert look(plan).waits_for is not None
    assert len(refreshes(account)) == 2
    account.flow()
    assert look(plan).waits_for is None
    assert versions(account) == ["web-by-hand"] * 2


def test_a_lost_answer_of_the_way_back_starts_no_second_one(account: Account) -> None:
    plan = rolled(account)
    account.flow()
    assert versions(account) == ["web"] * 2
    account.freeze()
    look(plan)
    account.lose_answer("autoscaling", "StartInstanceRefresh")
    with pytest.raises(ServiceUnavailable):
        look(plan)
    assert look(plan).waits_for is not None
    assert len(refreshes(account)) == 2


def test_a_refresh_of_somebody_else_is_waited_for_and_not_ended(account: Account) -> None:
    plan = rolled(account)
    account.flow()
    assert versions(account) == ["web"] * 2
    account.freeze()
    look(plan)
    theirs = account.client("autoscaling").start_instance_refresh(**NAME)["InstanceRefreshId"]
    told = look(plan).waits_for
    assert told is not None
    assert theirs in told
    assert account.calls("RollbackInstanceRefresh", "CancelInstanceRefresh") == []
    assert len(refreshes(account)) == 2


def test_without_an_instance_of_the_run_somebodys_refresh_keeps_nothing(account: Account) -> None:
    plan = rolled(account)
    look(plan)
    account.flow()
    assert versions(account) == ["web-by-hand"] * 2
    account.freeze()
    account.client("autoscaling").start_instance_refresh(**NAME)
    assert look(plan).waits_for is None


def test_a_group_that_cannot_launch_from_before_stays_with_both(account: Account) -> None:
    plan = rolled(account)
    account.flow()
    assert versions(account) == ["web"] * 2
    account.client("ec2").delete_launch_template(LaunchTemplateName="web-by-hand")
    done = look(plan)
    assert done.waits_for is None
    assert done.given.stays is not None
    assert "the version from before cannot launch" in done.given.stays


def test_a_refresh_whose_way_back_cannot_launch_is_cancelled(account: Account) -> None:
    plan = rolled(account)
    account.client("ec2").delete_launch_template(LaunchTemplateName="web-by-hand")
    assert look(plan).waits_for is not None
    assert account.calls("RollbackInstanceRefresh") == []
    assert account.calls("CancelInstanceRefresh") == [NAME]


def test_a_group_of_which_half_is_rolled_launches_from_what_can_launch(account: Account) -> None:
    plan = rolled(account)
    account.world.clock.skip(HALF_WAY)
    assert set(versions(account)) == {"web", "web-by-hand"}
    account.client("ec2").delete_launch_template(LaunchTemplateName="web-by-hand")
    assert look(plan).waits_for is not None
    account.flow()
    account.freeze()
    for _ in range(2):
        done = look(plan)
        assert done.waits_for is None
        assert done.given.stays is not None
        assert account.found_group()["LaunchTemplate"]["LaunchTemplateName"] == "web"
    assert len(account.calls("StartInstanceRefresh")) == 1


def on_a_configuration(account: Account) -> None:
    """Make the group with a launch configuration."""
    autoscaling = account.client("autoscaling")
    account.group("other")
    autoscaling.create_launch_configuration(
        LaunchConfigurationName="old", ImageId="ami-0123456789abcdef0", InstanceType="t3.small"
    )
    autoscaling.create_auto_scaling_group(
        **NAME,
        LaunchConfigurationName="old",
        MinSize=0,
        MaxSize=3,
        DesiredCapacity=2,
        VPCZoneIdentifier=account.subnets()[0],
    )


def test_no_instance_is_compared_with_a_launch_configuration(account: Account) -> None:
    on_a_configuration(account)
    plan = rolled(account)
    account.flow()
    assert versions(account) == ["web"] * 2
    account.freeze()
    look(plan)
    assert account.found_group()["LaunchConfigurationName"] == "old"
    assert look(plan).waits_for is not None
    (_, back) = account.calls("StartInstanceRefresh")
    assert back["Preferences"]["SkipMatching"] is False
    account.flow()
    assert look(plan).waits_for is None
    assert versions(account) == ["none"] * 2


def test_the_limit_of_an_undo_grows_by_the_time_of_the_rollout(account: Account) -> None:
    plan = rolled(account)
    assert undo.undo(RUN, 3600, 3600).done is False
    with pytest.raises(RollBackIncomplete, match=r"waits for this: the instance refresh .* is Roll"):
        undo.undo(RUN, 3600 + plan.timeouts.rollout, 3600)


def own_ids(account: Account) -> list[str]:
    """The members of the run's version, and how the others of the group's members are not."""
    members = account.found_group()["Instances"]
    return [
        one["InstanceId"]
        for one in members
        if one.get("LaunchTemplate", {}).get("LaunchTemplateName") == "web"
    ]


def test_what_is_on_its_way_out_starts_no_refresh(account: Account) -> None:
    """Without a comparison it would replace again all that are as before."""
    on_a_configuration(account)
    plan = rolled(account)
    account.flow()
    assert versions(account) == ["web"] * 2
    account.freeze()
    look(plan)
    for one in own_ids(account):
        account.client("autoscaling").terminate_instance_in_auto_scaling_group(
            InstanceId=one, ShouldDecrementDesiredCapacity=False
        )
    told = look(plan).waits_for
    assert told is not None
    assert told.startswith("2 instances of the run's version are left (i-")
    assert len(account.calls("StartInstanceRefresh")) == 1
    account.flow()
    assert look(plan).waits_for is None
    assert versions(account) == ["none"] * 2


def protect(account: Account, *instance_ids: str) -> None:
    account.client("autoscaling").set_instance_protection(
        **NAME, InstanceIds=list(instance_ids), ProtectedFromScaleIn=True
    )


def somebodys(account: Account) -> str:
    """Put an instance of somebody else into the group, and protect it; its id."""
    theirs = account.seed()
    account.client("autoscaling").attach_instances(**NAME, InstanceIds=[theirs])
    protect(account, theirs)
    return theirs


def test_instances_that_a_refresh_has_to_ignore_are_reported(account: Account) -> None:
    plan = rolled(account, scaleInProtectedInstances="Ignore")
    account.flow()
    assert versions(account) == ["web"] * 2
    account.freeze()
    look(plan)
    kept, _ = own_ids(account)
    theirs = somebodys(account)
    protect(account, kept)
    assert look(plan).waits_for is not None
    account.flow()
    done = look(plan)
    assert (done.waits_for, done.given.ignored) == (None, [kept])
    assert own_ids(account) == [kept]
    assert theirs in [one["InstanceId"] for one in account.found_group()["Instances"]]
    look(plan)
    assert len(account.calls("StartInstanceRefresh")) == 2
    check = undo.undo(RUN, 60, 3600)
    while not check.done:
        check = undo.undo(RUN, 60, 3600)
    assert f"Ignore: {kept}. End them: aws autoscaling terminate-instance" in check.roll_back


def test_those_of_the_run_go_whatever_protects_them_where_nobody_elses_is_protected(account: Account) -> None:
    plan = rolled(account, scaleInProtectedInstances="Ignore")
    account.flow()
    assert versions(account) == ["web"] * 2
    protect(account, *own_ids(account))
    theirs = account.seed()
    account.client("autoscaling").attach_instances(**NAME, InstanceIds=[theirs])
    account.freeze()
    look(plan)
    look(plan)
    account.flow()
    assert look(plan).waits_for is None
    assert own_ids(account) == []


def roll_by_hand(account: Account) -> str:
    """Somebody starts a refresh to a version of the old template; its id."""
    made = account.client("ec2").create_launch_template_version(
        LaunchTemplateName="web-by-hand", SourceVersion="1", LaunchTemplateData={"EbsOptimized": True}
    )["LaunchTemplateVersion"]
    used = {"LaunchTemplateName": "web-by-hand", "Version": str(made["VersionNumber"])}
    started = account.client("autoscaling").start_instance_refresh(
        **NAME, DesiredConfiguration={"LaunchTemplate": used}
    )
    theirs: str = started["InstanceRefreshId"]
    return theirs


@pytest.mark.parametrize("ends", ["Successful", "Cancelled"])
def test_a_refresh_that_is_to_give_the_group_another_version_is_waited_for(
    account: Account, ends: str
) -> None:
    """Auto Scaling takes no other version meanwhile."""
    plan = rolled(account)
    account.flow()
    assert versions(account) == ["web"] * 2
    account.freeze()
    theirs = roll_by_hand(account)
    for _ in range(2):
        assert look(plan).waits_for == f"the instance refresh {theirs} is Pending"
    assert account.calls("UpdateAutoScalingGroup", "CancelInstanceRefresh") == []
    if ends == "Cancelled":
        account.client("autoscaling").cancel_instance_refresh(**NAME)
    account.flow()
    assert refreshes(account)[0]["Status"] == ends
    while (told := look(plan)).waits_for or told.given.left:
        pass
    used = account.found_group()["LaunchTemplate"]
    assert used["LaunchTemplateName"] == "web-by-hand"
    assert used["Version"] == ("2" if ends == "Successful" else "1")
    assert versions(account) == ["web-by-hand"] * 2
