"""Launch templates for the tests: planned and made as a run does it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from golden_image import aws
from golden_image.errors import InvalidInput
from golden_image.group import group, instance_types, launch_template, template_plan
from golden_image.group.findings import Findings
from golden_image.run import request
from golden_image.source import facts
from tests.unit.account import RUN

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import InstanceTypeDef

    from golden_image.model.launch_template import LaunchTemplate, LaunchTemplatePlan
    from tests.unit.account import Account

IMAGE = "ami-0123456789abcdef0"
# What tells this stack that a template is its own.
OWN = [{"Key": "golden-image:stack", "Value": "refresh"}]
# In place of an instance type.
REQUIREMENTS = {"VCpuCount": {"Min": 2}, "MemoryMiB": {"Min": 4096}}


def plan_and_warnings(source_id: str, **wanted: Any) -> tuple[LaunchTemplatePlan, list[str]]:
    """The plan for the group and the template `web`; `wanted` is the input's launchTemplate."""
    return plan_of(facts.find(source_id), **wanted)


def plan_of(instance: InstanceTypeDef, **wanted: Any) -> tuple[LaunchTemplatePlan, list[str]]:
    """The same for a source as EC2 describes it."""
    source_id = instance["InstanceId"]
    complete = {"sourceInstanceId": source_id, "autoScalingGroupName": "web", "launchTemplate": wanted}
    parsed = request.parse(complete)
    existing = launch_template.find_own("web")
    found = Findings(parsed, existing, instance_types.find)
    if existing:
        plan = template_plan.of_existing(existing, group.find("web"), {}, found)
    else:
        stated = request.for_new_template(parsed.launch_template)
        plan = template_plan.of_new(stated, instance, None, {}, found)
    if found.problems:
        raise InvalidInput(found.problems)
    return replace(plan, group_name="web", subnet_ids=(instance["SubnetId"],)), found.warnings


def asked_in(account: Account) -> list[str]:
    """The subnets of the launches so far, of the instance or of its interface."""
    return [
        call.get("SubnetId") or call["NetworkInterfaces"][0]["SubnetId"]
        for call in account.calls("RunInstances")
    ]


def planned(source_id: str, **wanted: Any) -> LaunchTemplatePlan:
    return plan_and_warnings(source_id, **wanted)[0]


def make(source_id: str, run: str = RUN, **wanted: Any) -> LaunchTemplate:
    plan, user_data = planned(source_id, **wanted), wanted.get("userData")
    with aws.named_errors():
        return launch_template.create(run, source_id, plan, IMAGE, user_data)


def existing(account: Account, tags: list[dict[str, str]] = OWN, **data: Any) -> str:
    """A template `web` with one version, made before the run; its type is stated, or what it requires."""
    kind = {} if "InstanceRequirements" in data else {"InstanceType": "t3.small"}
    specifications = [{"ResourceType": "launch-template", "Tags": tags}] if tags else []
    made = account.client("ec2").create_launch_template(
        LaunchTemplateName="web",
        LaunchTemplateData={"ImageId": IMAGE, **kind, **data},
        TagSpecifications=specifications,
    )
    template_id: str = made["LaunchTemplate"]["LaunchTemplateId"]
    return template_id


def add_version(account: Account, **data: Any) -> int:
    """Another version of that template, made before the run."""
    made = account.client("ec2").create_launch_template_version(
        LaunchTemplateName="web", LaunchTemplateData={"ImageId": IMAGE, "InstanceType": "t3.small", **data}
    )
    number: int = made["LaunchTemplateVersion"]["VersionNumber"]
    return number


def versions(account: Account) -> list[dict[str, Any]]:
    found = account.client("ec2").describe_launch_template_versions(LaunchTemplateName="web")
    return sorted(found["LaunchTemplateVersions"], key=lambda version: int(version["VersionNumber"]))


def data(account: Account) -> dict[str, Any]:
    """The content of the newest version."""
    newest: dict[str, Any] = versions(account)[-1]["LaunchTemplateData"]
    return newest
