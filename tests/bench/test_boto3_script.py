from __future__ import annotations

from typing import TYPE_CHECKING

from bench import boto3_script
from bench.sandboxed import downtime
from tests.workflow.conftest import group_of, sizes_of, source_state

if TYPE_CHECKING:
    from sandbox.client import Client


def test_the_script_ends_where_a_refresh_ends(sandbox: Client, group: str) -> None:
    source = sandbox.seed()["instanceId"]
    scale = sandbox.endpoints.scale

    assert downtime(sandbox, source, scale) is None
    boto3_script.refresh(sandbox.ec2, sandbox.autoscaling, source, group, second=scale)

    images = sandbox.ec2.describe_images(Owners=["self"], Filters=[{"Name": "name", "Values": [group]}])
    assert [image["State"] for image in images["Images"]] == ["available"]
    assert source_state(sandbox, source) == "running"
    assert sizes_of(sandbox, group) == (0, 0, 0)
    found = group_of(sandbox, group)
    assert found is not None
    assert found["Instances"] == []
    durations = sandbox.control("GET", "durations")
    # It has waited for the image, of a disk of 20 GiB.
    snapshot = durations["snapshotBase"] + 20 * durations["snapshotPerGiB"]
    least = durations["stop"] + snapshot + durations["image"] + durations["start"]
    seconds = downtime(sandbox, source, scale)
    assert seconds is not None
    assert seconds >= least
