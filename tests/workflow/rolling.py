"""Groups that are rolled side by side, each in a way of its own: what tests look at afterwards."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sandbox.client import Client
from sandbox.executions import Run
from sandbox.matrix import generations
from tests.workflow.conftest import eventually, group_of, left_of, locks

if TYPE_CHECKING:
    from collections.abc import Iterator

# Virtual seconds: the warm-up of a new instance; one for a roll that is to be met half-way.
WARMUP, LONG_WARMUP = 30, 200
# One for a roll that is to time out, however long a busy machine takes for each look, and its time-out.
LONGEST_WARMUP, TOO_SHORT = 3600, {"rollout": 90}
# As many runs at once as make the functions wait, and not each other.
_AT_ONCE = 12


@dataclass(frozen=True)
class Scenario:
    """A way to roll a group.

    Attributes:
        size: of the group before.
        launches_from: `template`, `mixed`, `configuration`, or the version in the place of a number.
        more: what the input has beside; `<alarm>` and `<targets>` in it are the group's own.
        rules: the world's, for calls about this group.
        meanwhile: what somebody does once the roll is half done.
        balanced: whether the group has a target group and checks its health.
        generations: how many the group has, which runs the newest: the run goes back to the one before.
    """

    size: int = 2
    launches_from: str = "template"
    more: dict[str, Any] = field(default_factory=dict)
    rules: tuple[dict[str, Any], ...] = ()
    meanwhile: Callable[[Client, str, str], object] | None = None
    balanced: bool = False
    generations: int = 0


@dataclass(frozen=True)
class Rolled:
    """A run that has rolled a group, and all that is left of both.

    Attributes:
        before, after: the group.
        fewest: members in service, at any change since the group was whole.
        refreshes: the group's, the newest first.
        left: what carries the run's tag.
        template_versions: of the template with the group's name.
        calls: the run's, by action.
    """

    run: Run
    before: Any
    after: Any
    fewest: int
    refreshes: list[Any]
    left: list[str]
    template_versions: list[int]
    calls: list[str]

    @property
    def versions(self) -> list[str | None]:
        """The template version of each member; None for one from a launch configuration."""
        return [one.get("LaunchTemplate", {}).get("Version") for one in self.after["Instances"]]

    @property
    def is_whole(self) -> bool:
        """Whether all members that the group wants are in service."""
        served = [one for one in self.after["Instances"] if one["LifecycleState"] == "InService"]
        return len(served) == len(self.after["Instances"]) == self.after["DesiredCapacity"]


class AllRolled:
    """The groups of all scenarios, by their names."""

    def __init__(self, begun: dict[str, Future[Rolled]]) -> None:
        self._begun = begun

    def __getitem__(self, name: str) -> Rolled:
        """A group; raises what went wrong with it."""
        return self._begun[name].result()


def roll_all(client: Client, scenarios: dict[str, Scenario]) -> AllRolled:
    """Roll a group for each scenario, several at the same time."""
    groups = {name: f"web-{uuid4().hex[:8]}" for name in scenarios}
    client.faults(
        *(rule | {"contains": groups[name]} for name, one in scenarios.items() for rule in one.rules)
    )
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        begun = {name: pool.submit(_rolled, client, one, groups[name]) for name, one in scenarios.items()}
    client.faults()
    return AllRolled(begun)


def _rolled(client: Client, scenario: Scenario, group: str) -> Rolled:
    source = client.seed()
    make(client, scenario, group, source)
    before = group_of(client, group)
    run = client.start(_input(scenario, group, source["instanceId"]))
    if scenario.meanwhile:
        eventually(lambda: _is_half_way(client, group))
        scenario.meanwhile(client, group, run)
    ended = client.wait(run)
    eventually(lambda: locks(client, run) == [])
    return Rolled(
        ended,
        before,
        group_of(client, group),
        _fewest(client, group, scenario.size),
        client.autoscaling.describe_instance_refreshes(AutoScalingGroupName=group)["InstanceRefreshes"],
        left_of(client, run),
        list(_template_versions(client, group)),
        [call["action"] for call in client.calls_of(run)],
    )


def alarm_of(group: str) -> str:
    """The name of a group's alarm."""
    return f"{group}-5xx"


def targets_of(client: Client, group: str) -> str:
    """The ARN of a group's target group."""
    account = client.endpoints.stateMachineArn.split(":")[4]
    return f"arn:aws:elasticloadbalancing:us-east-1:{account}:targetgroup/{group}/73e2d6bc24d8a067"


