"""Every committed run is a generation, written with its commit or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from golden_image import aws
from golden_image.errors import ResourceBusy, RunSettled, ServiceUnavailable
from golden_image.generation import commit, store
from golden_image.group import group
from golden_image.run import ledger, rolls, starter
from tests.unit.account import GENERATIONS
from tests.unit.golden_image.generation.refreshing import (
    STARTED,
    arn,
    carry_out,
    go_back,
    planned,
    refresh,
    went_back,
)

if TYPE_CHECKING:
    from golden_image.model.generation import Generation
    from tests.unit.account import Account

pytestmark = pytest.mark.usefixtures("generations_table")


def written() -> list[Generation]:
    return list(store.every("web"))


def test_a_run_that_creates_a_group_is_its_first_generation(account: Account) -> None:
    starter.note(arn("one"), "arn:aws:sts::123456789012:assumed-role/Operators/ops")
    first = refresh(account, "one")

    assert written() == [first]
    assert (first.number, first.run, first.rollout, first.replaced) == (1, arn("one"), "drain", None)
    assert first.started_by == "arn:aws:sts::123456789012:assumed-role/Operators/ops"
    assert first.started_at == STARTED
    assert first.image.snapshot_ids
    assert first.source_instance_id
    assert ledger.read(arn("one")) is None


def test_each_next_run_has_the_next_number_and_names_what_it_replaced(account: Account) -> None:
    first, second = refresh(account, "one"), refresh(account, "two", rollout="none")

    assert [one.number for one in written()] == [2, 1]
    assert second.replaced is not None
    assert (second.replaced.generation, second.replaced.launch_template_version) == (1, "1")
    assert second.replaced.launch_template_id == first.launch_template.id


def test_what_a_pinned_group_launched_from_is_the_generation_of_that_number(account: Account) -> None:
    first = refresh(account, "one")
    latest = {"LaunchTemplateId": first.launch_template.id, "Version": "$Latest"}
    account.client("autoscaling").update_auto_scaling_group(AutoScalingGroupName="web", LaunchTemplate=latest)
    made = carry_out(account, "two", rollout="none")
    rolls.note_pin(
        arn("two"), group.state_without_options(account.found_group()), str(first.launch_template.version)
    )

    second = commit.commit(arn("two"), *made, STARTED)
    assert second.replaced is not None
    assert (second.replaced.generation, second.replaced.launch_template_version) == (1, "$Latest")


def test_a_second_commit_of_the_same_run_answers_what_the_first_has_written(account: Account) -> None:
    made = carry_out(account, "one")
    first = commit.commit(arn("one"), *made, STARTED)
    assert commit.commit(arn("one"), *made, "another time") == first
    assert written() == [first]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_commit_whose_answer_was_lost_is_written_once(account: Account, when: str) -> None:
    made = carry_out(account, "one")
    account.faults({"service": "dynamodb", "action": "TransactWriteItems", "when": when, "effect": "drop"})
    with pytest.raises(ServiceUnavailable), aws.named_errors():
        commit.commit(arn("one"), *made, STARTED)
    row = ledger.read(arn("one"))
    assert row
    assert [row.committed, len(written())] == [when == "after", int(when == "after")]

    first = commit.commit(arn("one"), *made, STARTED)
    assert written() == [first]


def test_a_run_that_is_being_undone_becomes_no_generation(account: Account) -> None:
    made = carry_out(account, "one")
    ledger.claim_undo(arn("one"))
    with pytest.raises(RunSettled, match="undone before its rollout was committed"):
        commit.commit(arn("one"), *made, STARTED)
    ledger.unlock(arn("one"))
    with pytest.raises(RunSettled):
        commit.commit(arn("one"), *made, STARTED)
    assert written() == []


def test_an_undo_that_comes_in_between_keeps_the_commit_from_being_written(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = carry_out(account, "one")
    newest = store.newest

    def claimed(*asked: object) -> list[Generation]:
        ledger.claim_undo(arn("one"))
        return newest(*asked)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "newest", claimed)
    with pytest.raises(ResourceBusy):
        commit.commit(arn("one"), *made, STARTED)
    assert written() == []
    with pytest.raises(RunSettled):
        commit.commit(arn("one"), *made, STARTED)


def test_a_committed_run_is_not_undone(account: Account) -> None:
    made = carry_out(account, "one")
    commit.commit(arn("one"), *made, STARTED)
    assert not ledger.claim_undo(arn("one"))


def test_a_number_that_somebody_has_taken_meanwhile_is_not_written_over(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = refresh(account, "one")
    made = carry_out(account, "two", rollout="none")
    with monkeypatch.context() as stale:
        stale.setattr(store, "newest", lambda *_: [])
        with pytest.raises(ResourceBusy):
            commit.commit(arn("two"), *made, STARTED)
    assert written() == [first]
    assert commit.commit(arn("two"), *made, STARTED).number == 2


def test_a_way_back_is_a_generation_of_its_own(account: Account) -> None:
    first, _ = refresh(account, "one"), refresh(account, "two", rollout="none")
    third = went_back(account, "back", goBackTo="previous")

    assert (third.number, third.goes_back_to) == (3, 1)
    assert (third.image, third.launch_template) == (first.image, first.launch_template)
    assert third.source_instance_id == first.source_instance_id
    assert third.replaced is not None
    assert third.replaced.generation == 2


# Groups that were refreshed before generations were written


def forget(account: Account) -> None:
    """Empty the table: as it is where every run before had no generations, or the stack is a new one."""
    table = account.client("dynamodb")
    for item in table.scan(TableName=GENERATIONS)["Items"]:
        table.delete_item(TableName=GENERATIONS, Key={key: item[key] for key in ("group", "number")})


def test_what_the_group_launched_from_before_its_first_generation_is_written_with_it(
    account: Account,
) -> None:
    before = refresh(account, "one")
    forget(account)
    second = refresh(account, "two", rollout="none")

    first = written()[-1]
    assert (first.number, first.adopted, first.run) == (1, True, arn("one"))
    assert (first.image, first.launch_template) == (before.image, before.launch_template)
    assert first.source_instance_id == before.source_instance_id
    assert second.number == 2
    assert second.replaced is not None
    assert second.replaced.generation == 1


def test_a_group_on_latest_has_no_earlier_generation_in_the_version_that_the_run_has_made(
    account: Account,
) -> None:
    refresh(account, "one")
    forget(account)
    account.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName="web", LaunchTemplate={"LaunchTemplateName": "web", "Version": "$Latest"}
    )

    second = refresh(account, "two", rollout="none")

    assert written() == [second]
    assert (second.number, second.run) == (1, arn("two"))


def test_a_way_back_from_a_changed_group_keeps_the_first_generation_that_its_plan_found(
    account: Account,
) -> None:
    refresh(account, "one")
    forget(account)
    own = planned("back", goBackTo=1)
    account.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName="web", LaunchTemplate={"LaunchTemplateName": "web", "Version": "$Default"}
    )
    go_back(own)
    made = own.goes_back_to.image, own.goes_back_to.launch_template
    second = commit.commit(own.run, *made, STARTED)
    assert [second.number, second.goes_back_to] == [2, 1]
    assert written()[-1] == own.goes_back_to


@pytest.mark.parametrize("lost", ["description", "image", "stack"])
def test_what_no_run_of_this_stack_has_made_is_no_generation(
    account: Account, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    first = refresh(account, "one")
    forget(account)
    ec2 = account.client("ec2")
    if lost == "image":
        ec2.deregister_image(ImageId=first.image.id)
    if lost == "description":
        data = {"LaunchTemplateName": "web", "SourceVersion": "1", "LaunchTemplateData": {}}
        ec2.create_launch_template_version(**data)
        copy = {"LaunchTemplateName": "web", "Version": "2"}
        account.client("autoscaling").update_auto_scaling_group(
            AutoScalingGroupName="web", LaunchTemplate=copy
        )
    if lost == "stack":
        ec2.create_tags(
            Resources=[first.launch_template.id], Tags=[{"Key": "golden-image:stack", "Value": "another"}]
        )
        monkeypatch.setenv("STACK_NAME", "another")
    second = refresh(account, "two", rollout="none")
    assert written() == [second]
    assert second.number == 1
    assert second.replaced is not None
    assert second.replaced.generation is None
    assert second.replaced.launch_template_version == ("2" if lost == "description" else "1")
