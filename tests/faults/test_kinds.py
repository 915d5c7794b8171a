"""The faults in the states and the calls of a run's children."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sandbox.matrix import answers, expectation, needed
from sandbox.matrix.kinds import (
    ABORTED,
    CANCELS,
    DEFAULT,
    DENIED,
    MACHINE,
    NOTIFY,
    SIZES,
    SOMEBODY,
    SUBNET,
    TAGS,
    USES,
    Fault,
    Target,
    kinds_at,
)
from sandbox.matrix.made import Made
from sandbox.matrix.scenarios import SCENARIOS, Scenario
from sandbox.matrix.schedules import CleanRun, Schedule, one_of_each, singles
from sandbox.matrix.situation import Situation

CREATE, UPDATE, RECREATE, UNDO_UPDATE, ROLL, ROLL_CONFIGURATION = (
    next(scenario for scenario in SCENARIOS if scenario.name == name)
    for name in ("create", "update", "recreate", "undo-update", "roll", "roll-configuration")
)
OF_THE_RUN = Target(MACHINE, "workflow", "Stop Source")
OF_A_CHILD = Target("RollOut", "workflow", "Stop Source")


def effects(target: Target) -> list[dict[str, Any]]:
    """The rules of what can go wrong in a state without a function."""
    return [kind.rule(target) for kind in kinds_at(target, has_function=False)]


def test_a_run_can_end_in_its_own_states() -> None:
    assert effects(OF_THE_RUN) == [{"effect": "abort"}, {"effect": "timeout"}]


def test_in_a_childs_states_its_run_can_end_with_it_or_without_it_and_the_child_alone() -> None:
    assert effects(OF_A_CHILD) == [
        {"effect": "abort"},
        {"effect": "timeout"},
        {"effect": "abort", "children": False},
        {"effect": "abort", "target": "execution"},
        {"effect": "timeout", "target": "execution"},
    ]


def test_a_state_of_the_same_name_in_another_workflow_is_another_state() -> None:
    clean = CleanRun(CREATE, (), (OF_THE_RUN, OF_A_CHILD), frozenset({OF_A_CHILD}))

    assert [str(fault) for fault in clean.faults() if fault.kind not in SOMEBODY] == [
        "aborted at Stop Source",
        "timed out at Stop Source",
        "killed at RollOut/Stop Source",
        "aborted at RollOut/Stop Source",
        "timed out at RollOut/Stop Source",
        "aborted alone at RollOut/Stop Source",
        "child aborted at RollOut/Stop Source",
        "child timed out at RollOut/Stop Source",
    ]


@pytest.mark.parametrize(
    ("call", "ends"),
    [
        (Target(MACHINE, "stepfunctions", "StartExecution"), ("FAILED",)),
        (Target(MACHINE, "stepfunctions", "StartExecution", 2), ("FAILED", "SUCCEEDED")),
        (Target(MACHINE, "ssm", "PutParameter"), ("SUCCEEDED",)),
        (Target(NOTIFY, "sns", "Publish"), ("SUCCEEDED",)),
    ],
)
def test_a_run_is_not_committed_yet_when_it_starts_its_first_child(
    call: Target, ends: tuple[str, ...]
) -> None:
    assert Schedule(CREATE, (Fault(DENIED, call),)).may_end() == ends


def test_a_run_whose_notification_alone_ends_does_not_end_with_it() -> None:
    ends = {
        kind.name: kind.ends for kind in kinds_at(Target(NOTIFY, "workflow", "Notify"), has_function=False)
    }

    assert ends["child aborted"] == ends["child timed out"] == ()
    assert ends["aborted"] == ends["aborted alone"] == ("ABORTED",)


def test_in_each_state_somebody_else_can_act_each_way_those_before_a_certain_failure_too() -> None:
    clean = CleanRun(CREATE, (), (OF_A_CHILD,), frozenset(), earlier=(OF_THE_RUN,))

    acting = [str(fault) for fault in clean.faults() if fault.kind in SOMEBODY]

    assert acting == [
        f"somebody {what} at {where}"
        for where in ("Stop Source", "RollOut/Stop Source")
        for what in (
            "sets the sizes",
            "changes settings",
            "changes tags",
            "copies with tags",
            "strips tags",
        )
    ]


def test_somebody_acts_on_the_version_once_it_is_there_and_on_a_group_that_was_there_before() -> None:
    made, after = (Target(MACHINE, "workflow", state) for state in ("Create Launch Template", "Roll Out"))
    new = CleanRun(CREATE, (), (OF_A_CHILD,), frozenset(), earlier=(made, after))
    existing = replace(new, scenario=UPDATE)

    def acting(clean: CleanRun) -> list[str]:
        return [str(fault) for fault in clean.faults() if fault.kind in (USES, DEFAULT, SUBNET)]

    uses, default, subnet = (
        f"somebody {what}"
        for what in ("uses the version", "makes the version the default", "deletes a subnet")
    )
    places = ("Roll Out", "RollOut/Stop Source")
    assert acting(new) == [f"{uses} at {place}" for place in places]
    assert acting(existing) == [
        f"{subnet} at Create Launch Template",
        *(f"{what} at {place}" for place in places for what in (uses, default, subnet)),
    ]


CHECK = Target("RollOut", "workflow", "Check Instance Refresh")


def test_at_each_checkpoint_of_a_roll_it_can_be_aborted_and_somebody_can_act() -> None:
    clean = CleanRun(ROLL, (), (CHECK,), frozenset({CHECK}))

    faults = [str(fault) for fault in clean.faults()]

    for percent in (33, 66, 100):
        for what in ("killed", "aborted", "child timed out", "somebody cancels the refresh"):
            assert f"{what} at RollOut/Check Instance Refresh from {percent}%" in faults


def test_a_fault_at_a_checkpoint_waits_until_the_refresh_has_come_there() -> None:
    at_checkpoint = Fault(ABORTED, replace(CHECK, replaced=34))

    rule = at_checkpoint.rule("run", situation(ROLL, BEFORE))

    assert rule["replaced"] == {"group": "web", "least": 34}


def test_somebody_acts_on_a_roll_only_where_there_is_one() -> None:
    def acting(scenario: Scenario) -> set[str]:
        clean = CleanRun(scenario, (), (OF_A_CHILD,), frozenset())
        return {fault.kind.name for fault in clean.faults() if fault.kind in SOMEBODY}

    of_rolls = {
        "scales in",
        "scales out",
        "starts a refresh",
        "cancels the refresh",
        "rolls the refresh back",
    }
    names = {f"somebody {what}" for what in of_rolls}
    assert acting(ROLL) - acting(UPDATE) == names | {"somebody sounds the alarm"}
    assert acting(ROLL_CONFIGURATION) - acting(UPDATE) == names


def test_who_cancels_a_refresh_may_end_its_run_with_an_error_of_its_own() -> None:
    cancelled = Schedule(ROLL, (Fault(CANCELS, CHECK),))

    assert (cancelled.may_end(), cancelled.first_error()) == (("FAILED", "SUCCEEDED"), "")


def test_the_version_of_a_group_on_latest_that_somebody_needs_stays_and_the_group_keeps_its_number() -> None:
    latest = {"LaunchTemplateId": "lt-1", "Version": "$Latest"}
    use = call(1, "somebody", "UpdateAutoScalingGroup", LaunchTemplate={"Version": "2"})
    of_roll = situation(UPDATE, BEFORE | {"LaunchTemplate": latest})

    assert expectation.undone(of_roll, [])["LaunchTemplate"] == latest
    assert expectation.undone(of_roll, [use])["LaunchTemplate"] == latest | {"Version": "1"}


def test_what_ends_a_roll_at_a_checkpoint_is_told_from_the_rest() -> None:
    at_checkpoint = replace(CHECK, replaced=34)

    assert Schedule(ROLL, (Fault(ABORTED, at_checkpoint),)).cuts_roll
    assert not Schedule(ROLL, (Fault(SIZES, at_checkpoint),)).cuts_roll
    assert not Schedule(ROLL, (Fault(ABORTED, CHECK),)).cuts_roll


def test_a_request_for_approval_is_answered_each_way() -> None:
    asking = replace(UPDATE, answer=answers.APPROVE)

    schedules = singles({asking: CleanRun(asking, (), (), frozenset())})

    assert {one.answer: one.may_end() for one in schedules if one.answer} == {
        "reject": ("FAILED",),
        "nobody": ("FAILED",),
        "twice": ("SUCCEEDED",),
        "stop": ("ABORTED",),
    }


def test_a_rejected_run_is_to_fail_and_to_say_so() -> None:
    rejected = Schedule(replace(UPDATE, answer=answers.REJECT), (Fault(TAGS, OF_A_CHILD),))

    assert (rejected.may_end(), rejected.first_error()) == (("FAILED",), "ApprovalRejected")


def test_a_run_that_nobody_answers_waits_for_as_short_as_it_can() -> None:
    asking = replace(UPDATE, input={**UPDATE.input, "approval": {"at": ["image"]}})

    asked = situation(asking, BEFORE).asked(answers.NOBODY)

    assert asked["approval"] == {"at": ["image"], "timeout": 300}


def test_a_slice_has_a_fault_and_an_act_of_somebody_for_each_state() -> None:
    every = singles({CREATE: CleanRun(CREATE, (), (OF_THE_RUN, OF_A_CHILD), frozenset())})

    chosen = [schedule.faults[0] for schedule in one_of_each(every, seed=1)]

    assert {(fault.target, fault.kind in SOMEBODY) for fault in chosen} == {
        (target, acts) for target in (OF_THE_RUN, OF_A_CHILD) for acts in (False, True)
    }


def test_a_run_that_is_to_fail_may_succeed_where_somebody_sets_the_sizes_instead() -> None:
    assert Schedule(UNDO_UPDATE, (Fault(SIZES, OF_A_CHILD),)).may_end() == ("FAILED", "SUCCEEDED")
    assert Schedule(UNDO_UPDATE, (Fault(TAGS, OF_A_CHILD),)).may_end() == ("FAILED",)
    assert Schedule(UNDO_UPDATE, (Fault(ABORTED, OF_A_CHILD),)).may_end() == ("ABORTED",)


BEFORE = {
    "MinSize": 1,
    "MaxSize": 3,
    "DesiredCapacity": 1,
    "VPCZoneIdentifier": "subnet-1",
    "HealthCheckType": "EC2",
    "HealthCheckGracePeriod": 60,
    "targetGroups": ["old"],
    "suspended": [],
    "tags": [("Team", "before", True)],
}
GONE = dict.fromkeys(BEFORE)


def situation(scenario: Scenario, before: dict[str, Any]) -> Situation:
    """A run of a scenario, with a source and a group of no account."""
    run_input = scenario.to_input("i-1", "web", "topic", "subnet-1")
    return Situation(
        group="web",
        source="i-1",
        volumes=["vol-1"],
        run_input=run_input,
        foreign={"group": "web-other"},
        own=[],
        before=before,
        existing=scenario.existing,
        subnet="subnet-1",
        other_subnet="subnet-2",
        versions=int(scenario.existing),
        spare_subnet="subnet-3",
    )


def call(number: int, role: str, action: str, **params: Any) -> dict[str, Any]:
    """A call as the record has it."""
    return {"n": number, "role": role, "action": action, "status": 200, "code": None, "params": params}


def somebody_sizes(number: int) -> dict[str, Any]:
    return call(number, "somebody", "UpdateAutoScalingGroup", MinSize=2, MaxSize=6, DesiredCapacity=3)


def sizes(standing: dict[str, Any]) -> tuple[int, int, int]:
    return standing["MinSize"], standing["DesiredCapacity"], standing["MaxSize"]


def test_after_an_undo_a_group_is_as_before_and_as_somebody_has_set_it() -> None:
    assert expectation.undone(situation(UPDATE, BEFORE), []) == BEFORE
    assert sizes(expectation.undone(situation(UPDATE, BEFORE), [somebody_sizes(1)])) == (2, 3, 6)
    assert expectation.undone(situation(CREATE, GONE), [somebody_sizes(1)]) == GONE


@pytest.mark.parametrize(("number", "expected"), [(1, (2, 3, 4)), (3, (2, 3, 6))])
def test_of_sizes_that_a_run_states_and_somebody_sets_the_later_hold(
    number: int, expected: tuple[int, int, int]
) -> None:
    update = call(2, "UpdateAutoScalingGroupFunction", "UpdateAutoScalingGroup", MaxSize=4)

    found = expectation.complete(UPDATE, situation(UPDATE, BEFORE), [update, somebody_sizes(number)])

    assert {sizes(one) for one in found} == {expected}


def test_a_recreated_group_has_the_sizes_from_before_or_somebodys() -> None:
    drain = call(2, "DrainGroupFunction", "UpdateAutoScalingGroup", MinSize=0, MaxSize=0, DesiredCapacity=0)
    for calls, expected in (([drain], (1, 1, 3)), ([drain, somebody_sizes(1)], (2, 3, 6))):
        found = expectation.complete(RECREATE, situation(RECREATE, BEFORE), calls)
        assert {sizes(one) for one in found} == {expected}


def test_a_rolled_group_has_the_sizes_of_the_input_and_somebodys() -> None:
    settings = call(2, "UpdateSettingsFunction", "UpdateAutoScalingGroup", MaxSize=7)
    scaled = call(3, "somebody", "UpdateAutoScalingGroup", DesiredCapacity=2)

    found = expectation.complete(ROLL, situation(ROLL, BEFORE), [settings, scaled])

    assert {sizes(one) for one in found} == {(1, 2, 7)}


@pytest.mark.parametrize(("number", "expected"), [(2, (0, 0, 0)), (4, (2, 3, 6))])
def test_a_drained_group_is_empty_unless_somebody_has_set_its_sizes_since(
    number: int, expected: tuple[int, int, int]
) -> None:
    create = call(1, "CreateAutoScalingGroupFunction", "CreateAutoScalingGroup")
    drain = call(3, "DrainGroupFunction", "UpdateAutoScalingGroup", MinSize=0, MaxSize=0, DesiredCapacity=0)

    found = expectation.complete(CREATE, situation(CREATE, GONE), [create, somebody_sizes(number), drain])

    assert {sizes(one) for one in found} == {expected}


def test_a_tag_that_a_step_has_set_twice_may_be_somebodys_or_the_runs() -> None:
    once, twice = (
        call(n, "ConfigureAutoScalingGroupFunction", "CreateOrUpdateTags", Tags=[]) for n in (1, 3)
    )
    theirs = call(2, "somebody", "CreateOrUpdateTags", Tags=[{"Key": "Team", "Value": "somebody"}])

    found = expectation.complete(UPDATE, situation(UPDATE, BEFORE), [once, theirs, twice])

    assert [[value for key, value, _ in one["tags"] if key == "Team"] for one in found] == [
        ["somebody"],
        ["web"],
    ]


def test_a_version_is_kept_for_whoever_has_come_to_need_it() -> None:
    version = {"LaunchTemplateName": "web", "Version": "2"}
    use = call(1, "somebody", "UpdateAutoScalingGroup", LaunchTemplate=version, DesiredCapacity=1)
    default = call(2, "somebody", "ModifyLaunchTemplate", DefaultVersion="2")
    of_update = situation(UPDATE, BEFORE)

    assert needed.reasons(of_update, [somebody_sizes(1), use | {"status": 400}]) == []
    why = needed.reasons(of_update, [use, default])
    assert why == [
        "these groups use it since: 'web-other'",
        "somebody has made it the template's default version since",
    ]
    assert needed.is_told(f"Roll-back: it is kept with its image and snapshots, as {why[1]}.", why)
    assert not needed.is_told("Roll-back: nothing of the run is left.", why)
    assert expectation.undone(of_update, [use, default]) == BEFORE


@pytest.mark.parametrize(
    ("made", "missing"),
    [
        ({}, []),
        ({"versions": []}, [("foreignTouched", "template versions")]),
        ({"images": []}, [("foreignTouched", "images")]),
        ({"snapshots": []}, [("foreignTouched", "snapshots")]),
        ({"images": [{"ImageId": "ami-1"}, {"ImageId": "ami-2"}]}, [("leaked", "images")]),
        ({"instances": [{"InstanceId": "i-2"}]}, [("leaked", "i-2")]),
        ({"group": True}, [("leaked", "the group")]),
    ],
)
def test_of_a_version_that_is_needed_nothing_is_to_be_gone_and_nothing_else_is_to_be_left(
    made: dict[str, Any], missing: list[tuple[str, str]]
) -> None:
    whole = Made([{"ImageId": "ami-1"}], [{"SnapshotId": "snap-1"}], [], [2], [], [], group=False)

    found = [*needed.not_kept(situation(UPDATE, BEFORE), replace(whole, **made))]

    assert [kind for kind, _ in found] == [kind for kind, _ in missing]
    assert all(what in text for (_, text), (_, what) in zip(found, missing, strict=True))


@pytest.mark.parametrize(("code", "expected"), [("ValidationError", "subnet-1"), (None, "subnet-1,subnet-3")])
def test_subnets_stay_as_a_run_has_set_them_only_where_those_of_before_are_refused(
    code: str | None, expected: str
) -> None:
    before = BEFORE | {"VPCZoneIdentifier": "subnet-1,subnet-3"}
    deleted = call(1, "somebody", "DeleteSubnet", SubnetId="subnet-3")
    given_back = call(2, "RollBackFunction", "UpdateAutoScalingGroup", VPCZoneIdentifier="subnet-1,subnet-3")
    of_undo = situation(UNDO_UPDATE, before)

    found = expectation.undone(of_undo, [deleted, given_back | {"code": code}])

    assert found == before | {"VPCZoneIdentifier": expected}
