"""Questions of the workflow tests to the sandbox's EC2 world."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ec2world.wire.trace import root_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mypy_boto3_autoscaling.type_defs import AutoScalingGroupTypeDef
    from mypy_boto3_ec2.type_defs import FilterTypeDef

    from sandbox.client import Client
    from sandbox.executions import Run

# In real seconds.
_LONGEST_SECONDS = 300
_READS = ("Describe", "Get", "List")


def made_by(run: str) -> list[FilterTypeDef]:
    """Filters for what carries a run's tag."""
    return [{"Name": "tag:golden-image:run", "Values": [run]}]


def left_of(sandbox: Client, run: str) -> list[str]:
    """The ids of everything that carries a run's tag; a terminated instance is gone."""
    ec2 = sandbox.ec2
    left = [
        image["ImageId"] for image in ec2.describe_images(Owners=["self"], Filters=made_by(run))["Images"]
    ]
    snapshots = ec2.describe_snapshots(OwnerIds=["self"], Filters=made_by(run))["Snapshots"]
    left += [snapshot["SnapshotId"] for snapshot in snapshots]
    templates = ec2.describe_launch_templates(Filters=made_by(run))["LaunchTemplates"]
    left += [template["LaunchTemplateId"] for template in templates]
    for found in sandbox.autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"]:
        if any(tag["Key"] == "golden-image:run" and tag["Value"] == run for tag in found["Tags"]):
            left.append(found["AutoScalingGroupName"])
    return left


def locks(sandbox: Client, text: str = "") -> list[dict[str, Any]]:
    """The ledger's items, but for locks that are free, who has started which run, and what is counted.

    Those in which a text is, such as a run's ARN.
    """
    items = sandbox.aws("dynamodb").scan(TableName=sandbox.endpoints.ledgerTable)["Items"]
    records = ("started#", "counted#", "measured")
    kept = [one for one in items if "released" not in one and not one["pk"]["S"].startswith(records)]
    return [item for item in kept if text in str(item)]


def group_of(sandbox: Client, name: str) -> AutoScalingGroupTypeDef | None:
    """Auto Scaling's description of a group."""
    found = sandbox.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])[
        "AutoScalingGroups"
    ]
    return found[0] if found else None


def sizes_of(sandbox: Client, name: str) -> tuple[int, int, int]:
    """A group's minimum, desired and maximum size."""
    found = group_of(sandbox, name)
    assert found is not None
    return found["MinSize"], found["DesiredCapacity"], found["MaxSize"]


def source_state(sandbox: Client, instance_id: str) -> str:
    """EC2's name of an instance's state."""
    reservations = sandbox.ec2.describe_instances(InstanceIds=[instance_id])["Reservations"]
    return reservations[0]["Instances"][0]["State"]["Name"]


def changes(sandbox: Client, since: int, runs: Iterable[str] = ()) -> list[str]:
    """The actions on EC2 and Auto Scaling, from call number `since` on, but reads and dry runs.

    Those of these runs; of everybody where none is named.
    """
    calls = [call for call in sandbox.calls(since) if call["service"] in ("ec2", "autoscaling")]
    if traces := {root_of(run) for run in runs}:
        calls = [call for call in calls if call["trace"] in traces]
    made = [call for call in calls if not call["params"].get("DryRun")]
    return [call["action"] for call in made if not call["action"].startswith(_READS)]


def next_call(sandbox: Client) -> int:
    """The number that the next recorded call will have."""
    return max((call["n"] + 1 for call in sandbox.calls()), default=0)


def eventually(condition: Callable[[], bool]) -> None:
    """Return when a condition holds; fail when it does not within what a slow machine needs."""
    deadline = time.monotonic() + _LONGEST_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"not within {_LONGEST_SECONDS} s"
        time.sleep(0.02)


def called(
    sandbox: Client, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
) -> tuple[int, dict[str, str], Any]:
    """What the API answers, called as an SDK does: again, a little later, where it says 429."""
    answer = sandbox.api(method, path, body, headers)
    if answer[0] == 429:
        time.sleep(0.2)
        return called(sandbox, method, path, body, headers)
    return answer


def row_of(sandbox: Client, run: str) -> dict[str, Any]:
    """A run's row in the ledger; empty where it has none."""
    found = sandbox.aws("dynamodb").get_item(
        TableName=sandbox.endpoints.ledgerTable, Key={"pk": {"S": f"run#{run}"}}
    )
    item: dict[str, Any] = found.get("Item", {})
    return item


def asked(sandbox: Client, run: str) -> bool:
    """Wait until a run asks for an approval that nobody has given, or is over; whether it asks."""
    over = False

    def asks() -> bool:
        row = row_of(sandbox, run)
        return "approval" in row and "approvalAnswer" not in row

    def settled() -> bool:
        nonlocal over
        over = sandbox.stepfunctions.describe_execution(executionArn=run)["status"] != "RUNNING"
        return over or asks()

    eventually(settled)
    return not over


def approved(sandbox: Client, run: str) -> Run:
    """A run, once it is over; everything that it asks for is approved."""
    while asked(sandbox, run):
        sandbox.api("POST", f"/refreshes/{run.rpartition(':')[2]}/approve", {"reason": "for a test"})
    return sandbox.wait(run)


def succeeded(run: Run) -> dict[str, Any]:
    """A run's output, once it is known to have succeeded."""
    assert run.status == "SUCCEEDED", f"{run.error}: {run.cause}"
    output: dict[str, Any] = run.output
    return output
