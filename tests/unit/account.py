"""An account of the sandbox's EC2 world, in this process, as the unit tests use it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ec2world.control.verbs import control
from ec2world.ec2.idempotency import Tokens
from golden_image import aws
from golden_image.events import from_event
from golden_image.model.plan import Plan, Timeouts
from golden_image.run import ledger, made, plan, request

if TYPE_CHECKING:
    from collections.abc import Callable

    from ec2world.world import World
    from golden_image.model.made import Made

REGION = "ap-northeast-2"
ACCOUNT_ID = "123456789012"
STACK = "refresh"
LEDGER, GENERATIONS = "refresh-ledger", "refresh-generations"
RUN = f"arn:aws:states:{REGION}:{ACCOUNT_ID}:execution:refresh:web-20261122T030000Z-0123abcd"
OTHER_RUN = f"arn:aws:states:{REGION}:{ACCOUNT_ID}:execution:refresh:other"
CANARY_ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/{STACK}-LaunchCanaryFunctionRole"
UNDO = f"arn:aws:states:{REGION}:{ACCOUNT_ID}:stateMachine:refresh-undo"
# Those of an input that states none.
TIMEOUTS = Timeouts(stop=900, snapshot=86_400, image=86_400, drain=3600, rollout=7200, canary=1800)
MARKS = {"golden-image:run": RUN, "golden-image:stack": STACK}

# Target groups that every account has, in use by a load balancer.
TARGETS = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT_ID}:targetgroup"
BLUE, GREEN, WEB = (f"{TARGETS}/{name}/0123456789abcdef" for name in ("blue", "green", "web"))

DEFINITION = Path("statemachine/golden_image_refresh.asl.json")

# Real seconds that one virtual second takes: so few that all is done by the next call, or that nothing moves.
FLOWING, FROZEN = 1e-7, 1e9


class Account:
    """A world with what tests ask of it: sources, time, faults and the calls that were made."""

    def __init__(self, world: World, client: Callable[[str], Any]) -> None:
        """`client` makes clients of the account's administrator."""
        self.world = world
        self.client = client
        self.world.reset()
        self.flow()
        for arn in (BLUE, GREEN, WEB):
            self.targets(arn)

    def flow(self) -> None:
        """Let every change be done by the next call."""
        self.world.clock.scale = FLOWING

    def freeze(self) -> None:
        """Let every change that begins now stay under way."""
        with self.world.lock:
            self.world.clock.settle()
            self.world.clock.scale = FROZEN

    def seed(self, **wanted: Any) -> str:
        """Make a source, as ec2world/control/seed.py describes it, with its profile, and answer its id."""
        if wanted.get("instanceProfile"):
            self.make_profile(wanted["instanceProfile"])
        status, text = control(self.world, "POST", "/_sandbox/seed", json.dumps(wanted).encode())
        assert status == 200, text
        instance_id: str = json.loads(text)["instanceId"]
        return instance_id

    def targets(self, arn: str, **wanted: Any) -> str:
        """Make a target group or change it, as ec2world/load_balancing/targets.py describes it."""
        given = json.dumps({"targetGroupArn": arn, **wanted}).encode()
        status, text = control(self.world, "PUT", "/_sandbox/targets", given)
        assert status == 200, text
        return arn

    def make_named(self) -> None:
        """Make the key pair, the instance profile and the topics that example inputs name."""
        self.client("ec2").create_key_pair(KeyName="ops", KeyType="ed25519")
        self.make_profile("web-server")
        for name in ("web", "web-scaling"):
            self.client("sns").create_topic(Name=name)

    def make_profile(self, name: str, path: str = "/") -> None:
        """Make an instance profile with a role."""
        iam = self.client("iam")
        iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")
        iam.create_instance_profile(InstanceProfileName=name, Path=path)
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)

    def instance(self, instance_id: str) -> Any:
        """The world's own object of an instance, to give it what no call of AWS's gives."""
        return self.world.ec2.get_instance(instance_id)

    def group(self, name: str = "web", **settings: Any) -> dict[str, Any]:
        """Make a group on a template of its own and answer its description once it has its instances."""
        ec2, autoscaling = self.client("ec2"), self.client("autoscaling")
        data = {"ImageId": "ami-0123456789abcdef0", "InstanceType": "t3.small"}
        ec2.create_launch_template(LaunchTemplateName=f"{name}-by-hand", LaunchTemplateData=data)
        defaults = {
            "LaunchTemplate": {"LaunchTemplateName": f"{name}-by-hand", "Version": "1"},
            "VPCZoneIdentifier": self.subnets()[0],
            **{"MinSize": 0, "MaxSize": 4, "DesiredCapacity": 2},
        }
        autoscaling.create_auto_scaling_group(AutoScalingGroupName=name, **defaults | settings)
        return self.found_group(name)

    def found_group(self, name: str = "web") -> dict[str, Any]:
        """The group's description; an empty one where there is none."""
        described = self.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[name])
        groups: list[dict[str, Any]] = described["AutoScalingGroups"]
        return groups[0] if groups else {}

    def subnets(self) -> list[str]:
        """The default VPC's subnets."""
        found = self.client("ec2").describe_subnets()["Subnets"]
        return sorted(subnet["SubnetId"] for subnet in found)

    def state(self, instance_id: str) -> str:
        """An instance's state now."""
        found = self.client("ec2").describe_instances(InstanceIds=[instance_id])
        name: str = found["Reservations"][0]["Instances"][0]["State"]["Name"]
        return name

    def strip_tags(self, *ids: str) -> None:
        """Take every tag from these resources, as a governance tool does."""
        ec2 = self.client("ec2")
        found = ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": list(ids)}])["Tags"]
        ec2.delete_tags(Resources=list(ids), Tags=[{"Key": key} for key in {tag["Key"] for tag in found}])

    def open_row(self, run: str, **more: Any) -> None:
        """A run's row in the ledger, without what only an undo reads."""
        self.client("dynamodb").put_item(TableName=LEDGER, Item={"pk": {"S": f"run#{run}"}, **more})

    def commit(self, run: str) -> None:
        """Tell the ledger that a run's rollout has succeeded, as one does that has written its generation."""
        self.client("dynamodb").update_item(
            TableName=LEDGER,
            Key={"pk": {"S": f"run#{run}"}},
            UpdateExpression="SET committed = :true, generation = :number",
            ExpressionAttributeValues={":true": {"BOOL": True}, ":number": {"N": "1"}},
        )

    def faults(self, *rules: dict[str, Any]) -> None:
        """Have these calls go wrong."""
        self.world.faults.replace(list(rules))

    def lose_answer(self, service: str, action: str) -> None:
        """Let the next such call have its effect and cut the connection instead of answering."""
        self.faults({"service": service, "action": action, "when": "after", "effect": "drop"})

    def calls(self, *actions: str) -> list[dict[str, Any]]:
        """The parameters of every call of these actions so far, in their order."""
        return [
            call["params"] for call in json.loads(self.world.record.to_json()) if call["action"] in actions
        ]

    def changes(self) -> list[str]:
        """The actions of every call so far that was more than a look or a dry run."""
        calls = json.loads(self.world.record.to_json())
        made = [call["action"] for call in calls if not call["params"].get("DryRun")]
        return [name for name in made if not name.startswith(("Describe", "Get", "List", "Query"))]

    def forget_tokens(self) -> None:
        """Answer the next call with a known ClientToken as if it were the first."""
        self.world.tokens = Tokens()

    def forget_calls(self) -> None:
        """Start the record anew."""
        self.world.record.clear()

    def plan(self, source_id: str, **wanted: Any) -> Plan:
        """The plan of RUN for a source and the group web, with other fields of the input as given."""
        complete = {"sourceInstanceId": source_id, "autoScalingGroupName": "web", **wanted}
        return plan.make(RUN, request.parse(complete))


def noted(run: str) -> Made:
    """What a run's row has noted of what it made."""
    row = aws.client("dynamodb").get_item(TableName=LEDGER, Key={"pk": {"S": f"run#{run}"}})
    return made.of_row(row["Item"])


def kept_plan(run: str) -> Plan | None:
    """The plan in a run's row; None where it has no row."""
    row = ledger.read(run)
    return from_event(Plan, row.plan) if row else None
