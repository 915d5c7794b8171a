"""Inputs at AWS's limits and one above, many volumes, and the size of what states hand to functions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonata
import pytest

from golden_image.errors import InvalidInput
from golden_image.events import to_event
from golden_image.group import group, group_update, launch_template
from golden_image.image import checks, likeness, lookup, registration, snapshots
from golden_image.model.group import Sizes
from golden_image.run import changes, ledger
from golden_image.run.request import parse
from golden_image.source import power
from golden_image.undo import undo as undoing
from tests.unit.account import DEFINITION, LEDGER, RUN, TIMEOUTS, UNDO
from tests.unit.inputs import EVERY_FIELD, SMALLEST, with_value

if TYPE_CHECKING:
    from golden_image.model.plan import Plan
    from tests.unit.account import Account

MOST_PAYLOAD = 16 * 1024
# Of a state's input or output, of one variable, and of all variables that one state assigns, in bytes.
# https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
# https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html
MOST_DATA = 256 * 1024
# Of an item of DynamoDB.
MOST_ITEM = 400 * 1024
TAG_SECTIONS = ("image", "launchTemplate", "group")
STATES = json.loads(DEFINITION.read_text(encoding="utf-8"))["States"]
GENERATION = json.loads(Path("events/prove_generation.json").read_text(encoding="utf-8"))["generation"]
_ASSIGNED = STATES["Plan Refresh"]["Assign"]
PAYLOADS = {
    name: state["Arguments"]["Payload"]
    for name, state in STATES.items()
    if "Payload" in state.get("Arguments", {})
}


def tags(number: int, key: int = 20, value: int = 20, filled_with: str = "값") -> dict[str, str]:
    return {f"{n:02}".ljust(key, filled_with): filled_with * value for n in range(number)}


# Each limit is AWS's own: (field, the longest value, one above).
LIMITS: list[tuple[tuple[str, ...], Any, Any]] = [
    (("autoScalingGroupName",), "웹" * 255, "웹" * 256),
    (("launchTemplateName",), "w" * 128, "w" * 129),
    (("image", "name"), "w" * 128, "w" * 129),
    (("image", "description"), "w" * 255, "w" * 256),
    (("launchTemplate", "keyName"), "k" * 255, "k" * 256),
    (("launchTemplate", "iamInstanceProfile"), "p" * 128, "p" * 129),
    (("launchTemplate", "userData"), "a" * 16384, "a" * 16385),
    (("launchTemplate", "userData"), "가" * 5461 + "a", "가" * 5461 + "aa"),
    (
        ("launchTemplate", "securityGroupIds"),
        [f"sg-{n:017x}" for n in range(16)],
        [f"sg-{n:017x}" for n in range(17)],
    ),
    (("group", "maxSize"), 10_000, 10_001),
    *[((section, "tags"), {"k" * 128: "v"}, {"k" * 129: "v"}) for section in TAG_SECTIONS],
    *[((section, "tags"), {"키" * 128: "값" * 256}, {"k": "값" * 257}) for section in TAG_SECTIONS],
    *[((section, "tags"), tags(40), tags(41)) for section in TAG_SECTIONS],
]


@pytest.mark.parametrize(
    ("path", "longest", "longer"), LIMITS, ids=[f"{'.'.join(p)}-{n}" for n, (p, *_) in enumerate(LIMITS)]
)
def test_a_value_at_awss_limit_is_taken_and_one_above_is_refused(
    path: tuple[str, ...], longest: object, longer: object
) -> None:
    base = {**SMALLEST, "launchTemplateName": "web"}
    assert parse(with_value(base, path, longest))
    with pytest.raises(InvalidInput) as refused:
        parse(with_value(base, path, longer))
    assert all(error.field.startswith(".".join(path)) for error in refused.value.fields)


def test_tags_of_template_and_group_together_are_what_an_instance_takes() -> None:
    own = {f"own-{n}": "" for n in range(7)}
    both = {**SMALLEST, "launchTemplate": {"tags": tags(40)}, "group": {"tags": own}}
    assert parse(both)
    assert parse({**both, "group": {"tags": tags(40)}})
    with pytest.raises(InvalidInput, match=r"group\.tags: make 48 with those of the launch template"):
        parse({**both, "group": {"tags": {**own, "one more": ""}}})


def carry_out(plan: Plan, user_data: str | None) -> str:
    """Make a run's resources, by the functions that its steps call; answers the image's id."""
    facts, run = plan.source, plan.run
    ledger.lock(plan, UNDO)
    power.stop(facts.instance_id)
    power.check_stopped(facts.instance_id, 0, 900)
    made = snapshots.create(run, facts.instance_id, [v.volume_id for v in facts.volumes], plan.image.tags)
    image_id = registration.register(run, plan.image, facts, made)
    assert checks.check(image_id, 0, 900).done
    likeness.verify(run, image_id, facts)
    template = launch_template.create(run, facts.instance_id, plan.launch_template, image_id, user_data)
    group.create(run, facts.instance_id, plan.group, template)
    group.configure(plan.run, plan.group)
    return image_id


@pytest.mark.usefixtures("ledger_table")
def test_everything_at_awss_limits_is_made_and_undone(account: Account) -> None:
    long = tags(40, key=128, value=256, filled_with="🪵")
    wanted = {
        "autoScalingGroupName": "웹" * 255,
        "image": {"name": "w" * 128, "description": "w" * 255, "tags": long},
        "launchTemplate": {"tags": long},
        "group": {"tags": long},
    }
    plan = account.plan(account.seed(), **wanted)
    carry_out(plan, "가" * 5461 + "a")
    found = group.find(plan.group.name)
    assert found
    assert len(found["Tags"]) == 43
    assert len(found["Instances"]) == 1
    waited = 0
    while not (check := undoing.undo(RUN, waited, 3600)).done:
        waited += check.wait_seconds
    assert group.find(plan.group.name) is None
    assert account.client("ec2").describe_snapshots(OwnerIds=["self"])["Snapshots"] == []


@pytest.mark.usefixtures("ledger_table")
def test_the_state_of_a_group_with_tags_at_awss_limits_is_noted_beside_the_plan(account: Account) -> None:
    long = tags(40, key=128, value=256, filled_with="🪵")
    own = tags(50, key=128, value=256, filled_with="🌲")
    tagged = [{"Key": key, "Value": value, "PropagateAtLaunch": False} for key, value in own.items()]
    account.group(Tags=tagged, DesiredCapacity=0)
    fields = {"image": {"tags": long}, "launchTemplate": {"tags": long}, "group": {"tags": long}}
    plan = account.plan(account.seed(), rollout="recreate", **fields)
    ledger.lock(plan, UNDO)
    facts = plan.source
    template = launch_template.create(RUN, facts.instance_id, plan.launch_template, facts.image_id, None)
    assert group_update.update(RUN, plan.group, template, "recreate", TIMEOUTS) == Sizes(0, 4, 0)
    group.configure(RUN, plan.group)
    change = changes.read(RUN)
    assert change
    assert len(change.before.tags) == 50
    row = account.client("dynamodb").get_item(TableName=LEDGER, Key={"pk": {"S": f"run#{RUN}"}})["Item"]
    assert {"plan", "groupBefore", "optionsBefore"} <= row.keys()
    attributes = [*row, *map(str, row.values())]
    assert sum(len(text.encode()) for text in attributes) < MOST_ITEM * 9 / 10


# Many volumes


def seed_with(account: Account, number: int) -> str:
    """A source with so many volumes, all that can be said of each being said."""
    names = ["/dev/sda1", *(f"/dev/sd{a}{b}" for a in "bc" for b in "abcdefghijklmnopqrstuvwxyz")]
    volume = {"type": "io2", "sizeGiB": 16384, "iops": 64000, "encrypted": True}
    key = account.client("kms").create_key()["KeyMetadata"]["Arn"]
    volumes = [{**volume, "kmsKeyId": key, "deviceName": name} for name in names[:number]]
    account.client("kms").create_grant(
        KeyId=key,
        GranteePrincipal="arn:aws:iam::123456789012:role/aws-service-role/autoscaling.amazonaws.com/"
        "AWSServiceRoleForAutoScaling",
        Operations=["Decrypt", "CreateGrant"],
    )
    return account.seed(volumes=volumes)


@pytest.mark.usefixtures("ledger_table")
def test_a_source_with_forty_volumes_is_imaged_in_one_set(account: Account) -> None:
    plan = account.plan(seed_with(account, 40))
    assert len(plan.source.volumes) == 40
    image_id = carry_out(plan, None)
    made = lookup.snapshot_ids(lookup.find(image_id))
    found = account.client("ec2").describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert len(set(made)) == 40
    assert {snapshot["SnapshotId"] for snapshot in found} == set(made)
    assert len(account.calls("CreateSnapshots")) == 1


# What states hand on


def plan_of_every_field(account: Account, of_group: dict[str, str], wanted: dict[str, str]) -> dict[str, Any]:
    """The plan, as a variable of the workflow, of 28 volumes, with long names and these tags."""
    account.group(
        TargetGroupARNs=EVERY_FIELD["group"]["targetGroupArns"],
        Tags=[{"Key": key, "Value": value, "PropagateAtLaunch": False} for key, value in of_group.items()],
    )
    account.make_named()
    source_id, subnets = seed_with(account, 28), account.subnets()[:2]
    groups = account.client("ec2").describe_security_groups()["SecurityGroups"]
    own = {"securityGroupIds": [groups[0]["GroupId"]], "tags": wanted}
    fields = {
        "rollout": "recreate",
        "image": {"name": "w" * 128, "description": "d" * 255, "tags": wanted},
        "launchTemplate": EVERY_FIELD["launchTemplate"] | own,
        "group": {**EVERY_FIELD["group"], "subnetIds": subnets, "tags": wanted},
    }
    plan: dict[str, Any] = json.loads(json.dumps(to_event(account.plan(source_id, **fields))))
    assert len(plan["source"]["volumes"]) == 28
    return plan


def variables(plan: dict[str, Any], user_data: str | None) -> dict[str, Any]:
    """What the workflow has in its variables and its context once all of it is known."""
    snapshot_ids = [f"snap-{number:017x}" for number in range(28)]
    image = {"id": "ami-0123456789abcdef0", "name": "w" * 128, "snapshotIds": snapshot_ids}
    template = {"userData": user_data} if user_data else {}
    given = {"sourceInstanceId": plan["source"]["instanceId"], "launchTemplate": template}
    return {
        # A plan has a source or the generation that it goes back to. Here each payload finds its own.
        "plan": evaluated(_ASSIGNED["plan"], {"states": {"result": {"Payload": plan}}})
        | {"goesBackTo": GENERATION | {"image": image}},
        "image": image,
        "snapshots": [
            {"snapshotId": snapshot_id, "volumeId": volume["volumeId"]}
            for snapshot_id, volume in zip(snapshot_ids, plan["source"]["volumes"], strict=True)
        ],
        "imageId": "ami-0123456789abcdef0",
        "launchTemplate": {"id": "lt-0123456789abcdef0", "name": "w" * 128, "version": 12345},
        "waited": 604800,
        "captureCheck": {"snapshotIds": snapshot_ids},
        "states": {
            "context": {
                "Execution": {"Id": RUN, "Input": given, "StartTime": "2026-11-22T03:00:00.000Z"},
                "Task": {"Token": "t" * 2048},
            }
        },
    }


def size(value: object) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode())


@pytest.fixture
def largest(account: Account) -> dict[str, Any]:
    return plan_of_every_field(account, tags(5), tags(5))


def evaluated(part: Any, variables: dict[str, Any]) -> Any:
    """A part of a state with its expressions worked out."""
    if isinstance(part, dict):
        return {key: evaluated(value, variables) for key, value in part.items()}
    if not (isinstance(part, str) and part.startswith("{%")):
        return part
    expression = jsonata.Jsonata(part.removeprefix("{%").removesuffix("%}").strip())
    frame = expression.create_frame()
    for name, value in variables.items():
        frame.bind(name, value)
    return expression.evaluate(None, frame)


@pytest.mark.parametrize("state", PAYLOADS)
def test_a_payload_of_twenty_eight_volumes_stays_small(largest: dict[str, Any], state: str) -> None:
    payload = evaluated(PAYLOADS[state], variables(largest, None))
    assert None not in [value for key, value in payload.items() if key != "userData"]
    assert 0 < size(payload) < MOST_PAYLOAD


def test_tags_and_user_data_at_awss_limits_are_what_step_functions_takes(account: Account) -> None:
    """A tenth is left of what variables and a task may have."""
    plan = plan_of_every_field(account, tags(50, 128, 256, "🌲"), tags(40, 128, 256, "🪵"))
    known = variables(plan, "가" * 5461 + "a")
    assigned = evaluated(_ASSIGNED, {"states": {"result": {"Payload": plan}}})
    data = {"$plan": size(plan), "Plan Refresh assigns": size(assigned)}
    data |= {state: size(evaluated(payload, known)) for state, payload in PAYLOADS.items()}

    assert data["$plan"] > MOST_DATA / 2
    assert {name: found for name, found in data.items() if found > MOST_DATA * 9 / 10} == {}


def test_user_data_is_no_part_of_the_plan(account: Account) -> None:
    source_id = account.seed(userData="#!/bin/sh\necho from the source")
    plan = account.plan(source_id, launchTemplate={"userData": "#!/bin/sh\necho from the input"})
    text = json.dumps(to_event(plan))
    assert "from the input" not in text
    assert "from the source" not in text
