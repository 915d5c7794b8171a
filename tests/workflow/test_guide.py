"""The history of a run reads, in its own words, like the chapter of the guide that it follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.client import Client

# Stop the instance, create snapshots, register an image, create a launch template, create an Auto Scaling
# group, terminate all of the group's instances.
CHAPTER = [
    "Plan Refresh",
    "Lock Group",
    "Stop Source",
    "Create Snapshots",
    "Return Source",
    "Register Image",
    "Verify Image",
    "Create Launch Template",
    "Create Auto Scaling Group",
    "Configure Auto Scaling Group",
    "Roll Out",
    "Drain Group",
    "Rolled Out",
    "Commit Refresh",
    "Publish Image",
    "Unlock Group",
    "Notify Completion",
    "Notify",
    "Refresh Complete",
]


def test_the_states_that_act_are_the_steps_of_the_chapter(sandbox: Client, group: str) -> None:
    run = sandbox.run({"sourceInstanceId": sandbox.seed()["instanceId"], "autoScalingGroupName": group})

    asked = ("Check ", "Wait ", "Read ", "Describe ")
    assert [n for n in run.state_names if not n.endswith("?") and not n.startswith(asked)] == CHAPTER


def test_the_source_is_back_before_the_snapshots_are_complete(sandbox: Client, group: str) -> None:
    run = sandbox.run({"sourceInstanceId": sandbox.seed()["instanceId"], "autoScalingGroupName": group})

    assert run.state_names.index("Is Source Returned?") < run.state_names.index("Check Snapshots")
