"""`sam local invoke` of every function with its events/ file, under AWS's emulator and runtime client.

The functions are those of `sam build`; they call the sandbox. The steps come in the workflow's order, so that
each finds what the one before it made.
"""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from sandbox.build import ROOT, sam_build
from sandbox.rie import Invocation, invoke
from tests.workflow.conftest import eventually, group_of, source_state
from tools import project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.client import Client

REFRESH = [
    "plan_refresh",
    "lock_group",
    "send_command",
    "check_command",
    "stop_source",
    "check_source_stopped",
    "create_snapshots",
    "return_source",
    "check_source_returned",
    "check_snapshots",
    "register_image",
    "check_image",
    "verify_image",
    "create_launch_template",
    "launch_canary",
    "check_canary",
    "end_canary",
    "request_approval",
    "create_auto_scaling_group",
    "configure_auto_scaling_group",
    "pin_group",
    "update_auto_scaling_group",
    "drain_group",
    "check_group_drained",
    "restore_capacity",
    "check_capacity",
    "update_settings",
    "start_instance_refresh",
    "check_instance_refresh",
    "read_sizes",
    "look_at_source",
    "prove_generation",
    "commit_refresh",
    "unlock_group",
    "begin_undo",
    "roll_back",
    "sweep_runs",
    "start_scheduled_run",
]
API = [
    "start_run",
    "list_runs",
    "describe_run",
    "stop_run",
    "approve_run",
    "reject_run",
    "list_generations",
    "go_back",
    "get_openapi",
]
APART = ["answer_approval", "create_image"]
HANDLERS = project.functions(project.template())
REFRESH_ID = json.loads((ROOT / "events/check_instance_refresh.json").read_text())["refreshId"]
# Real seconds for a check.
_LONGEST_WAIT = 90
ID = re.compile(r"\b[a-z]+-[0-9a-f]{17}\b")


class Functions:
    """The built functions, each invoked in a process of its own."""

    def __init__(self, sandbox: Client, build: Path) -> None:
        self._build = build
        self._region = sandbox.endpoints.region
        self._ids: dict[str, str] = {}
        self.refresh_id = REFRESH_ID
        pages = sandbox.aws("lambda").get_paginator("list_functions").paginate()
        variables = [f["Environment"]["Variables"] for page in pages for f in page["Functions"]]
        endpoints = sandbox.endpoints
        self._environment = {name: value for each in variables for name, value in each.items()} | {
            "AWS_ENDPOINT_URL": endpoints.aws,
            "AWS_ENDPOINT_URL_EC2": endpoints.ec2,
            "AWS_ENDPOINT_URL_AUTO_SCALING": endpoints.ec2,
            "AWS_ENDPOINT_URL_SSM": endpoints.ec2,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }

    def know(self, **ids: str) -> None:
        """Put an id of the sandbox in the place of the one that the events have."""
        self._ids |= {name.replace("_", "-"): value for name, value in ids.items()}

    def event(self, name: str) -> Any:
        """A function's events/ file, with the sandbox's ids and Region in it."""
        text = (ROOT / f"events/{name}.json").read_text().replace("ap-northeast-2", self._region)
        text = text.replace(REFRESH_ID, self.refresh_id)
        return json.loads(ID.sub(lambda found: self._ids.get(found[0], found[0]), text))

    def invoke(self, name: str) -> Invocation:
        """The answer of a cold function to its event."""
        logical_id = "".join(word.capitalize() for word in name.split("_")) + "Function"
        code = self._build / logical_id
        return invoke(code, f"{HANDLERS[logical_id]}.handler", self.event(name), self._environment)

    def answer(self, name: str) -> Any:
        """A function's answer, when a check's is that it is done."""
        deadline = time.monotonic() + _LONGEST_WAIT
        while True:
            invocation = self.invoke(name)
            assert not invocation.is_error, f"{name}: {invocation.payload}"
            assert invocation.init_report
            if not name.startswith("check_") or invocation.payload["done"]:
                return invocation.payload
            assert time.monotonic() < deadline, f"{name}: {invocation.payload}"


