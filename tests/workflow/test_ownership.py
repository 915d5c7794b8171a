"""A roll-back deletes what the run made, whatever tags were copied or stripped meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.workflow.conftest import eventually, locks, made_by

if TYPE_CHECKING:
    from sandbox.client import Client


def snapshots(sandbox: Client, volume_ids: list[str]) -> list[dict[str, Any]]:
    """The snapshots of these volumes."""
    wanted = [{"Name": "volume-id", "Values": volume_ids}]
    found: list[dict[str, Any]] = sandbox.ec2.describe_snapshots(OwnerIds=["self"], Filters=wanted)[
        "Snapshots"
    ]
    return found


def copy_tags(sandbox: Client, snapshot: dict[str, Any]) -> str:
    """A backup of the snapshot's volume, with its tags."""
    made: list[str] = []

    def backed_up() -> bool:
        tags = [{"ResourceType": "snapshot", "Tags": snapshot["Tags"]}]
        try:
            answer = sandbox.ec2.create_snapshot(VolumeId=snapshot["VolumeId"], TagSpecifications=tags)
        except ClientError as error:
            assert error.response["Error"]["Code"] == "SnapshotCreationPerVolumeRateExceeded"
            return False
        made.append(answer["SnapshotId"])
        return True

    eventually(backed_up)
    return made[0]


def strip_tags(sandbox: Client, snapshots: list[dict[str, Any]]) -> None:
    keys = [{"Key": tag["Key"]} for tag in snapshots[0]["Tags"]]
    sandbox.ec2.delete_tags(Resources=[one["SnapshotId"] for one in snapshots], Tags=keys)


@pytest.mark.parametrize("platform", ["linux", "windows"])
@pytest.mark.parametrize("stripped", [True, False])
def test_a_backup_with_a_runs_tags_stays_and_what_lost_them_goes(
    sandbox: Client, group: str, platform: str, stripped: bool
) -> None:
    source = sandbox.seed(platform=platform)
    refused = {"action": "CreateAutoScalingGroup", "code": "LimitExceeded", "times": None}
    sandbox.faults({"service": "autoscaling", "contains": group, **refused})
    arn = sandbox.start({"sourceInstanceId": source["instanceId"], "autoScalingGroupName": group})
    eventually(lambda: len(snapshots(sandbox, source["volumeIds"])) == 2)
    of_the_run = snapshots(sandbox, source["volumeIds"])
    backup = copy_tags(sandbox, of_the_run[0])
    if stripped:
        strip_tags(sandbox, of_the_run)

    run = sandbox.wait(arn)

    assert run.status == "FAILED"
    assert "Roll-back: nothing of the run is left." in str(run.cause)
    assert [one["SnapshotId"] for one in snapshots(sandbox, source["volumeIds"])] == [backup]
    assert sandbox.ec2.describe_images(Owners=["self"], Filters=made_by(arn))["Images"] == []
    assert locks(sandbox, arn) == []
