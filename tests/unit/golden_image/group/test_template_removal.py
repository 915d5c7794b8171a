"""What of a launch template goes with a run that is undone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from golden_image import aws
from golden_image.errors import RequestRefused, RollBackIncomplete, ServiceUnavailable
from golden_image.group import launch_template, template_removal
from tests.unit.account import MARKS, OTHER_RUN, RUN, noted
from tests.unit.golden_image.group.templates import IMAGE, OWN, add_version, existing, planned, versions

if TYPE_CHECKING:
    from golden_image.model.launch_template import LaunchTemplate, LaunchTemplatePlan
    from tests.unit.account import Account

pytestmark = pytest.mark.usefixtures("open_runs")
DENIED = {"service": "ec2", "code": "UnauthorizedOperation", "message": "denied", "times": None}


@pytest.fixture
def source_id(account: Account) -> str:
    return account.seed()


def make(source_id: str, plan: LaunchTemplatePlan, run: str = RUN) -> LaunchTemplate:
    with aws.named_errors():
        return launch_template.create(run, source_id, plan, IMAGE, None)


def remove(plan: LaunchTemplatePlan) -> bool:
    with aws.named_errors():
        return bool(template_removal.remove(RUN, plan, noted(RUN).template_versions).versions)


def test_a_template_that_the_run_made_is_deleted(account: Account, source_id: str) -> None:
    plan = planned(source_id)
    template = make(source_id, plan)
    assert noted(RUN).template_versions == {f"{template.id}/1"}
    assert remove(plan)
    assert not remove(plan)
    assert launch_template.find("web") is None
    assert len(account.calls("DeleteLaunchTemplate")) == 1


def test_a_template_that_is_deleted_while_still_shown_is_fine(account: Account, source_id: str) -> None:
    plan = planned(source_id)
    make(source_id, plan)
    account.faults({"service": "ec2", "action": "DeleteLaunchTemplate", "effect": "stale", "reads": 1})
    assert [remove(plan) for _ in range(3)] == [True, True, False]
    assert len(account.calls("DeleteLaunchTemplate")) == 2


def test_only_the_version_of_the_run_is_deleted(account: Account, source_id: str) -> None:
    template_id = existing(account, OWN)
    plan = planned(source_id)
    make(source_id, plan, OTHER_RUN)
    make(source_id, plan)
    assert noted(RUN).template_versions == {f"{template_id}/3"}
    assert remove(plan)
    assert not remove(plan)
    assert [version["VersionNumber"] for version in versions(account)] == [1, 2]


def test_a_version_whose_answer_was_lost_is_found_by_its_description(
    account: Account, source_id: str
) -> None:
    existing(account, OWN)
    plan = planned(source_id)
    account.lose_answer("ec2", "CreateLaunchTemplateVersion")
    with pytest.raises(ServiceUnavailable):
        make(source_id, plan)
    assert remove(plan)
    assert [version["VersionNumber"] for version in versions(account)] == [1]


@pytest.mark.parametrize("name", ["웹-갱신", "release+42", "v1.2=rc!"])
def test_a_run_of_any_name_finds_its_version_again(account: Account, source_id: str, name: str) -> None:
    existing(account, OWN)
    plan = planned(source_id)
    run = f"{RUN.rpartition(':')[0]}:{name}"
    account.open_row(run)
    make(source_id, plan, run)
    assert template_removal.remove(run, plan, frozenset()).versions
    assert [version["VersionNumber"] for version in versions(account)] == [1]


def test_a_version_beyond_two_hundred_others_is_found(account: Account, source_id: str) -> None:
    template = account.world.ec2.launch_templates[existing(account, OWN)]
    for _ in range(230):
        template.create_version({"ImageId": IMAGE}, "by hand")
    plan = planned(source_id)
    made = make(source_id, plan)
    remove(plan)
    assert made.version == 232
    assert len(template.versions) == 231


def test_a_version_that_somebody_has_made_the_default_one_is_kept(account: Account, source_id: str) -> None:
    existing(account, OWN)
    plan = planned(source_id)
    made = make(source_id, plan)
    set_default(account, made)
    removal = template_removal.remove(RUN, plan, noted(RUN).template_versions)
    assert removal.versions == {f"{made.id}/2"}
    assert removal.kept == "somebody has made it the template's default version since"
    assert len(versions(account)) == 2


def test_a_template_of_the_run_to_which_somebody_has_added_a_version_is_kept(
    account: Account, source_id: str
) -> None:
    plan = planned(source_id)
    make(source_id, plan)
    add_version(account)
    removal = template_removal.remove(RUN, plan, noted(RUN).template_versions)
    assert removal.kept == "somebody has added versions to the template since"
    assert len(versions(account)) == 2


def set_default(account: Account, template: LaunchTemplate) -> None:
    account.client("ec2").modify_launch_template(
        LaunchTemplateId=template.id, DefaultVersion=str(template.version)
    )


def test_a_version_that_ec2_keeps_is_an_error_though_its_answer_is_none(
    account: Account, source_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It becomes the default one between the look and the deletion; the next pass sees it."""
    template_id = existing(account, OWN)
    plan = planned(source_id)
    shown = launch_template.find("web")
    set_default(account, make(source_id, plan))
    monkeypatch.setattr(launch_template, "find", lambda _: shown)
    with pytest.raises(RequestRefused, match=f"EC2 keeps version 2 of {template_id}: unexpectedError"):
        remove(plan)


