"""The fault matrix notices when the product does not hold."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.matrix import capacity, generations, sabotage, somebody
from sandbox.matrix.kinds import (
    COPIES,
    CUT_AFTER,
    DEFAULT,
    DENIED,
    MACHINE,
    SETTINGS,
    SIZES,
    STRIPS,
    SUBNET,
    TAGS,
    TIMED_OUT,
    USES,
    Fault,
    Kind,
    Target,
)
from sandbox.matrix.made import made, marked
from sandbox.matrix.runner import Runner
from sandbox.matrix.scenarios import SCENARIOS
from sandbox.matrix.schedules import Schedule
from sandbox.matrix.standing import describe_group
from sandbox.matrix.verdict import judge

if TYPE_CHECKING:
    from sandbox.client import Client
    from sandbox.executions import Run
    from sandbox.matrix.scenarios import Scenario
    from sandbox.matrix.situation import Situation

CREATE, RECREATE, UPDATE, UNDO_CREATE, UNDO_UPDATE, ROLL_ONE, UNDO_ROLL = (
    next(scenario for scenario in SCENARIOS if scenario.name == name)
    for name in ("create", "recreate", "update", "undo-create", "undo-update", "roll-one", "undo-roll")
)
UNDO = Target(MACHINE, "workflow", "Undo")
SNAPSHOTS = Target("CreateSnapshotsFunction", "ec2", "CreateSnapshots")
RESTORE = Target("RestoreCapacityFunction", "autoscaling", "UpdateAutoScalingGroup")


@pytest.fixture
def impatient(fast: Client) -> Runner:
    """The matrix's runner for schedules that go wrong: it waits in vain for the sweeper to mend them."""
    return Runner(fast, width=4, sweep_seconds=15)


def wrongs(runner: Runner, schedule: Schedule) -> set[str]:
    """The kinds of wrong that the matrix finds in one schedule."""
    (result,) = runner.all([schedule])
    return set(result.verdict.wrong)


@pytest.mark.parametrize(
    ("schedule", "without", "found"),
    [
        (Schedule(CREATE, (Fault(CUT_AFTER, SNAPSHOTS),)), sabotage.WITHOUT_ADOPTION, {"duplicated"}),
        (
            Schedule(RECREATE, (Fault(DENIED, RESTORE),)),
            sabotage.WITHOUT_ROLL_BACK,
            {"leaked", "notRestored"},
        ),
        (Schedule(CREATE, doubled=True), sabotage.WITHOUT_LOCK, {"duplicated"}),
        (Schedule(UNDO_CREATE, (Fault(USES, UNDO),)), sabotage.WITHOUT_NEIGHBOURS, {"foreignTouched"}),
        (Schedule(UNDO_UPDATE, (Fault(USES, UNDO),)), sabotage.WITHOUT_NEIGHBOURS, {"foreignTouched"}),
        (Schedule(UNDO_UPDATE, (Fault(DEFAULT, UNDO),)), sabotage.WITHOUT_NEIGHBOURS, {"notRestored"}),
        (Schedule(UNDO_UPDATE, (Fault(SUBNET, UNDO),)), sabotage.ALL_OR_NOTHING, {"notRestored"}),
        (Schedule(ROLL_ONE), sabotage.CARELESS_ROLL, {"belowCapacity"}),
        (Schedule(UNDO_ROLL), sabotage.CARELESS_WAY_BACK, {"belowCapacity"}),
    ],
)
def test_a_safeguard_that_is_switched_off_is_noticed(
    runner: Runner, impatient: Runner, schedule: Schedule, without: str, found: set[str]
) -> None:
    sabotaged = replace(schedule, scenario=replace(schedule.scenario, name=without))

    assert wrongs(impatient, sabotaged) >= found
    assert wrongs(runner, schedule) == set()


def test_a_delete_of_what_is_not_the_runs_own_is_noticed(fast: Client, runner: Runner) -> None:
    list(runner.all([Schedule(CREATE)]))
    assert runner.foreign() == []
    _, situation = next(iter(runner._situations.values()))

    fast.ec2.deregister_image(ImageId=situation.foreign["image"])

    assert [what for _, what in runner.foreign()] == [
        f"the image {situation.foreign['image']} beside the run is gone or changed"
    ]


def acted(
    runner: Runner, kind: Kind, state: str = "Return Source", scenario: Scenario = UPDATE
) -> tuple[Run, Situation]:
    """A run in which somebody has acted in a state, and nothing is wrong."""
    schedule = Schedule(scenario, (Fault(kind, Target(MACHINE, "workflow", state)),))
    run, situation, result = runner._do(schedule)
    assert (result.hits, result.verdict.wrong) == (1, {})
    return run, situation


@pytest.mark.parametrize("kind", [SIZES, SETTINGS, TAGS])
def test_a_group_that_is_not_as_somebody_has_set_it_is_noticed(
    fast: Client, runner: Runner, kind: Kind
) -> None:
    run, situation = acted(runner, kind)
    group = {"AutoScalingGroupName": situation.group}
    resource = {"ResourceId": situation.group, "ResourceType": "auto-scaling-group", "Key": "Owner"}

    # What no rule of the run has done is not known to the judge.
    if kind is SIZES:
        fast.autoscaling.update_auto_scaling_group(**group, DesiredCapacity=2)
    elif kind is SETTINGS:
        fast.autoscaling.resume_processes(**group, ScalingProcesses=["AlarmNotification"])
    else:
        fast.autoscaling.delete_tags(Tags=[resource])

    assert set(judge(fast, UPDATE, situation, run, ("SUCCEEDED",)).wrong) == {"notRestored"}


