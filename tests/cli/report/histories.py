"""Histories of runs, written event by event as Step Functions answers them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from golden_image_cli.history import Event

START = datetime(2026, 11, 30, 3, 0, tzinfo=UTC)


@dataclass
class History:
    """Writes the events of a run and of its children; the time passes by the seconds that are named."""

    events: list[Event] = field(default_factory=list)
    now: datetime = START
    path: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.add("ExecutionStarted")

    def add(self, kind: str, **details: Any) -> None:
        """An event at this moment."""
        state = next((end for end in ("StateEntered", "StateExited") if kind.endswith(end)), kind)
        key = state[0].lower() + state[1:]
        body = {f"{key}EventDetails": details} if details else {}
        raw = {"timestamp": self.now, "type": kind, "id": len(self.events) + 1, **body}
        self.events.append(Event(self.path, f"arn:{self.path}", raw))

    def passes(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)

    def task(
        self, name: str, answer: Any, seconds: float = 1, *, fails: int = 0, people: bool = False
    ) -> None:
        """A task that calls a function, which fails some times before it answers."""
        self.add("TaskStateEntered", name=name)
        resource = "invoke.waitForTaskToken" if people else "invoke"
        for _ in range(fails):
            self.add("TaskScheduled", resourceType="lambda", resource=resource)
            self.passes(seconds)
            self.add("TaskFailed", error="RequestThrottled", resource=resource)
        self.add("TaskScheduled", resourceType="lambda", resource=resource)
        self.passes(seconds)
        output = answer if people else {"Payload": answer}
        self.add("TaskSucceeded", output=json.dumps(output), resourceType="lambda", resource=resource)
        self.add("TaskStateExited", name=name)

    def fails(self, name: str, error: str, seconds: float = 1) -> None:
        """A task whose only try fails."""
        self.add("TaskStateEntered", name=name)
        self.add("TaskScheduled", resourceType="lambda", resource="invoke")
        self.passes(seconds)
        self.add("TaskFailed", error=error, cause="it is so", resource="invoke")

    def wait(self, name: str, seconds: float) -> None:
        """A Wait state."""
        self.add("WaitStateEntered", name=name)
        self.passes(seconds)
        self.add("WaitStateExited", name=name)

    def begin(self, name: str) -> None:
        """A task that calls a workflow, whose events follow."""
        self.add("TaskStateEntered", name=name)
        self.add("TaskScheduled", resourceType="states", resource="startExecution.sync:2")
        self.add("TaskSubmitted", resourceType="states", output=json.dumps({"ExecutionArn": f"arn:{name}"}))
        self.path = (*self.path, name)
        self.add("ExecutionStarted")

    def end(self, name: str, output: Any = None, error: str | None = None) -> None:
        """The end of that workflow, and of the task unless it failed."""
        if error:
            self.add("ExecutionFailed", error=error)
            self.path = self.path[:-1]
            self.add("TaskFailed", error=error, resource="startExecution.sync:2")
            return
        self.add("ExecutionSucceeded")
        self.path = self.path[:-1]
        self.add("TaskSucceeded", output=json.dumps({"Output": output}), resource="startExecution.sync:2")
        self.add("TaskStateExited", name=name)


PLAN: dict[str, Any] = {
    "run": "arn:run",
    "plannedAt": 1,
    "rollout": "rolling",
    "dryRun": False,
    "warnings": ["The source's public address changes, because it is not an Elastic IP."],
    "image": {"name": "web-0123"},
    "source": {
        "instanceId": "i-0123456789abcdef0",
        "powerState": "running",
        "volumes": [{"deviceName": "/dev/xvda", "size": 8}, {"deviceName": "/dev/xvdb", "size": 20}],
    },
    "launchTemplate": {
        "id": "lt-0123456789abcdef0",
        "name": "web",
        "baseVersion": 1,
        "data": {"InstanceType": "t3.micro"},
        "differences": [
            {"field": "InstanceType", "before": "t3.micro", "after": "t3.small"},
            {"field": "MetadataOptions.HttpTokens", "before": None, "after": "required"},
        ],
    },
    "group": {
        "name": "web",
        "before": {
            "launchTemplateId": "lt-0123456789abcdef0",
            "launchTemplateVersion": "1",
            "launchConfiguration": None,
            "sizes": {"minSize": 3, "maxSize": 6, "desiredCapacity": 3},
        },
        "sizes": {"minSize": 3, "maxSize": 6, "desiredCapacity": 3},
    },
}
OUTPUT: dict[str, Any] = {
    "image": {"id": "ami-0d222a3fe4e8609cf", "name": "web-0123", "snapshotIds": ["snap-1", "snap-2"]},
    "launchTemplate": {"id": "lt-0123456789abcdef0", "name": "web", "version": 2},
    "canary": {"instanceId": "i-canary"},
    "group": {
        "name": "web",
        "action": "updated",
        "sizesBefore": PLAN["group"]["sizes"],
        "sizesAfter": PLAN["group"]["sizes"],
    },
    "generation": {"number": 2, "goesBackTo": None},
    "source": {"instanceId": "i-0123456789abcdef0", "state": "running", "downtimeSeconds": 75},
    "rollout": "rolling",
    "approvals": [
        {
            "at": "checkpoint-33",
            "approved": True,
            "by": "arn:aws:iam::123456789012:user/kim",
            "reason": "p99 is fine",
            "answeredAt": "2026-11-30T03:12:00.000+00:00",
        }
    ],
    "warnings": PLAN["warnings"],
}


def rolled() -> History:
    """A group of three is rolled, with a canary and a checkpoint that somebody approves."""
    history = History()
    history.task("Plan Refresh", PLAN, 4)
    history.task("Lock Group", None)
    history.task("Stop Source", None, 2)
    history.task("Check Source Stopped", {"done": False, "progress": "stopping"})
    history.wait("Wait for Source to Stop", 30)
    history.task("Check Source Stopped", {"done": True, "progress": "stopped"})
    history.task("Create Snapshots", [], 3)
    history.task("Return Source", None, 2)
    history.task("Check Source Returned", {"done": False, "progress": "pending"})
    history.wait("Wait for Source to Return", 34)
    history.task("Check Source Returned", {"done": True, "progress": "running"})
    for percent in (10, 60):
        history.task("Check Snapshots", {"done": False, "progress": f"{percent}%"})
        history.wait("Wait for Snapshots", 60)
    history.task("Check Snapshots", {"done": True, "progress": "100%"})
    history.task("Register Image", {"imageId": "ami-1"}, 2, fails=1)
    history.task("Check Image", {"done": True, "progress": "available"})
    history.task("Verify Image", None, 2)
    history.task("Create Launch Template", {"version": 2}, 3)
    history.begin("Prove Image")
    history.task("Launch Canary", {"instanceId": "i-canary"}, 3)
    history.task("Check Canary", {"done": False, "progress": "pending"})
    history.wait("Wait for Canary", 150)
    history.task("Check Canary", {"done": True, "progress": "all status checks are ok"})
    history.task("End Canary", {"done": False, "progress": "i-canary"})
    history.wait("Wait for Canary to End", 60)
    history.task("End Canary", {"done": True, "progress": "ended"})
    history.end("Prove Image", {"instanceId": "i-canary"})
    history.begin("Roll Out")
    history.task("Start Instance Refresh", {"refreshId": "r"}, 2)
    for checkpoint, old, new in ((0, 3, 0), (0, 3, 1), (33, 2, 1)):
        answer = {
            "done": False,
            "checkpoint": checkpoint,
            "inService": old + new,
            "ofVersion": new,
            "progress": "x",
        }
        history.task("Check Instance Refresh", answer)
        history.wait("Wait for Instance Refresh", 60)
    history.task("Request Checkpoint Approval", OUTPUT["approvals"][0], 240, people=True)
    history.task("Start Instance Refresh", {"refreshId": "r"}, 2)
    for old, new in ((2, 2), (1, 2), (1, 3), (0, 3)):
        answer = {
            "done": old == 0,
            "checkpoint": 100 if old == 0 else 33,
            "inService": old + new,
            "ofVersion": new,
            "progress": "x",
        }
        history.task("Check Instance Refresh", answer)
        if old:
            history.wait("Wait for Instance Refresh", 60)
    history.task("Update Settings", None)
    history.task("Read Sizes", None)
    history.end("Roll Out", {})
    history.task("Commit Refresh", {"number": 2, "replaced": {"generation": 1}})
    history.task("Unlock Group", None)
    history.add("ExecutionSucceeded")
    return history


def failed() -> History:
    """The canary's document fails, and the run is undone."""
    history = History()
    history.task("Plan Refresh", PLAN, 4)
    history.task("Lock Group", None)
    history.task("Create Snapshots", [], 3)
    history.begin("Prove Image")
    history.task("Launch Canary", {"instanceId": "i-canary"}, 3)
    history.fails("Check Canary", "CanaryFailed")
    history.end("Prove Image", error="CanaryFailed")
    history.begin("Undo")
    history.task("Begin Undo", {"mustWait": False})
    for progress in (
        "canary, launch template 'web', image and snapshots",
        "canary",
        "checking again",
        "everything is undone",
    ):
        history.task("Roll Back", {"done": progress.startswith("every"), "progress": progress})
        history.wait("Wait for Roll Back", 20)
    history.task("Unlock Group", None)
    history.end("Undo", {"rollBack": "nothing of the run is left"})
    history.add("ExecutionFailed", error="CanaryFailed")
    return history
