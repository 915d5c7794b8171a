"""Runs of groups behind a load balancer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.workflow.conftest import group_of, left_of, locks, sizes_of, succeeded

if TYPE_CHECKING:
    from sandbox.client import Client

SIZES = {"minSize": 1, "maxSize": 3, "desiredCapacity": 2}


@pytest.fixture
def balanced(sandbox: Client, group: str) -> dict[str, Any]:
    """The settings of a group that checks its load balancer's health."""
    account = sandbox.endpoints.stateMachineArn.split(":")[4]
    arn = f"arn:aws:elasticloadbalancing:us-east-1:{account}:targetgroup/{group[:32]}/73e2d6bc24d8a067"
    return {"targetGroupArns": [sandbox.target_group(arn)], "healthCheckType": "ELB"}


def test_instances_that_are_unhealthy_for_the_load_balancer_are_not_committed(
    sandbox: Client, group: str, balanced: dict[str, Any]
) -> None:
    wanted = {"sourceInstanceId": sandbox.seed()["instanceId"], "autoScalingGroupName": group}
    output = succeeded(sandbox.run(wanted | {"rollout": "recreate", "group": SIZES | balanced}))
    before = group_of(sandbox, group)
    assert before is not None
    assert before["HealthCheckGracePeriod"] == 300
    (target,) = balanced["targetGroupArns"]
    sandbox.target_group(target, state="unhealthy", reason="Target.ResponseCodeMismatch")

    run = sandbox.run(wanted | {"rollout": "recreate", "timeouts": {"rollout": 300}})

    assert run.error == "RolloutTimedOut"
    assert "0 of 2 in service" in str(run.cause)
    assert "is unhealthy Target.ResponseCodeMismatch in" in str(run.cause)
    after = group_of(sandbox, group)
    assert after is not None
    assert after["LaunchTemplate"]["Version"] == str(output["launchTemplate"]["version"])
    assert sizes_of(sandbox, group) == (1, 2, 3)
    assert left_of(sandbox, run.arn) == []
    assert locks(sandbox, run.arn) == []


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_dry_run_refuses_the_target_groups_that_a_run_refuses(
    sandbox: Client, group: str, balanced: dict[str, Any], dry_run: bool
) -> None:
    (target,) = balanced["targetGroupArns"]
    elsewhere = target.replace("us-east-1", "eu-west-1")
    wanted = {"sourceInstanceId": sandbox.seed()["instanceId"], "autoScalingGroupName": group}

    run = sandbox.run(wanted | {"dryRun": dry_run, "group": {"targetGroupArns": [target, elsewhere]}})

    assert run.error == "InvalidInput"
    assert f"group.targetGroupArns[1]: {elsewhere} is in eu-west-1" in str(run.cause)
    assert "Lock Group" not in run.state_names
