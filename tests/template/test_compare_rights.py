"""Two templates are compared by what they allow, not by how they say it."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tools.compare_rights import differences, main

if TYPE_CHECKING:
    from pathlib import Path

OWN = {"StringEquals": {"aws:ResourceTag/golden-image:stack": {"Ref": "AWS::StackName"}}}
READ = {"Effect": "Allow", "Action": ["ec2:DescribeImages", "ec2:DescribeInstances"], "Resource": "*"}
DELETE = {"Effect": "Allow", "Action": "ec2:DeregisterImage", "Resource": ["image/*"], "Condition": OWN}
INLINE = {
    "Resources": {
        "UndoFunction": {"Properties": {"Policies": [{"Statement": [READ, DELETE]}]}},
        "CheckFunction": {"Properties": {"Policies": [{"Statement": [READ]}]}},
    }
}
MANAGED: dict[str, Any] = {
    "Resources": {
        "DeletePolicy": {"Properties": {"PolicyDocument": {"Statement": [DELETE | {"Resource": "image/*"}]}}},
        "ReadPolicy": {
            "Properties": {
                "PolicyDocument": {"Statement": [READ | {"Action": action} for action in READ["Action"]]}
            }
        },
        "UndoFunction": {"Properties": {"Policies": [{"Ref": "ReadPolicy"}, {"Ref": "DeletePolicy"}]}},
        "CheckFunction": {"Properties": {"Policies": [{"Ref": "ReadPolicy"}]}},
    }
}


def test_the_same_rights_shared_out_otherwise_are_no_difference() -> None:
    assert differences(INLINE, MANAGED) == []


@pytest.mark.parametrize(
    ("key", "value", "more"),
    [
        ("Action", "ec2:DeleteTags", "+ UndoFunction Allow ec2:DeleteTags image/* "),
        ("Resource", "*", "+ UndoFunction Allow ec2:DeregisterImage * "),
        ("Condition", {}, "+ UndoFunction Allow ec2:DeregisterImage image/* {}"),
        ("Effect", "Deny", "+ UndoFunction Deny ec2:DeregisterImage image/* "),
    ],
)
def test_a_changed_statement_is_a_right_more_and_a_right_less(key: str, value: object, more: str) -> None:
    changed = copy.deepcopy(MANAGED)
    changed["Resources"]["DeletePolicy"]["Properties"]["PolicyDocument"]["Statement"][0][key] = value
    after, before = sorted(differences(INLINE, changed))
    assert after.startswith(more)
    assert before.startswith("- UndoFunction Allow ec2:DeregisterImage image/* ")


def test_a_managed_policy_that_is_attached_to_one_more_function_is_a_difference() -> None:
    changed = copy.deepcopy(MANAGED)
    changed["Resources"]["CheckFunction"]["Properties"]["Policies"].append({"Ref": "DeletePolicy"})
    (line,) = differences(INLINE, changed)
    assert line.startswith("+ CheckFunction Allow ec2:DeregisterImage image/* ")


def test_the_exit_code_says_whether_there_is_a_difference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = {"old": INLINE, "new": MANAGED, "less": {"Resources": {}}}
    for name, template in names.items():
        (tmp_path / name).write_text(yaml.safe_dump(template), encoding="utf-8")
    assert main(str(tmp_path / "old"), str(tmp_path / "new")) == 0
    assert capsys.readouterr().out == ""
    assert main(str(tmp_path / "old"), str(tmp_path / "less")) == 1
    assert capsys.readouterr().out.count("\n- ") == 4
