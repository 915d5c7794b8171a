"""The smallest group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.workflow.conftest import group_of, sizes_of, succeeded

if TYPE_CHECKING:
    from sandbox.client import Client


def test_a_group_of_one_instance_is_recreated(sandbox: Client, group: str) -> None:
    source = sandbox.seed()["instanceId"]
    one = {"minSize": 1, "maxSize": 1, "desiredCapacity": 1}
    wanted = {"sourceInstanceId": source, "autoScalingGroupName": group, "rollout": "recreate"}
    succeeded(sandbox.run(wanted | {"group": one}))
    before = group_of(sandbox, group)

    succeeded(sandbox.run(wanted))

    after = group_of(sandbox, group)
    assert before is not None
    assert after is not None
    assert sizes_of(sandbox, group) == (1, 1, 1)
    assert [member["LifecycleState"] for member in after["Instances"]] == ["InService"]
    assert after["Instances"][0]["InstanceId"] != before["Instances"][0]["InstanceId"]
