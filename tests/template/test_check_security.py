"""`make lint` judges parliament's findings, and shows a template to checkov."""

from __future__ import annotations

from tools.check_security import plain_template, unexplained

FINDING = {
    "issue": "PERMISSIONS_MANAGEMENT_ACTIONS",
    "detail": "",
    "location": {"filepath": "x/StopFunction.json", "actions": ["iam:passrole", "kms:creategrant"]},
}
ENTRY = {"issue": FINDING["issue"], "policies": ["StopFunction"], "actions": ["iam:passrole"], "reason": "-"}


def test_a_finding_is_explained_only_with_all_of_its_actions() -> None:
    (left,) = unexplained([FINDING], [ENTRY])
    assert left == "StopFunction: PERMISSIONS_MANAGEMENT_ACTIONS: ['kms:creategrant']"
    assert unexplained([FINDING], [ENTRY, ENTRY | {"actions": ["kms:creategrant"]}]) == []


def test_another_policy_s_entry_explains_nothing_and_is_not_needed() -> None:
    left = unexplained([FINDING], [ENTRY | {"policies": ["StartFunction"]}])
    assert len(left) == 2
    assert left[1] == "StartFunction: PERMISSIONS_MANAGEMENT_ACTIONS is not found any more"


def test_a_finding_without_actions_is_explained_by_its_policy() -> None:
    finding = {"issue": "RESOURCE_MISMATCH", "detail": "x", "location": {"filepath": "x/StopFunction.json"}}
    entry = {"issue": "RESOURCE_MISMATCH", "policies": ["StopFunction"], "reason": "-"}
    assert unexplained([finding], [entry]) == []
    assert unexplained([finding], []) == ["StopFunction: RESOURCE_MISMATCH: x"]


def test_the_template_that_is_checked_has_every_function_s_role() -> None:
    resources = plain_template()["Resources"]
    functions = [name for name, r in resources.items() if r["Type"] == "AWS::Lambda::Function"]
    assert functions
    assert [name for name in functions if resources[f"{name}Role"]["Type"] != "AWS::IAM::Role"] == []
