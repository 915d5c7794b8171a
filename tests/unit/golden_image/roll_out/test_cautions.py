from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from golden_image.group import group
from golden_image.image import registration
from golden_image.model.image import Image
from golden_image.roll_out import cautions
from golden_image.source import facts
from tests.unit.account import OTHER_RUN, WEB

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.account import Account

ELB = {"HealthCheckType": "ELB", "HealthCheckGracePeriod": 300}


def warnings(account: Account, chosen: str = "recreate", **stated: Any) -> tuple[str, ...]:
    return account.plan(account.seed(), rollout=chosen, group=stated).warnings


def test_a_plain_group_has_nothing_to_warn_of(account: Account) -> None:
    account.group()
    assert [warnings(account, chosen) for chosen in ("drain", "recreate", "none")] == [(), (), ()]


# Health


def test_a_new_group_gets_the_consoles_grace_period(account: Account) -> None:
    wanted = {"targetGroupArns": [WEB], "healthCheckType": "ELB"}
    plan = account.plan(account.seed(), group=wanted)
    assert (plan.group.health_check_grace_period, plan.warnings) == (300, ())
    own = account.plan(account.seed(), group=wanted | {"healthCheckGracePeriod": 20})
    assert own.group.health_check_grace_period == 20


def test_a_new_group_without_a_grace_period_is_warned_of(account: Account) -> None:
    stated = {"targetGroupArns": [WEB], "healthCheckType": "ELB", "healthCheckGracePeriod": 0}
    (warning,) = warnings(account, **stated)
    assert "'web' checks its load balancer's health with a grace period of 0 s" in warning


@pytest.mark.parametrize(
    ("has", "stated", "warned"),
    [
        ({"HealthCheckType": "ELB", "TargetGroupARNs": [WEB]}, {}, True),
        ({"TargetGroupARNs": [WEB]}, {"healthCheckType": "ELB"}, True),
        ({}, {"healthCheckType": "ELB", "targetGroupArns": [WEB]}, True),
        ({"TargetGroupARNs": [WEB]}, {"healthCheckType": "ELB", "healthCheckGracePeriod": 60}, False),
        (ELB | {"TargetGroupARNs": [WEB]}, {}, False),
        (ELB | {"TargetGroupARNs": [WEB]}, {"healthCheckGracePeriod": 0}, True),
        ({"HealthCheckType": "EC2", "TargetGroupARNs": [WEB]}, {}, False),
    ],
)
def test_elb_checks_without_a_grace_period_are_warned_of(
    account: Account, has: dict[str, Any], stated: dict[str, Any], warned: bool
) -> None:
    account.group(**has)
    assert any("with a grace period of 0 s" in one for one in warnings(account, **stated)) == warned


@pytest.mark.parametrize("existing", [True, False])
def test_elb_checks_without_a_load_balancer_are_warned_of(account: Account, existing: bool) -> None:
    if existing:
        account.group()
    (warning,) = warnings(account, healthCheckType="ELB")
    assert "'web' checks its load balancer's health and has none" in warning


def test_a_group_that_loses_its_load_balancer_is_warned_of(account: Account) -> None:
    account.group(**ELB, TargetGroupARNs=[WEB])
    assert any("and has none" in one for one in warnings(account, targetGroupArns=[]))


# Processes


@pytest.mark.parametrize(
    ("chosen", "suspended", "says"),
    [
        ("none", "Launch", "no instance gets the new image before it is resumed"),
        ("none", "AddToLoadBalancer", "get no traffic until somebody registers them"),
        ("none", "HealthCheck", None),
        ("none", "Terminate", None),
        ("drain", "HealthCheck", None),
        ("drain", "ReplaceUnhealthy", None),
        ("recreate", "HealthCheck", "a new instance that fails its checks counts as healthy"),
        ("recreate", "ReplaceUnhealthy", "is not replaced"),
        ("recreate", "AZRebalance", None),
        ("recreate", "AlarmNotification", None),
        ("recreate", "ScheduledActions", None),
        ("recreate", "InstanceRefresh", None),
    ],
)
def test_a_suspended_process_is_warned_of_by_its_effect_on_the_rollout(
    account: Account, chosen: str, suspended: str, says: str | None
) -> None:
    account.group(**ELB, TargetGroupARNs=[WEB])
    account.client("autoscaling").suspend_processes(AutoScalingGroupName="web", ScalingProcesses=[suspended])
    found = warnings(account, chosen)
    assert found == () if says is None else f"'web' has suspended {suspended}: " in found[0]
    assert says is None or says in found[0]


