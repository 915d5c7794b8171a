"""A run that fails is undone: nothing of it is left, and source and group are as before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.workflow.conftest import (
    eventually,
    group_of,
    left_of,
    locks,
    next_call,
    sizes_of,
    source_state,
    succeeded,
)

if TYPE_CHECKING:
    from sandbox.client import Client
    from sandbox.executions import Run

# Real seconds: less than a function's time-out here, more than an undo that waits for nothing takes.
LATE_SECONDS = 2
RECREATE = {"rollout": "recreate", "group": {"minSize": 1, "maxSize": 2, "desiredCapacity": 1}}


def fault(source: str, action: str, **rule: Any) -> dict[str, Any]:
    """A rule for this source's calls only."""
    service = "autoscaling" if "AutoScaling" in action else "ec2"
    return {"service": service, "action": action, "contains": source, **rule}


def undone(sandbox: Client, run: Run, source: str) -> None:
    """Check that a failed run has left nothing, and the source running."""
    assert run.status == "FAILED"
    assert left_of(sandbox, run.arn) == []
    assert locks(sandbox, run.arn) == []
    assert source_state(sandbox, source) in {"pending", "running"}


def test_a_failed_snapshot_ends_the_run_with_awss_reason(sandbox: Client, group: str) -> None:
    source = sandbox.seed()["instanceId"]
    sandbox.faults(fault(source, "CreateSnapshots", effect="fail", message="the volume is unreadable"))

    run = sandbox.run({"sourceInstanceId": source, "autoScalingGroupName": group})

    assert run.error == "SnapshotFailed"
    assert "the volume is unreadable" in str(run.cause)
    undone(sandbox, run, source)
    assert group_of(sandbox, group) is None


def test_a_failed_image_ends_the_run_with_awss_reason(sandbox: Client, group: str) -> None:
    source = sandbox.seed()["instanceId"]
    sandbox.faults(fault(source, "RegisterImage", effect="fail", message="the root volume has no system"))

    run = sandbox.run({"sourceInstanceId": source, "autoScalingGroupName": group})

    assert run.error == "ImageFailed"
    assert "the root volume has no system" in str(run.cause)
    undone(sandbox, run, source)


@pytest.mark.parametrize(
    ("timeout", "slow", "error"),
    [
        ("stop", {"stop": 900}, "SourceStopTimedOut"),
        ("snapshot", {"snapshotBase": 9000}, "SnapshotTimedOut"),
        ("image", {"image": 9000}, "ImageTimedOut"),
        ("drain", {"terminate": 900}, "DrainTimedOut"),
        ("rollout", {"launch": 900}, "RolloutTimedOut"),
    ],
)
def test_each_stage_has_a_time_out_of_its_own_name(
    sandbox: Client, group: str, timeout: str, slow: dict[str, int], error: str
) -> None:
    source = sandbox.seed()["instanceId"]
    run_input = {"sourceInstanceId": source, "autoScalingGroupName": group, **RECREATE}
    if timeout == "drain":
        succeeded(sandbox.run(run_input))
    sandbox.control("PUT", "durations", slow)

    run = sandbox.run(run_input | {"timeouts": {timeout: 120}})

    assert run.error == error
    assert "120 s" in str(run.cause)


@pytest.mark.parametrize(
    "action",
    ["StopInstances", "CreateSnapshots", "StartInstances", "RegisterImage", "CreateLaunchTemplate"],
)
def test_throttling_is_waited_out(sandbox: Client, group: str, action: str) -> None:
    source = sandbox.seed()["instanceId"]
    sandbox.faults(
        fault(
            source,
            action,
            when="before",
            effect="error",
            code="RequestLimitExceeded",
            status=503,
            times=5,
        )
    )

    run = sandbox.run({"sourceInstanceId": source, "autoScalingGroupName": group})

    succeeded(run)
    throttled = [c for c in sandbox.calls() if c["action"] == action and c["code"] == "RequestLimitExceeded"]
    assert len(throttled) >= 5


def test_a_quota_is_reported_with_its_reason_and_nothing_is_left(sandbox: Client, group: str) -> None:
    source = sandbox.seed()["instanceId"]
    sandbox.faults(
        fault(
            source,
            "CreateAutoScalingGroup",
            when="before",
            effect="error",
            code="LimitExceeded",
            status=400,
            message="You have already reached your limit of Auto Scaling groups",
        )
    )

    run = sandbox.run({"sourceInstanceId": source, "autoScalingGroupName": group})

    assert run.error == "RequestRefused"
    assert "already reached your limit" in str(run.cause)
    undone(sandbox, run, source)


