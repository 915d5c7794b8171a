from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench import roll_script
from sandbox.matrix import existing, launch_template
from tests.workflow.conftest import group_of

if TYPE_CHECKING:
    from sandbox.client import Client


@pytest.fixture
def rolled(sandbox: Client, group: str) -> str:
    """The name of a group of one instance, at the first of its template's two versions."""
    seeded = sandbox.seed()
    launch_template.make(sandbox, group, seeded)
    sandbox.ec2.create_launch_template_version(
        LaunchTemplateName=group, LaunchTemplateData=launch_template.data(seeded)
    )
    sandbox.autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=group,
        LaunchTemplate={"LaunchTemplateName": group, "Version": "1"},
        MinSize=1,
        MaxSize=1,
        VPCZoneIdentifier=seeded["subnetId"],
    )
    existing.until_whole(sandbox, group, 1)
    return group


def test_the_script_ends_where_the_group_runs_the_version(sandbox: Client, rolled: str) -> None:
    scale = sandbox.endpoints.scale

    looks = roll_script.roll(sandbox.autoscaling, rolled, "2", second=scale)

    found = group_of(sandbox, rolled)
    assert found is not None
    assert found["LaunchTemplate"]["Version"] == "2"
    [member] = [one for one in found["Instances"] if one["LifecycleState"] == "InService"]
    assert member["LaunchTemplate"]["Version"] == "2"
    # It has waited for the launch, look by look.
    assert looks > sandbox.control("GET", "durations")["launch"] // roll_script.POLL_SECONDS