def make(client: Client, scenario: Scenario, group: str, source: dict[str, Any]) -> None:
    """Make the group, and wait until it is whole."""
    client.control("PUT", "alarms", {"name": alarm_of(group), "state": "OK"})
    client.target_group(targets_of(client, group))
    balanced: dict[str, Any] = {
        "TargetGroupARNs": [targets_of(client, group)],
        "HealthCheckType": "ELB",
        "HealthCheckGracePeriod": 60,
    }
    if scenario.generations:
        launching = _generations(client, scenario, group, source)
    else:
        launching = _launching(client, scenario.launches_from, group, source["imageId"])
    client.autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=group,
        MinSize=0,
        MaxSize=scenario.size + 1,
        DesiredCapacity=scenario.size,
        VPCZoneIdentifier=source["subnetId"],
        **launching,
        **(balanced if scenario.balanced else {}),
    )
    eventually(lambda: len(in_service(client, group)) == scenario.size)


def _launching(client: Client, launches_from: str, group: str, image_id: str) -> dict[str, Any]:
    """What the group launches from, as CreateAutoScalingGroup takes it; the template is the stack's own."""
    if launches_from == "configuration":
        client.autoscaling.create_launch_configuration(
            LaunchConfigurationName=group, ImageId=image_id, InstanceType="t3.small"
        )
        return {"LaunchConfigurationName": group}
    owned: Any = [{"Key": "golden-image:stack", "Value": client.endpoints.stackName}]
    client.ec2.create_launch_template(
        LaunchTemplateName=group,
        LaunchTemplateData={"ImageId": image_id, "InstanceType": "t3.small"},
        TagSpecifications=[{"ResourceType": "launch-template", "Tags": owned}],
    )
    version = launches_from if launches_from.startswith("$") else "1"
    used = {"LaunchTemplateName": group, "Version": version}
    if launches_from != "mixed":
        return {"LaunchTemplate": used}
    overrides = [{"InstanceType": "t3.small"}, {"InstanceType": "t3.medium"}]
    distribution = {"OnDemandPercentageAboveBaseCapacity": 100}
    template = {"LaunchTemplateSpecification": used, "Overrides": overrides}
    return {"MixedInstancesPolicy": {"LaunchTemplate": template, "InstancesDistribution": distribution}}


def _generations(client: Client, scenario: Scenario, group: str, source: dict[str, Any]) -> dict[str, Any]:
    """The newest of its generations, or what the scenario says in the place of its number."""
    used, _ = generations.launching(client, scenario.generations, group, source)
    if scenario.launches_from.startswith("$"):
        used["LaunchTemplate"]["Version"] = scenario.launches_from
    return used


def _input(scenario: Scenario, group: str, source_id: str) -> dict[str, Any]:
    more = dict(scenario.more)
    warmup = LONG_WARMUP if scenario.meanwhile else WARMUP
    if "timeouts" in more:
        warmup = LONGEST_WARMUP
    # The plan refuses a roll that has to time out, but for one that may skip instances.
    rolling = {"instanceWarmup": warmup, "skipMatching": "timeouts" in more, **more.pop("rolling", {})}
    if "alarms" in rolling:
        rolling["alarms"] = [alarm_of(group)]
    of_what = {"goBackTo": "previous"} if scenario.generations else {"sourceInstanceId": source_id}
    return {
        **of_what,
        "autoScalingGroupName": group,
        "rollout": "rolling",
        "rolling": rolling,
        **more,
    }


def in_service(client: Client, group: str) -> list[str]:
    """The ids of a group's members in service."""
    found = group_of(client, group)
    members = found["Instances"] if found else []
    return [one["InstanceId"] for one in members if one["LifecycleState"] == "InService"]


def _is_half_way(client: Client, group: str) -> bool:
    """Whether members of both versions are in service."""
    found = group_of(client, group)
    served = [i for i in found["Instances"] if i["LifecycleState"] == "InService"] if found else []
    return len({one["LaunchTemplate"]["Version"] for one in served}) == 2


def _fewest(client: Client, group: str, size: int) -> int:
    """The fewest members in service at any change since the group first had all of them."""
    if size == 0:
        return 0
    served = [one["inService"] for one in client.control("GET", f"capacity?group={group}")["changes"]]
    return int(min(served[served.index(size) :]))


def _template_versions(client: Client, group: str) -> Iterator[int]:
    names = [one["LaunchTemplateName"] for one in client.ec2.describe_launch_templates()["LaunchTemplates"]]
    if group in names:
        found = client.ec2.describe_launch_template_versions(LaunchTemplateName=group)
        yield from (one["VersionNumber"] for one in found["LaunchTemplateVersions"])
