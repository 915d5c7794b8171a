"""Each step's handler with its events/ file, after the steps that come before it in the workflow."""

from __future__ import annotations

import json
import re
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import ANY

import pytest

from artifact.modules import handlers, sources
from tests.unit.account import ACCOUNT_ID, REGION

if TYPE_CHECKING:
    from tests.unit.account import Account

pytestmark = pytest.mark.usefixtures("generations_table")

EVENTS = Path("events")
MODULES = {name.rpartition(".")[2]: name for name in handlers(sources(Path("functions")))}
UNDO = json.loads((EVENTS / "lock_group.json").read_text(encoding="utf-8"))["undo"]
RUN = json.loads((EVENTS / "roll_back.json").read_text(encoding="utf-8"))["run"]
TO_STOPPED = ["plan_refresh", "lock_group", "stop_source", "check_source_stopped"]
TO_IMAGE = [
    *TO_STOPPED,
    "create_snapshots",
    "return_source",
    "check_source_returned",
    "check_snapshots",
    "register_image",
    "check_image",
]
TO_GROUP = [*TO_IMAGE, "verify_image", "create_launch_template", "create_auto_scaling_group"]
TO_END = [
    *TO_GROUP,
    "configure_auto_scaling_group",
    "drain_group",
    "check_group_drained",
    "restore_capacity",
    "check_capacity",
    "read_sizes",
    "commit_refresh",
    "unlock_group",
]
OFF_THE_WAY = [
    ["plan_refresh", "lock_group", "send_command"],
    ["plan_refresh", "lock_group", "send_command", "check_command"],
    [*TO_STOPPED, "create_image"],
    [*TO_GROUP, "launch_canary"],
    [*TO_GROUP, "launch_canary", "check_canary"],
    [*TO_GROUP, "launch_canary", "check_canary", "end_canary"],
    [*TO_IMAGE, "verify_image", "create_launch_template", "request_approval"],
    [*TO_GROUP, "update_auto_scaling_group"],
    [*TO_GROUP, "prove_generation"],
    [*TO_GROUP, "pin_group"],
    [*TO_GROUP, "start_instance_refresh"],
    [*TO_GROUP, "start_instance_refresh", "check_instance_refresh"],
    [*TO_GROUP, "update_settings"],
    [*TO_IMAGE, "look_at_source"],
    [*TO_GROUP, "roll_back"],
    [*TO_GROUP, "begin_undo"],
    [*TO_GROUP, "sweep_runs"],
]
WAYS = [TO_END[: number + 1] for number in range(len(TO_END))] + OFF_THE_WAY
REFRESH = json.loads((EVENTS / "check_instance_refresh.json").read_text(encoding="utf-8"))["refreshId"]
DONE = {"done": True, "waitSeconds": 0}
SIZES = {"minSize": 1, "maxSize": 4, "desiredCapacity": 2}
ANSWERS: dict[str, Any] = {
    "check_source_stopped": DONE | {"progress": "stopped"},
    "check_source_returned": DONE | {"progress": "running"},
    "check_snapshots": DONE | {"progress": "100%"},
    # The source has no profile, so that Systems Manager does not manage it.
    "send_command": {"commandId": None},
    "check_command": {"done": False, "waitSeconds": ANY, "progress": ANY, "commandId": None},
    "launch_canary": {"instanceId": ANY},
    "check_canary": DONE | {"progress": "all status checks are ok"},
    "end_canary": {"done": False, "waitSeconds": ANY, "progress": ANY},
    "check_group_drained": DONE | {"progress": "no instance left", "warnings": []},
    "check_capacity": DONE | {"progress": "2 of 2 in service", "warnings": []},
    "drain_group": SIZES,
    "start_instance_refresh": {"refreshId": ANY, "sizes": SIZES, "warnings": []},
    "check_instance_refresh": ANY,
    "restore_capacity": {"sizes": SIZES, "warnings": []},
    "read_sizes": SIZES,
    "look_at_source": {"running": True, "said": ANY},
    "begin_undo": {"undo": True, "waitSeconds": 60},
    "sweep_runs": {"clean": []},
}


