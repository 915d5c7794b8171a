"""Dry run and run agree: what a run would be refused for, a dry run of the same input is refused for, too.

Each wrong input names one or two things that do not exist, do not fit, or are another account's. A run of it
changes nothing, and a dry run of it says the same. Right inputs that are like them succeed in both.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from tests.workflow.conftest import changes, locks, next_call, succeeded

if TYPE_CHECKING:
    from sandbox.client import Client

NO_SUBNET, NO_GROUP = "subnet-0123456789abcdef0", "sg-0123456789abcdef0"
WITHOUT_T3 = "us-east-1e"
PAIRS = 30

Input = dict[str, Any]


@dataclass(frozen=True)
class Things:
    """What is in the account, and what is only nearly so."""

    prefix: str
    arn: str
    subnet: str
    subnet_without_t3: str
    vpc: str
    subnet_elsewhere: str
    group_elsewhere: str
    many_groups: list[str]
    topic: str


def make_things(sandbox: Client) -> Things:
    ec2, prefix = sandbox.ec2, f"agree-{uuid4().hex[:6]}"
    subnets = {
        one["AvailabilityZone"]: one
        for one in ec2.describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]
    }
    default = subnets["us-east-1a"]["VpcId"]
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    elsewhere = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/24", AvailabilityZone="us-east-1a")

    def group(name: str, vpc_id: str) -> str:
        made = ec2.create_security_group(GroupName=f"{prefix}-{name}", Description="x", VpcId=vpc_id)
        return made["GroupId"]

    sandbox.make_profile(prefix)
    sandbox.aws("iam").create_instance_profile(InstanceProfileName=f"{prefix}-no-role")
    return Things(
        prefix=prefix,
        arn=f"arn:aws:iam::{sandbox.endpoints.stateMachineArn.split(':')[4]}:instance-profile",
        subnet=subnets["us-east-1a"]["SubnetId"],
        subnet_without_t3=subnets[WITHOUT_T3]["SubnetId"],
        vpc=vpc,
        subnet_elsewhere=elsewhere["Subnet"]["SubnetId"],
        group_elsewhere=group("elsewhere", vpc),
        many_groups=[group(f"{number}", default) for number in range(6)],
        topic=sandbox.endpoints.notificationTopicArn,
    )


def sources(sandbox: Client, things: Things) -> dict[str, str]:
    """Sources by what is special about them."""
    lost = {"keyName": f"{things.prefix}-lost", "instanceProfile": f"{things.prefix}-lost"}
    seeds: dict[str, dict[str, Any]] = {
        "plain": {},
        "arm": {"architecture": "arm64"},
        "uefi": {"bootMode": "uefi"},
        "without ENA": {"ena": False},
        "lost key": {"keyName": lost["keyName"]},
        "lost profile": {"instanceProfile": lost["instanceProfile"]},
        "lost both": lost,
        "lost placement": {"launch": {"Placement": {"GroupName": f"{things.prefix}-lost"}}},
        "weighted": {"launch": {"NetworkPerformanceOptions": {"BandwidthWeighting": "vpc-1"}}},
    }
    found = {kind: sandbox.seed(**seed)["instanceId"] for kind, seed in seeds.items()}
    sandbox.ec2.delete_key_pair(KeyName=lost["keyName"])
    return found


def wrong_parts(things: Things) -> dict[str, tuple[str, Input]]:
    """Parts of an input that are wrong on their own, by their names: the kind of source, and the part."""
    other_account = things.arn.replace(things.arn.split(":")[4], "999999999999")
    other_region = things.topic.replace("us-east-1", "eu-west-1")
    foreign = things.topic.replace(things.topic.split(":")[4], "999999999999")

    def template(**fields: Any) -> Input:
        return {"launchTemplate": fields}

    def group(**fields: Any) -> Input:
        return {"group": fields}

    return {
        "no such subnet": ("plain", group(subnetIds=[NO_SUBNET])),
        "one subnet of two": ("plain", group(subnetIds=[things.subnet, NO_SUBNET])),
        "subnets of two VPCs": ("plain", group(subnetIds=[things.subnet, things.subnet_elsewhere])),
        "subnet of another VPC": ("plain", group(subnetIds=[things.subnet_elsewhere])),
        "zone without the type": ("plain", group(subnetIds=[things.subnet_without_t3])),
        "no such topic": ("plain", group(notificationTopicArn=f"{things.topic}-lost")),
        "topic of another Region": ("plain", group(notificationTopicArn=other_region)),
        "topic of another account": ("plain", group(notificationTopicArn=foreign)),
        "topic of another partition": (
            "plain",
            group(notificationTopicArn=things.topic.replace("arn:aws:", "arn:aws-cn:")),
        ),
        "FIFO topic": ("plain", group(notificationTopicArn=f"{things.topic}.fifo")),
        "sizes": ("plain", group(minSize=3, maxSize=2)),
        "no such security group": ("plain", template(securityGroupIds=[NO_GROUP])),
        "one group of two": ("plain", template(securityGroupIds=[things.many_groups[0], NO_GROUP])),
        "group of another VPC": ("plain", template(securityGroupIds=[things.group_elsewhere])),
        "six groups": ("plain", template(securityGroupIds=things.many_groups)),
        "no such size": ("plain", template(instanceType="t3.smal")),
        "no such family": ("plain", template(instanceType="q9.large")),
        "type of arm": ("plain", template(instanceType="t4g.small")),
        "type not in the Region": ("plain", template(instanceType="dl2q.24xlarge")),
        "type not in the zone": (
            "plain",
            template(instanceType="m5.large") | group(subnetIds=[things.subnet_without_t3]),
        ),
        "type of x86": ("arm", template(instanceType="t3.small")),
        "type without UEFI": ("uefi", template(instanceType="t2.small")),
        "type with ENA alone": ("without ENA", template(instanceType="m5.large")),
        "no such key": ("plain", template(keyName="lost")),
        "no such profile": ("plain", template(iamInstanceProfile="lost")),
        "profile of another account": (
            "plain",
            template(iamInstanceProfile=f"{other_account}/{things.prefix}"),
        ),
        "profile of another partition": (
            "plain",
            template(iamInstanceProfile=f"{things.arn}/{things.prefix}".replace("arn:aws:", "arn:aws-cn:")),
        ),
        "profile of another path": (
            "plain",
            template(iamInstanceProfile=f"{things.arn}/team/{things.prefix}"),
        ),
        "profile without a role": ("plain", template(iamInstanceProfile=f"{things.prefix}-no-role")),
        "the source's key": ("lost key", {}),
        "the source's profile": ("lost profile", {}),
        "both of the source's": ("lost both", {}),
        "the source's key, another profile": (
            "lost key",
            template(iamInstanceProfile=things.prefix),
        ),
        "the source's placement group": ("lost placement", {}),
        "unknown field": ("plain", {"launchTemplate": {"ebsOptimised": True}}),
    }


def wrong_inputs(things: Things) -> dict[str, tuple[str, Input]]:
    """Each wrong part alone, and pairs of parts of different sections of the input."""
    parts = wrong_parts(things)
    pairs = [
        (one, other)
        for one, other in combinations(parts, 2)
        if "plain" in {parts[one][0], parts[other][0]} and not parts[one][1].keys() & parts[other][1].keys()
    ]
    chosen = random.Random(9).sample(pairs, PAIRS)  # noqa: S311 - a choice of cases
    both = {
        f"{one} + {other}": (
            next((kind for kind in (parts[one][0], parts[other][0]) if kind != "plain"), "plain"),
            parts[one][1] | parts[other][1],
        )
        for one, other in chosen
    }
    return parts | both


def right_inputs(things: Things) -> dict[str, tuple[str, Input]]:
    """Inputs that are nearly as wrong."""
    return {
        "one zone of two has the type": (
            "plain",
            {"group": {"subnetIds": [things.subnet_without_t3, things.subnet]}},
        ),
        "a subnet and a group of another VPC": (
            "plain",
            {
                "launchTemplate": {"securityGroupIds": [things.group_elsewhere]},
                "group": {"subnetIds": [things.subnet_elsewhere]},
            },
        ),
        "a profile by its ARN, five groups": (
            "plain",
            {
                "launchTemplate": {
                    "iamInstanceProfile": f"{things.arn}/{things.prefix}",
                    "securityGroupIds": things.many_groups[:5],
                }
            },
        ),
        "another type of the architecture": ("arm", {"launchTemplate": {"instanceType": "m7g.large"}}),
        "UEFI on a type that has it": ("uefi", {"launchTemplate": {"instanceType": "m5.large"}}),
        "a topic that is there": ("without ENA", {"group": {"notificationTopicArn": things.topic}}),
        "another type than the weighted one": ("weighted", {"launchTemplate": {"instanceType": "m5.large"}}),
        "another key and profile": (
            "lost both",
            {"launchTemplate": {"keyName": things.prefix, "iamInstanceProfile": things.prefix}},
        ),
    }


def test_a_dry_run_is_refused_for_all_that_a_run_is(sandbox: Client) -> None:
    things = make_things(sandbox)
    # The profile goes after all sources have been made: a seed makes the world know it, and not IAM.
    by_kind = sources(sandbox, things)
    wrong = wrong_inputs(things)
    assert len(wrong) >= 60
    before = next_call(sandbox)
    started = {
        name: [
            sandbox.start(
                part
                | {
                    "sourceInstanceId": by_kind[kind],
                    "autoScalingGroupName": things.prefix,
                    "dryRun": dry,
                }
            )
            for dry in (True, False)
        ]
        for name, (kind, part) in wrong.items()
    }
    disagreements = []
    for name, (dry, real) in started.items():
        first, second = sandbox.wait(dry), sandbox.wait(real)
        if (first.error, second.error) != ("InvalidInput", "InvalidInput") or first.cause != second.cause:
            disagreements.append(f"{name}: {first.error}: {first.cause} / {second.error}: {second.cause}")
        assert locks(sandbox, real) == []
    assert disagreements == []
    assert changes(sandbox, before, [run for both in started.values() for run in both]) == []


def test_what_a_dry_run_accepts_a_run_does(sandbox: Client) -> None:
    things = make_things(sandbox)
    sandbox.ec2.create_key_pair(KeyName=things.prefix)
    right = right_inputs(things)
    by_kind = {name: sources(sandbox, things)[kind] for name, (kind, _) in right.items()}
    inputs = {
        name: part | {"sourceInstanceId": by_kind[name], "autoScalingGroupName": f"{things.prefix} {name}"}
        for name, (_, part) in right.items()
    }
    dry = [sandbox.start(part | {"dryRun": True}) for part in inputs.values()]
    plans = [succeeded(sandbox.wait(run)) for run in dry]
    warned = {name for name, plan in zip(inputs, plans, strict=True) if plan["warnings"]}
    assert warned == {"one zone of two has the type", "another type than the weighted one"}
    for run in [sandbox.start(part) for part in inputs.values()]:
        succeeded(sandbox.wait(run))
