"""Rules of managed policies: what several have is written once, within IAM's quotas."""

from __future__ import annotations

import json

from tests.template.rules.base import Project, put, rule
from tests.template.rules.policies import edit
from tools.policies import MANAGED, statements

_POLICIES = ("template", "Resources", "CheckImageFunction", "Properties", "Policies")
_PER_ROLE = 10
_CHARACTERS = 6144
_READS_IMAGES = {"Effect": "Allow", "Action": ["ec2:DescribeImages"], "Resource": "*"}


def _attached(project: Project) -> dict[str, int]:
    """How many managed policies each role has; SAM adds one for the logs and one for the traces."""
    return {
        owner: 2 + sum("Ref" in policy for policy in properties.get("Policies", []))
        for kind in ("AWS::Serverless::Function", "AWS::Serverless::StateMachine")
        for owner, properties in project.of_type(kind).items()
    }


@rule((put([{"Statement": [_READS_IMAGES]}], *_POLICIES), "ec2:DescribeImages: Check"))
def a_statement_that_several_have_is_in_a_managed_policy(project: Project) -> list[str]:
    """But where a role has no room for one more."""
    full = {owner for owner, number in _attached(project).items() if number == _PER_ROLE}
    places: dict[str, set[str]] = {}
    for s in statements(project.template):
        if s.policy not in full:
            text = json.dumps([s.actions, s.resources, s.condition], sort_keys=True)
            places.setdefault(text, set()).add(s.policy)
    return [
        f"{', '.join(json.loads(text)[0])}: {', '.join(sorted(found))}"
        for text, found in places.items()
        if len(found) > 1
    ]


@rule(
    (
        put({"Type": MANAGED, "Properties": {"PolicyDocument": {}}}, "template", "Resources", "OtherPolicy"),
        "OtherPolicy",
    )
)
def every_managed_policy_is_attached(project: Project) -> list[str]:
    attached = {statement.policy for statement in statements(project.template)}
    return sorted(set(project.of_type(MANAGED)) - attached)


@rule(
    (
        put([{"Ref": "DescribeImagesPolicy"}] * 10, *_POLICIES),
        "CheckImageFunction: 12 managed policies",
    ),
    (edit("RollBackFunction", "iam:PassRole", "Resource", to="x" * _CHARACTERS), "LaunchPolicy: "),
)
def managed_policies_keep_to_iam_s_quotas(project: Project) -> list[str]:
    """White space is not counted. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html."""
    long = {
        name: len(json.dumps(properties["PolicyDocument"], separators=(",", ":")))
        for name, properties in project.of_type(MANAGED).items()
    }
    return [
        f"{owner}: {number} managed policies"
        for owner, number in _attached(project).items()
        if number > _PER_ROLE
    ] + [f"{name}: {length} characters" for name, length in long.items() if length > _CHARACTERS]