@pytest.fixture
def functions(sandbox: Client, tmp_path: Path) -> Iterator[Functions]:
    """The built functions, and a source for their events."""
    made = Functions(sandbox, sam_build(tmp_path / "build.log"))
    sandbox.aws("sns").create_topic(Name="web-scaling")
    # Systems Manager runs documents on an instance whose profile lets its agent report.
    profile = f"documents-{uuid4().hex[:8]}"
    sandbox.make_profile(profile)
    volumes = [{"deviceName": "/dev/sda1"}, {"deviceName": "/dev/sdf", "sizeGiB": 20}]
    seeded = sandbox.seed(volumes=volumes, instanceProfile=profile)
    know(made, seeded, seeded["volumeIds"])
    yield made
    if group_of(sandbox, "web"):
        sandbox.autoscaling.delete_auto_scaling_group(AutoScalingGroupName="web", ForceDelete=True)
        eventually(lambda: group_of(sandbox, "web") is None)


def know(functions: Functions, seeded: dict[str, Any], volumes: list[str]) -> None:
    """Tell the functions' events a source's ids."""
    root, data = volumes
    functions.know(
        i_0123456789abcdef0=seeded["instanceId"],
        vol_0123456789abcdef0=root,
        vol_0123456789abcdef1=data,
        ami_0fedcba9876543210=seeded["imageId"],
        subnet_0123456789abcdef0=seeded["subnetId"],
        sg_0123456789abcdef0=seeded["securityGroupIds"][0],
    )


def test_every_function_is_invoked_here() -> None:
    assert set(REFRESH + API + APART) == {module.rpartition(".")[2] for module in HANDLERS.values()}


def test_the_steps_of_a_refresh_answer_their_events(sandbox: Client, functions: Functions) -> None:
    for name in REFRESH:
        answer = functions.answer(name)
        if name == "create_snapshots":
            snapshots = {one["volumeId"]: one["snapshotId"] for one in answer}
            ordered = [snapshots[volume] for volume in functions.event(name)["volumeIds"]]
            functions.know(snap_0123456789abcdef0=ordered[0], snap_0123456789abcdef1=ordered[1])
        if name == "register_image":
            functions.know(ami_0123456789abcdef0=answer["imageId"])
        if name == "create_launch_template":
            functions.know(lt_0123456789abcdef0=answer["id"])
        if name == "launch_canary":
            functions.know(i_0123456789abcdef1=answer["instanceId"])
        if name == "start_instance_refresh":
            functions.refresh_id = answer["refreshId"]

    assert source_state(sandbox, functions.event("stop_source")["instanceId"]) == "running"
    found = group_of(sandbox, "web")
    assert found is not None
    assert found["DesiredCapacity"] == 2


def test_an_image_is_created_of_a_stopped_source(sandbox: Client, functions: Functions) -> None:
    functions.know(i_0123456789abcdef0=sandbox.seed(state="stopped", platform="windows")["instanceId"])

    # Lock Group's, which another test's run may keep from it.
    row = {"pk": {"S": f"run#{functions.event('create_image')['run']}"}}
    ledger = sandbox.endpoints.ledgerTable
    sandbox.aws("dynamodb").put_item(TableName=ledger, Item=row)

    image = functions.answer("create_image")["imageId"]

    assert sandbox.aws("dynamodb").delete_item(TableName=ledger, Key=row, ReturnValues="ALL_OLD")[
        "Attributes"
    ]["imageIds"]["SS"] == [image]
    assert sandbox.ec2.describe_images(ImageIds=[image])["Images"]


@pytest.mark.parametrize("name", API)
def test_the_routes_answer_their_events(functions: Functions, name: str) -> None:
    assert functions.answer(name)["statusCode"] in {200, 202, 404}


def test_an_answer_to_what_nobody_has_asked_is_refused_by_name(functions: Functions) -> None:
    invocation = functions.invoke("answer_approval")

    assert invocation.is_error
    assert invocation.payload["errorType"] == "NotWaitingForApproval"


def test_a_refusal_has_its_name(functions: Functions) -> None:
    functions.know(i_0123456789abcdef0="i-0123456789abcdef0")

    invocation = functions.invoke("plan_refresh")

    assert invocation.is_error
    assert invocation.payload["errorType"] == "SourceNotFound"
