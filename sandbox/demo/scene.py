"""What has to be there before an input of events/execution/ can run."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.demo import looks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sandbox.client import Client

VOLUMES = [
    {"deviceName": "/dev/xvda", "sizeGiB": 8},
    {"deviceName": "/dev/xvdb", "sizeGiB": 20},
]
_SIZE, _MAX_SIZE = 3, 6
# What a document says that asks the web server of an instance: the image has none that answers.
NO_ANSWER = {
    "document": "AWS-RunShellScript",
    "times": None,
    "status": "Failed",
    "responseCode": 7,
    "stderr": "curl: (7) Failed to connect to localhost port 80 after 0 ms: Could not connect to server",
}
# The names in events/execution/10-every-field.json, which exist in an account by themselves.
_PROFILE, _KEY = "web-server", "ops"
_LAUNCH_SECONDS = 300


@dataclass(frozen=True)
class Scene:
    """An input that can run, and what was made for it.

    Attributes:
        run_input: with ids of this sandbox in the place of the example's.
        source: the instance that is imaged, or was imaged by the runs before.
        told: what is there, a line each.
    """

    run_input: dict[str, Any]
    source: str
    told: list[str]

    @property
    def group(self) -> str:
        """The name of the Auto Scaling group."""
        name: str = self.run_input["autoScalingGroupName"]
        return name


def set_up(client: Client, example: dict[str, Any], say: Callable[[str], None] = lambda _: None) -> Scene:
    """Make what an input needs: a source, and a group of three where the input is about one that exists.

    Args:
        client: of the sandbox.
        example: the input. One that goes back gets a group with two generations.
        say: is called with what takes a while, before it does.

    Raises:
        RuntimeError: a run before did not succeed.
        TimeoutError: the group of three is not in service in time.
    """
    _make_profile(client)
    seeded = client.seed(name="demo-source", volumes=VOLUMES, instanceProfile=_PROFILE, keyName=_KEY)
    run_input = _with_ids(client, example, seeded)
    scene = Scene(run_input, seeded["instanceId"], [f"source {seeded['instanceId']}, {len(VOLUMES)} volumes"])
    if "rollout" not in example:
        return scene
    template = run_input.get("launchTemplateName", scene.group)
    _make_group(client, scene.group, template, seeded)
    scene.told.append(f"group {scene.group}, {_SIZE} instances in service from version 1 of {template}")
    if "goBackTo" in example:
        _refresh(client, scene, ("none", "recreate"), say)
        scene.told.append(f"group {scene.group} was refreshed twice: it runs generation 2")
    return scene


def set_up_first_run(client: Client, say: Callable[[str], None]) -> Scene:
    """What docs/guides/first-run.md begins with: a group of generation 1, whose source serves no web page.

    Args:
        client: of the sandbox.
        say: is called with what takes a while, before it does.

    Raises:
        RuntimeError: the refresh that makes the generation did not succeed.
        TimeoutError: the group of three is not in service in time.
    """
    scene = set_up(client, {"sourceInstanceId": "", "autoScalingGroupName": "web", "rollout": "recreate"})
    _refresh(client, scene, ("recreate",), say)
    client.control("PUT", "command", NO_ANSWER)
    scene.told.append(f"group {scene.group} was refreshed once: it runs generation 1")
    return scene


def _refresh(client: Client, scene: Scene, rollouts: Sequence[str], say: Callable[[str], None]) -> None:
    """One run after another with these rollouts; each becomes a generation of the group."""
    made = {"sourceInstanceId": scene.source, "autoScalingGroupName": scene.group}
    for number, rollout in enumerate(rollouts, 1):
        say(f"a refresh with rollout {rollout}, which becomes generation {number}")
        run = client.run(made | {"rollout": rollout})
        if run.status != "SUCCEEDED":
            raise RuntimeError(f"{run.arn}: {run.error}: {run.cause}")


def _make_profile(client: Client) -> None:
    try:
        client.make_profile(_PROFILE)
    except client.aws("iam").exceptions.EntityAlreadyExistsException:
        return


def _make_group(client: Client, name: str, template: str, seeded: dict[str, Any]) -> None:
    """The group that somebody has, on a launch template that the stack may add versions to."""
    client.ec2.create_launch_template(
        LaunchTemplateName=template,
        LaunchTemplateData={
            "ImageId": seeded["imageId"],
            "InstanceType": seeded["instanceType"],
            "IamInstanceProfile": {"Name": _PROFILE},
            "SecurityGroupIds": seeded["securityGroupIds"],
        },
        TagSpecifications=[
            {
                "ResourceType": "launch-template",
                "Tags": [{"Key": "golden-image:stack", "Value": client.endpoints.stackName}],
            }
        ],
    )
    client.autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=name,
        LaunchTemplate={"LaunchTemplateName": template, "Version": "1"},
        VPCZoneIdentifier=seeded["subnetId"],
        MinSize=_SIZE,
        DesiredCapacity=_SIZE,
        MaxSize=_MAX_SIZE,
    )
    deadline = time.monotonic() + _LAUNCH_SECONDS
    while (found := looks.group(client, name)) is None or len(found.in_service) < _SIZE:
        if time.monotonic() > deadline:
            raise TimeoutError(f"group {name} is not in service after {_LAUNCH_SECONDS} s")
        time.sleep(0.05)


def _with_ids(client: Client, example: dict[str, Any], seeded: dict[str, Any]) -> dict[str, Any]:
    """The example with the ids and ARNs of this sandbox; its names stay."""
    here = dict(example)
    if "sourceInstanceId" in here:
        here["sourceInstanceId"] = seeded["instanceId"]
    if "securityGroupIds" in here.get("launchTemplate", {}):
        here["launchTemplate"] = here["launchTemplate"] | {"securityGroupIds": seeded["securityGroupIds"]}
    group = dict(here.get("group", {}))
    if "subnetIds" in group:
        group["subnetIds"] = [seeded["subnetId"]]
    if "targetGroupArns" in group:
        group["targetGroupArns"] = [_target_group(client, arn) for arn in group["targetGroupArns"]]
    if "notificationTopicArn" in group:
        group["notificationTopicArn"] = client.endpoints.notificationTopicArn
    for name in here.get("rolling", {}).get("alarms", []):
        client.control("PUT", "alarms", {"name": name, "state": "OK"})
    return here | ({"group": group} if group else {})


def _target_group(client: Client, arn: str) -> str:
    """Make a target group of that name in the sandbox's account; answers its ARN."""
    region, account = client.endpoints.notificationTopicArn.split(":")[3:5]
    resource = arn.rpartition(":")[2]
    return client.target_group(f"arn:aws:elasticloadbalancing:{region}:{account}:{resource}")