def test_a_group_that_cannot_launch_from_the_image_gets_back_what_it_had(sandbox: Client, group: str) -> None:
    source = sandbox.seed()["instanceId"]
    run_input = {"sourceInstanceId": source, "autoScalingGroupName": group, **RECREATE}
    first = succeeded(sandbox.run(run_input))
    sandbox.faults(
        {
            "service": "autoscaling",
            "action": "UpdateAutoScalingGroup",
            "contains": group,
            # The new version and the drain come first; the launches of the third call fail.
            "skip": 2,
            "effect": "fail",
            "message": "the image does not boot",
        }
    )

    run = sandbox.run(run_input | {"timeouts": {"rollout": 120}})

    assert run.error == "RolloutTimedOut"
    assert "the image does not boot" in str(run.cause)
    undone(sandbox, run, source)
    found = group_of(sandbox, group)
    assert found is not None
    assert found["LaunchTemplate"]["Version"] == str(first["launchTemplate"]["version"])
    assert (found["MinSize"], found["DesiredCapacity"], found["MaxSize"]) == (1, 1, 2)
    versions = sandbox.ec2.describe_launch_template_versions(LaunchTemplateName=group)[
        "LaunchTemplateVersions"
    ]
    assert [version["VersionNumber"] for version in versions] == [1]


def test_what_fails_after_the_rollout_is_a_warning(sandbox: Client, group: str) -> None:
    source = sandbox.seed()["instanceId"]
    parameters = sandbox.aws("ssm")
    name = f"/golden-image/{sandbox.endpoints.stackName}/{group}"
    # Parameter Store keeps a parameter's type: the run cannot overwrite this one.
    parameters.put_parameter(Name=name, Type="String", Value="somebody's", DataType="text")
    run = sandbox.run({"sourceInstanceId": source, "autoScalingGroupName": group, "rollout": "none"})

    assert succeeded(run)["warnings"] == []


def test_a_run_that_has_been_undone_meanwhile_does_not_succeed(sandbox: Client, group: str) -> None:
    source = sandbox.seed()["instanceId"]
    sandbox.control("PUT", "durations", {"terminate": 600})
    arn = sandbox.start({"sourceInstanceId": source, "autoScalingGroupName": group})
    eventually(lambda: any(visit.name == "Wait for Group to Drain" for visit in sandbox.visits(arn)))
    key = {"pk": {"S": f"run#{arn}"}}
    sandbox.aws("dynamodb").update_item(
        TableName=sandbox.endpoints.ledgerTable,
        Key=key,
        UpdateExpression="SET undoing = :true",
        ExpressionAttributeValues={":true": {"BOOL": True}},
    )

    run = sandbox.wait(arn)

    assert run.error == "RunSettled"
    undone(sandbox, run, source)


def latest(sandbox: Client, since: int, role: str) -> dict[str, Any]:
    """A role's latest call from call number `since` on; calls are recorded when they are answered."""
    return next((call for call in reversed(sandbox.calls(since)) if call["role"] == role), {})


def test_a_drain_that_outlives_its_run_does_not_outlast_the_undo(sandbox: Client, group: str) -> None:
    source = sandbox.seed()["instanceId"]
    succeeded(sandbox.run({"sourceInstanceId": source, "autoScalingGroupName": group, **RECREATE}))
    first = next_call(sandbox)
    late = {"service": "autoscaling", "action": "UpdateAutoScalingGroup", "role": "DrainGroupFunction"}
    sandbox.faults(late | {"contains": group, "effect": "delay", "seconds": LATE_SECONDS})
    run = sandbox.start({"sourceInstanceId": source, "autoScalingGroupName": group, "rollout": "recreate"})
    eventually(lambda: any(visit.name == "Drain Group" for visit in sandbox.visits(run)))

    sandbox.stop(run)

    eventually(lambda: locks(sandbox, run) == [])
    eventually(lambda: late.items() <= latest(sandbox, first, late["role"]).items())
    assert sizes_of(sandbox, group) == (1, 1, 2)
    assert left_of(sandbox, run) == []