def test_a_lost_copy_of_a_backup_tool_is_noticed(fast: Client, runner: Runner) -> None:
    # Only a completed snapshot can be copied.
    run, situation = acted(runner, COPIES, "Verify Image")
    its_own = [{"Name": f"tag:{somebody.BACKUP}", "Values": [situation.group]}]
    copies = fast.ec2.describe_snapshots(OwnerIds=["self"], Filters=its_own)["Snapshots"]

    fast.ec2.delete_snapshot(SnapshotId=copies[0]["SnapshotId"])

    assert set(judge(fast, UPDATE, situation, run, ("SUCCEEDED",)).wrong) == {"foreignTouched"}


@pytest.mark.parametrize("lost", ["image", "version", "instance", "sizes", "word"])
def test_what_another_group_needs_is_not_to_be_touched(fast: Client, runner: Runner, lost: str) -> None:
    run, situation = acted(runner, USES, "Undo", UNDO_UPDATE)
    group, template = situation.foreign["group"], {"LaunchTemplateName": situation.group}
    (version,) = fast.ec2.describe_launch_template_versions(**template, Versions=["2"])[
        "LaunchTemplateVersions"
    ]
    (member,) = describe_group(fast, group)["Instances"]

    if lost == "image":
        fast.ec2.deregister_image(ImageId=version["LaunchTemplateData"]["ImageId"])
    elif lost == "version":
        fast.ec2.delete_launch_template_versions(**template, Versions=["2"])
    elif lost == "instance":
        fast.ec2.terminate_instances(InstanceIds=[member["InstanceId"]])
    elif lost == "sizes":
        fast.autoscaling.update_auto_scaling_group(AutoScalingGroupName=group, MaxSize=2)
    else:
        run = replace(run, cause="Roll-back: nothing of the run is left.")

    found = set(judge(fast, UNDO_UPDATE, situation, run, ("FAILED",)).wrong)
    assert "unexpected" in found if lost == "word" else "foreignTouched" in found
    assert runner.foreign() == []


def test_a_default_version_that_is_not_as_somebody_has_set_it_is_noticed(
    fast: Client, runner: Runner
) -> None:
    run, situation = acted(runner, DEFAULT, "Roll Out")

    fast.ec2.modify_launch_template(LaunchTemplateName=situation.group, DefaultVersion="1")

    assert set(judge(fast, UPDATE, situation, run, ("SUCCEEDED",)).wrong) == {"foreignTouched"}


def test_what_a_run_has_made_is_known_without_its_tags(fast: Client, runner: Runner) -> None:
    run, situation = acted(runner, STRIPS)

    has = made(fast, run.arn, situation, fast.calls_of(run.arn))

    assert marked(fast, run.arn, situation.group).snapshots == []
    assert (len(has.snapshots), len(has.images), has.versions) == (2, 1, [2])


def test_what_a_canary_leaves_a_second_generation_and_a_cancelled_refresh_are_noticed(
    fast: Client, runner: Runner
) -> None:
    run, situation, result = runner._do(Schedule(ROLL_ONE))
    assert result.verdict.wrong == {}
    tags: Any = [{"Key": "golden-image:run", "Value": run.arn}]
    group = {"AutoScalingGroupName": situation.group}

    launched = fast.ec2.run_instances(
        ImageId=situation.foreign["image"],
        MinCount=1,
        MaxCount=1,
        TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
    )["Instances"][0]["InstanceId"]
    volume = fast.ec2.create_volume(
        AvailabilityZone="us-east-1a",
        Size=1,
        TagSpecifications=[{"ResourceType": "volume", "Tags": tags}],
    )["VolumeId"]
    generations.put(fast, {"group": situation.group, "number": 9, "run": run.arn, "image": {"id": "ami-1"}})
    fast.autoscaling.start_instance_refresh(
        **group, Preferences={"MinHealthyPercentage": capacity.THEIR_PERCENT}
    )
    fast.autoscaling.cancel_instance_refresh(**group, WaitForTransitioningInstances=False)

    wrong = judge(fast, ROLL_ONE, situation, run, ("SUCCEEDED",)).wrong
    assert wrong.keys() == {"leaked", "duplicated", "foreignTouched"}
    assert f"instances outside the group: {{'{launched}'}}" in wrong["leaked"]
    assert f"volumes of no instance: {volume}" in wrong["leaked"]
    assert wrong["duplicated"] == ["the run's generations are [1, 9]"]
    assert wrong["foreignTouched"][0].endswith("is Cancelled")


def test_an_end_that_was_not_to_be_is_noticed(impatient: Runner) -> None:
    ends_well = Kind("timed out", TIMED_OUT.rule)
    schedule = Schedule(CREATE, (Fault(ends_well, Target(MACHINE, "workflow", "Stop Source")),))

    assert wrongs(impatient, schedule) == {"unexpected"}


def test_a_rule_set_by_hand_makes_the_same_fault(fast: Client) -> None:
    source = fast.seed()["instanceId"]
    run_input = {"sourceInstanceId": source, "autoScalingGroupName": "by-hand"}
    cut = {
        "service": "ec2",
        "action": "CreateSnapshots",
        "contains": source,
        "effect": "drop",
        "when": "after",
    }
    killed = {"service": "workflow", "action": "Register Image", "effect": "kill"}

    fast.faults(cut, killed)
    run = fast.run(run_input)

    assert [rule["hits"] for rule in fast.control("GET", "faults")] == [1, 1]
    assert run.status == "SUCCEEDED"
    mine = [{"Name": "tag:golden-image:run", "Values": [run.arn]}]
    snapshots = fast.ec2.describe_snapshots(OwnerIds=["self"], Filters=mine)["Snapshots"]
    assert {one["SnapshotId"] for one in snapshots} == set(run.output["image"]["snapshotIds"])
    assert len(snapshots) == 2
    fast.faults()
