"""Each field of the input reaches a call of AWS, and a roll-back gives back what it has changed."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, fields
from functools import reduce
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from botocore import xform_name

from golden_image.model.rolling import RefreshPreferences
from golden_image.run.request import GroupRequest, ImageRequest, RunRequest
from sandbox.build import ROOT
from tests.workflow.conftest import approved, succeeded
from tests.workflow.fields import CHOSEN, FIELDS, Call

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.client import Client

SCHEMA = ROOT / "functions/golden_image/run/input.schema.json"
TEST = ".venv/bin/python -m pytest -q tests/workflow/test_fields.py -k"
# The fields of launchTemplate stay under their own names.
REQUESTS = {"image": ImageRequest, "group": GroupRequest, "rolling": RefreshPreferences}
# The run that fails late has set everything before, the sizes too.
LATE = {
    "service": "autoscaling",
    "action": "DescribeAutoScalingGroups",
    "role": "CheckCapacityFunction",
    "effect": "error",
    "code": "AccessDenied",
    "times": None,
}


def leaves(properties: dict[str, Any], above: str = "") -> Iterator[str]:
    """The path of each field of the input that has no fields of its own."""
    for name, schema in properties.items():
        if "properties" in schema:
            yield from leaves(schema["properties"], f"{above}{name}.")
        else:
            yield f"{above}{name}"


# Of a way back, and of one plan: see test_go_back.py and test_plan_digest.py.
APART = {"goBackTo", "planDigest"}
LEAVES = [one for one in leaves(json.loads(SCHEMA.read_text())["properties"]) if one not in APART]


def missing(leaf: str) -> str:
    """What to do next for a field that has no entry yet."""
    section, _, name = leaf.rpartition(".")
    request = REQUESTS.get(section, RunRequest)
    snake = xform_name(name)
    known = section not in {"", *REQUESTS} or snake in {field.name for field in fields(request)}
    next_file = "tests/workflow/fields.py: an entry of FIELDS that names the call which the value reaches"
    if not known:
        next_file = f"functions/golden_image/run/request.py: a field {snake} of {request.__name__}"
    return (
        f"{leaf} has no entry in tests/workflow/fields.py yet. Next: {next_file}. Then run: {TEST} '{leaf}'"
    )


def not_sent(leaf: str, call: Call) -> str:
    """What to do next for a field whose value no call has."""
    pattern = re.compile(rf"\.{xform_name(call.action.split()[1])}\(")
    sources = sorted((ROOT / "functions/golden_image").rglob("*.py"))
    found = [str(path.relative_to(ROOT)) for path in sources if pattern.search(path.read_text())]
    found = found or ["statemachine/golden_image_refresh.asl.json"]
    what = f"{leaf} does not reach {call.action} {call.path}"
    through = "functions/golden_image/model/ and functions/golden_image/run/plan.py"
    return f"{what}. Next: {through}, then the call in {', '.join(found)}. Then run: {TEST} '{leaf}'"


@pytest.mark.parametrize("leaf", LEAVES)
def test_each_field_has_an_entry(leaf: str) -> None:
    assert leaf in FIELDS, missing(leaf)


def test_each_entry_is_of_a_field() -> None:
    assert set(FIELDS) <= set(LEAVES), f"tests/workflow/fields.py: remove {sorted(set(FIELDS) - set(LEAVES))}"


@dataclass(frozen=True)
class Refreshed:
    """The runs that state every field.

    Attributes:
        first, second, third: the calls of the run that made the group, of the one that updated it, and of the
            one that rolled it at last.
        stated: the values of each, by field.
        standings: the group after the first run and what somebody has added to its template, after one that
            failed late, and after the second.
    """

    first: list[dict[str, Any]]
    second: list[dict[str, Any]]
    third: list[dict[str, Any]]
    stated: tuple[dict[str, Any], dict[str, Any], dict[str, Any]]
    standings: tuple[dict[str, Any], dict[str, Any], dict[str, Any]]


def prepared(client: Client) -> dict[str, str]:
    """What the values in <> name."""
    unique = uuid4().hex[:8]
    # A document is run on each; the first is stopped by its run, the second is not.
    client.make_profile(f"{unique}-source")
    seeded, second = (client.seed(instanceProfile=f"{unique}-source") for _ in range(2))
    found = client.ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [seeded["vpcId"]]}])
    # By zone: us-east-1e, which may be any of them by id, does not offer the types.
    by_zone = sorted(found["Subnets"], key=lambda subnet: subnet["AvailabilityZone"])
    others = [s["SubnetId"] for s in by_zone if s["SubnetId"] != seeded["subnetId"]]
    names = {
        "source": seeded["instanceId"],
        "source 2": second["instanceId"],
        "group": f"fields-{unique}",
        "template": f"template-{unique}",
        "alarm": f"alarm-{unique}",
        "subnet 1": seeded["subnetId"],
        "subnet 2": others[0],
    }
    account, region = client.endpoints.stateMachineArn.split(":")[4], client.endpoints.region
    balancing = f"arn:aws:elasticloadbalancing:{region}:{account}:targetgroup"
    for number in ("1", "2"):
        name = f"{unique}-{number}"
        client.ec2.create_key_pair(KeyName=name)
        client.make_profile(name)
        group = client.ec2.create_security_group(GroupName=name, Description=name, VpcId=seeded["vpcId"])
        names |= {
            f"image {number}": f"image {name}",
            f"key {number}": name,
            f"profile {number}": name,
            f"security group {number}": group["GroupId"],
            f"target group {number}": client.target_group(f"{balancing}/{name}/73e2d6bc24d8a067"),
            f"topic {number}": client.aws("sns").create_topic(Name=name)["TopicArn"],
        }
    return names


def filled(value: Any, names: dict[str, str]) -> Any:
    """A value with the things of the sandbox in it."""
    if isinstance(value, list):
        return [filled(one, names) for one in value]
    if isinstance(value, str) and value.startswith("<"):
        return names[value.strip("<>")]
    return value


def nested(stated: dict[str, Any]) -> dict[str, Any]:
    """An input of these values by path."""
    whole: dict[str, Any] = {}
    for path, value in stated.items():
        *above, name = path.split(".")
        reduce(lambda at, part: at.setdefault(part, {}), above, whole)[name] = value
    return whole


def calls_of(client: Client, run: str) -> list[dict[str, Any]]:
    """The calls of a run, those of its functions by the workflow among them."""
    calls = [call for call in client.calls_of(run) if call["status"] == 200]
    state = ""
    for event in client.events(run):
        state = event.entered or state
        if scheduled := event.raw.get("taskScheduledEventDetails"):
            params = json.loads(scheduled.get("parameters", "{}"))
            calls.append({"service": "lambda", "action": "Invoke", "role": state, "params": params})
    return calls


def standing(client: Client, group: str) -> dict[str, Any]:
    """A group, its policies and notifications, and the data of the template version that it uses."""
    scaling = client.autoscaling
    (found,) = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[group])["AutoScalingGroups"]
    used = found["LaunchTemplate"]
    versions = client.ec2.describe_launch_template_versions(
        LaunchTemplateId=used["LaunchTemplateId"], Versions=[used["Version"]]
    )["LaunchTemplateVersions"]
    notifications = scaling.describe_notification_configurations(AutoScalingGroupNames=[group])
    return {
        "group": found,
        "template": versions[0]["LaunchTemplateData"],
        "policies": scaling.describe_policies(AutoScalingGroupName=group)["ScalingPolicies"],
        "notifications": notifications["NotificationConfigurations"],
    }


def choose(client: Client, group: str) -> None:
    """Give the group a version of its template that has what the input can only take away."""
    now = standing(client, group)
    template = now["group"]["LaunchTemplate"]["LaunchTemplateId"]
    # EC2 takes security groups for the instance or for its interfaces.
    data = {name: value for name, value in now["template"].items() if name != "SecurityGroupIds"}
    (interface,) = CHOSEN["NetworkInterfaces"]
    grouped = [interface | {"Groups": now["template"]["SecurityGroupIds"]}]
    made: Any = client.ec2.create_launch_template_version(
        LaunchTemplateId=template,
        LaunchTemplateData={**data, **CHOSEN, "NetworkInterfaces": grouped},  # type: ignore[typeddict-item]
    )
    client.autoscaling.update_auto_scaling_group(
        AutoScalingGroupName=group,
        LaunchTemplate={
            "LaunchTemplateId": template,
            "Version": str(made["LaunchTemplateVersion"]["VersionNumber"]),
        },
    )


@pytest.fixture(scope="module")
def refreshed(deployed: Client) -> Refreshed:
    names = prepared(deployed)
    everywhere = {leaf: field for leaf, field in FIELDS.items() if field.in_roll is None}
    first, second = (
        {leaf: filled(getattr(field, which), names) for leaf, field in everywhere.items()}
        for which in ("first", "second")
    )
    runs, standings = [], []
    for stated, rules in ((first, []), (second, [LATE]), (second, [])):
        run_id = f"fields-{uuid4().hex[:8]}"
        deployed.faults(*(rule | {"run": deployed.arn_of(run_id)} for rule in rules))
        run = approved(deployed, deployed.start(nested(stated), run_id))
        if rules:
            assert LATE["code"] in str(run.cause), f"{run.error}: {run.cause}"
        else:
            succeeded(run)
        runs.append(calls_of(deployed, run.arn))
        if stated is first:
            choose(deployed, names["group"])
        standings.append(standing(deployed, names["group"]))
    deployed.faults()
    deployed.control("PUT", "alarms", {"name": names["alarm"], "state": "OK"})
    known = ("sourceInstanceId", "autoScalingGroupName", "launchTemplateName")
    third = {leaf: filled(field.rolled, names) for leaf, field in FIELDS.items() if field.in_roll}
    rolled = deployed.run(nested({leaf: second[leaf] for leaf in known} | third | {"rollout": "rolling"}))
    succeeded(rolled)
    states = (standings[0], standings[1], standings[2])
    return Refreshed(runs[0], runs[2], calls_of(deployed, rolled.arn), (first, second, third), states)


def values_at(value: Any, path: str) -> list[Any]:
    """What is found at a path, in each element of a list."""
    if isinstance(value, list) and path:
        return [found for one in value for found in values_at(one, path)]
    if not path:
        return [value]
    name, _, rest = path.partition(".")
    return values_at(value[name], rest) if isinstance(value, dict) and name in value else []


def holds(values: list[Any], wanted: Any) -> bool:
    """Whether a value is among these; of tags, whether all of them are in one list."""
    if isinstance(wanted, dict):
        lists = [one for one in values if isinstance(one, list)]
        return any({t["Key"]: t.get("Value") for t in tags}.items() >= wanted.items() for tags in lists)
    return wanted in values or any(isinstance(one, list) and wanted in one for one in values)


def reaches(calls: list[dict[str, Any]], call: Call, stated: Any) -> bool:
    """Whether a stated value is in a call that is to have it, and null in none; without a path, no call."""
    service, action = call.action.split()
    made = [
        one
        for one in calls
        if (one["service"], one["action"]) == (service, action) and call.by in one["role"]
    ]
    if not call.path:
        return not made
    if stated is None:
        return bool(made) and not any(values_at(one["params"], call.path) for one in made)
    return any(holds(values_at(one["params"], call.path), call.value(stated)) for one in made)


@pytest.mark.parametrize("leaf", [leaf for leaf, field in FIELDS.items() if field.created])
def test_a_field_reaches_a_call_when_the_group_is_new(leaf: str, refreshed: Refreshed) -> None:
    call = FIELDS[leaf].created
    assert call is not None
    assert reaches(refreshed.first, call, refreshed.stated[0][leaf]), not_sent(leaf, call)


@pytest.mark.parametrize("leaf", [leaf for leaf, field in FIELDS.items() if field.updated])
def test_a_field_reaches_a_call_when_the_group_exists(leaf: str, refreshed: Refreshed) -> None:
    call = FIELDS[leaf].updated
    assert call is not None
    assert reaches(refreshed.second, call, refreshed.stated[1][leaf]), not_sent(leaf, call)


@pytest.mark.parametrize("leaf", [leaf for leaf, field in FIELDS.items() if field.in_roll])
def test_a_field_reaches_a_call_when_the_group_is_rolled(leaf: str, refreshed: Refreshed) -> None:
    call = FIELDS[leaf].in_roll
    assert call is not None
    assert reaches(refreshed.third, call, refreshed.stated[2][leaf]), not_sent(leaf, call)


@pytest.mark.parametrize("leaf", [leaf for leaf, field in FIELDS.items() if field.shown])
def test_a_roll_back_gives_back_what_a_field_has_changed(leaf: str, refreshed: Refreshed) -> None:
    before, rolled_back, after = (values_at(standing, FIELDS[leaf].shown) for standing in refreshed.standings)
    assert after != before, f"{leaf} is not shown at {FIELDS[leaf].shown}"
    assert rolled_back == before, (
        f"{leaf}: a roll-back leaves {rolled_back}. Next, in functions/golden_image: model/group.py "
        f"(GroupState), group/group.py (state), group/giving_back.py. Then run: {TEST} '{leaf}'"
    )


def test_a_dry_run_changes_nothing(sandbox: Client, group: str) -> None:
    run_input = {"sourceInstanceId": sandbox.seed()["instanceId"], "autoScalingGroupName": group}
    run = sandbox.run(run_input | {"dryRun": True})

    succeeded(run)
    made = {call["action"] for call in sandbox.calls_of(run.arn) if not call["params"].get("DryRun")}
    assert {action for action in made if not action.startswith(("Describe", "Get", "List"))} == set()