def test_nobody_misses_traffic_without_a_load_balancer(account: Account) -> None:
    account.group()
    account.client("autoscaling").suspend_processes(
        AutoScalingGroupName="web", ScalingProcesses=["AddToLoadBalancer"]
    )
    assert [warnings(account, chosen) for chosen in ("drain", "recreate", "none")] == [(), (), ()]


def test_new_instances_that_the_next_rollout_could_not_end_are_warned_of(account: Account) -> None:
    account.group(NewInstancesProtectedFromScaleIn=True, MinSize=0, DesiredCapacity=0)
    found = {chosen: warnings(account, chosen, desiredCapacity=1) for chosen in ("recreate", "none")}
    found["drain"] = warnings(account, "drain")
    assert all("'web' protects new instances from scale-in" in told for (told,) in found.values())


@pytest.mark.usefixtures("open_runs")
@pytest.mark.parametrize(
    ("has", "stated", "misses"),
    [
        ({"LoadBalancerNames": ["classic"]}, [], True),
        ({"LoadBalancerNames": ["classic"]}, None, True),
        ({"TargetGroupARNs": [WEB]}, [], False),
        ({"TargetGroupARNs": [WEB]}, None, True),
    ],
)
def test_traffic_that_a_run_leaves_counts_where_target_groups_are_taken_away(
    account: Account, has: dict[str, Any], stated: list[str] | None, misses: bool
) -> None:
    account.group(**has)
    account.client("autoscaling").suspend_processes(
        AutoScalingGroupName="web", ScalingProcesses=["AddToLoadBalancer"]
    )
    wanted = {} if stated is None else {"targetGroupArns": stated}
    assert any("AddToLoadBalancer" in one for one in warnings(account, "none", **wanted)) == misses


# Warm pools, other traffic


@pytest.mark.parametrize(
    ("chosen", "pool", "says"),
    [
        ("none", {"MinSize": 1}, "keeps instances of the old image"),
        ("drain", {"InstanceReusePolicy": {"ReuseOnScaleIn": True}}, "drain waits until they have left it"),
        ("recreate", {"InstanceReusePolicy": {"ReuseOnScaleIn": True}}, "recreate waits until"),
        ("recreate", {}, None),
    ],
)
def test_a_warm_pool_is_warned_of_by_its_effect(
    account: Account, chosen: str, pool: dict[str, Any], says: str | None
) -> None:
    account.group()
    account.client("autoscaling").put_warm_pool(AutoScalingGroupName="web", **pool)
    found = warnings(account, chosen)
    assert found == () if says is None else says in found[0]


@pytest.mark.parametrize(
    "has",
    [
        {"LoadBalancerNames": ["classic"]},
        {"TrafficSources": [{"Identifier": "classic", "Type": "vpc-lattice"}]},
    ],
)
def test_health_that_is_not_waited_for_is_warned_of(account: Account, has: dict[str, Any]) -> None:
    account.group()
    plan = account.plan(account.seed(), rollout="recreate")
    found: Any = group.find("web")
    (warning,) = cautions.about(found | has, plan.group, plan.launch_template, "recreate")
    assert warning == "'web': the rollout does not wait until new instances are healthy in classic."
    assert cautions.about(found | has, plan.group, plan.launch_template, "none") == ()


# The way back


def deregister(account: Account, image_id: str) -> None:
    account.client("ec2").deregister_image(ImageId=image_id)


def disable(account: Account, image_id: str) -> None:
    account.client("ec2").disable_image(ImageId=image_id)


@pytest.mark.usefixtures("open_runs")
@pytest.mark.parametrize(
    ("lose", "says"), [(deregister, "InvalidAMIID"), (disable, "InvalidAMIID.Unavailable")]
)
def test_a_group_whose_image_is_gone_is_told_that_it_cannot_go_back(
    account: Account, lose: Callable[[Account, str], None], says: str
) -> None:
    described = facts.describe(facts.find(account.seed(state="stopped")))
    image_id = registration.create(OTHER_RUN, Image("earlier", "", {}), described)
    account.client("ec2").create_launch_template(
        LaunchTemplateName="earlier", LaunchTemplateData={"ImageId": image_id, "InstanceType": "t3.small"}
    )
    account.group(LaunchTemplate={"LaunchTemplateName": "earlier", "Version": "1"})
    lose(account, image_id)
    (warning,) = warnings(account, "none")
    assert warning.startswith(
        "'web' cannot launch again from what it has now, if this run is undone: InvalidAMIID"
    )
    assert says in warning