class Walk:
    """Invokes steps one after the other, each with its event, the ids in it being those of the account."""

    def __init__(self, account: Account, context: Any) -> None:
        self._context = context
        account.make_named()
        source_id = account.seed()
        found = account.client("ec2").describe_instances(InstanceIds=[source_id])
        instance = found["Reservations"][0]["Instances"][0]
        root, data = sorted(instance["BlockDeviceMappings"], key=lambda one: str(one["DeviceName"]))
        self._ids = {
            "i-0123456789abcdef0": source_id,
            "vol-0123456789abcdef0": root["Ebs"]["VolumeId"],
            "vol-0123456789abcdef1": data["Ebs"]["VolumeId"],
            "ami-0fedcba9876543210": instance["ImageId"],
            "subnet-0123456789abcdef0": instance["SubnetId"],
            "sg-0123456789abcdef0": instance["SecurityGroups"][0]["GroupId"],
        }

    def event(self, step: str) -> Any:
        """The step's event, with the account's ids in it; moto starts no version of a state machine."""
        text = (EVENTS / f"{step}.json").read_text(encoding="utf-8").replace(UNDO, UNDO.removesuffix(":1"))
        text = text.replace(REFRESH, self._ids.get(REFRESH, REFRESH))
        return json.loads(re.sub(r"\b[a-z]+-[0-9a-f]{17}\b", lambda id_: self._ids.get(id_[0], id_[0]), text))

    def take(self, step: str) -> Any:
        """The answer of the step's handler, as Lambda would hand it on."""
        answer = import_module(MODULES[step]).handler(self.event(step), self._context)
        answer = json.loads(json.dumps(answer, allow_nan=False))
        self._remember(step, answer)
        return answer

    def _remember(self, step: str, answer: Any) -> None:
        if step == "create_snapshots":
            by_volume = {one["volumeId"]: one["snapshotId"] for one in answer}
            for number in "01":
                volume_id = self._ids[f"vol-0123456789abcdef{number}"]
                self._ids[f"snap-0123456789abcdef{number}"] = by_volume[volume_id]
        elif step == "register_image":
            self._ids["ami-0123456789abcdef0"] = answer["imageId"]
        elif step == "create_launch_template":
            self._ids["lt-0123456789abcdef0"] = answer["id"]
        elif step == "launch_canary":
            self._ids["i-0123456789abcdef1"] = answer["instanceId"]
        elif step == "start_instance_refresh":
            self._ids[REFRESH] = answer["refreshId"]


@pytest.fixture
def walk(account: Account, context: Any, monkeypatch: pytest.MonkeyPatch) -> Walk:
    monkeypatch.setenv("DEFAULT_GROUP_NAME", "")
    role = "arn:aws:iam::123456789012:role/machine"
    for chapter in ("", "-undo"):
        account.client("stepfunctions").create_state_machine(
            name=f"{RUN.split(':')[-2]}{chapter}", definition="{}", roleArn=role
        )
    for name in ("PROVE_IMAGE", "ROLL_OUT", "RUN_DOCUMENT"):
        monkeypatch.setenv(f"{name}_ARN", UNDO.replace("undo", name.lower().replace("_", "-")))
    topic = account.client("sns").create_topic(Name="golden-image")["TopicArn"]
    monkeypatch.setenv("NOTIFICATION_TOPIC_ARN", topic)
    monkeypatch.setenv("ANSWER_APPROVAL_ARN", f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:answer:live")
    return Walk(account, context)


@pytest.mark.parametrize("way", WAYS, ids=[way[-1] for way in WAYS])
def test_a_step_answers_json_to_its_event(walk: Walk, way: list[str]) -> None:
    answers = [walk.take(step) for step in way]
    assert answers[-1] == ANSWERS.get(way[-1], answers[-1])


def test_every_step_has_an_event_and_is_on_a_way() -> None:
    steps = {step for way in WAYS for step in way}
    of_the_api = {name for name, module in MODULES.items() if module.startswith("handlers.api.")}
    assert steps == MODULES.keys() - of_the_api
    assert all((EVENTS / f"{step}.json").exists() for step in steps)


def test_the_plan_of_the_events_is_the_one_that_the_plans_step_makes(walk: Walk) -> None:
    plan, locked = walk.take("plan_refresh"), walk.event("lock_group")["plan"]
    # No state gets them.
    assert plan["launchTemplate"].pop("differences") == []
    of_the_run = {"plannedAt": locked["plannedAt"], "digest": locked["digest"]}
    assert locked == {**plan, **of_the_run}
    source, group, image = plan["source"], plan["group"], plan["image"]
    assert walk.event("register_image")["source"] == walk.event("verify_image")["source"] == source
    assert walk.event("register_image")["image"] == walk.event("create_image")["image"] == image
    assert walk.event("create_launch_template")["launchTemplate"] == plan["launchTemplate"]
    assert walk.event("create_auto_scaling_group")["group"] == group
    assert walk.event("configure_auto_scaling_group")["group"] == group


def test_every_event_of_a_run_is_of_the_same_run() -> None:
    steps = {step for way in WAYS for step in way}
    events = [json.loads((EVENTS / f"{step}.json").read_text(encoding="utf-8")) for step in sorted(steps)]
    assert {event["run"] for event in events if "run" in event} == {RUN}
    ended = json.loads((EVENTS / "sweep_runs.json").read_text(encoding="utf-8"))
    assert ended["detail"]["executionArn"] == RUN