def test_nothing_happens_where_there_is_no_template(account: Account, source_id: str) -> None:
    plan = planned(source_id)
    account.forget_calls()
    assert not remove(plan)
    assert account.changes() == []


# Whose it is


def tag(account: Account, template_id: str, **marks: str) -> None:
    tags = [{"Key": f"golden-image:{key}", "Value": value} for key, value in marks.items()]
    account.client("ec2").create_tags(Resources=[template_id], Tags=tags)


def test_a_template_that_the_run_made_goes_without_its_tags_too(account: Account, source_id: str) -> None:
    plan = planned(source_id)
    account.strip_tags(make(source_id, plan).id)
    assert remove(plan)
    assert launch_template.find("web") is None


def test_a_template_from_before_is_not_the_runs_though_it_carries_its_tag(
    account: Account, source_id: str
) -> None:
    template_id = existing(account, OWN)
    plan = planned(source_id)
    make(source_id, plan)
    tag(account, template_id, run=RUN)
    assert remove(plan)
    assert [version["VersionNumber"] for version in versions(account)] == [1]


def test_a_template_that_somebody_made_after_the_plan_stays(account: Account, source_id: str) -> None:
    plan = planned(source_id)
    existing(account, [])
    assert not remove(plan)
    assert len(versions(account)) == 1


def test_a_template_that_took_the_place_of_the_one_in_the_plan_stays(
    account: Account, source_id: str
) -> None:
    template_id = existing(account, OWN)
    plan = planned(source_id)
    account.client("ec2").delete_launch_template(LaunchTemplateId=template_id)
    existing(account, [{"Key": key, "Value": value} for key, value in MARKS.items()])
    assert not remove(plan)
    assert len(versions(account)) == 1


@pytest.mark.parametrize("before", [True, False])
def test_a_template_that_the_stack_may_not_change_is_told_with_the_command(
    account: Account, source_id: str, before: bool
) -> None:
    if before:
        existing(account, OWN)
    plan = planned(source_id)
    made: Any = make(source_id, plan)
    account.strip_tags(made.id)
    action = "DeleteLaunchTemplateVersions" if before else "DeleteLaunchTemplate"
    account.faults({**DENIED, "action": action})
    command = f"-versions --launch-template-id {made.id} --versions 2" if before else ""
    told = f"aws ec2 delete-launch-template{command or f' --launch-template-id {made.id}'}"
    with pytest.raises(RollBackIncomplete, match=f"has lost the tag golden-image:stack=refresh.*: {told}"):
        remove(plan)


def test_a_refusal_of_a_template_with_its_mark_is_told_in_awss_words(
    account: Account, source_id: str
) -> None:
    plan = planned(source_id)
    make(source_id, plan)
    account.faults({**DENIED, "action": "DeleteLaunchTemplate"})
    with pytest.raises(RequestRefused, match="UnauthorizedOperation: denied"):
        remove(plan)
