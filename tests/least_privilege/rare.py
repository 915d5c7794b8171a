"""Calls that a function has to be able to make and no run of the sandbox makes: rare templates and sources.

Auto Scaling asks in the caller's name for all that a launch template names, whoever made it and whenever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.least_privilege.calls import requests
from tests.least_privilege.facts import Facts
from tests.least_privilege.foreign import ACCOUNT, LAUNCHING_OWN, LAUNCHING_THEIRS, STARTING
from tests.least_privilege.launches import launch
from tests.least_privilege.policies import request
from tests.template.rules.permissions import OF_OPEN_RUNS
from tools.project import template

if TYPE_CHECKING:
    from tests.least_privilege.policies import Account, Request

_SSM = ("resolve:ssm:/web/image:3", "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-x86_64")
_TAGGED = ("instance", "volume", "network-interface", "spot-instances-request")


def rare_calls(account: Account = ACCOUNT) -> dict[str, list[Request]]:
    """By function."""
    own = {"golden-image:stack": account.stack}
    named = [*_SSM, f"resolve:ssm:arn:aws:ssm:{account.region}:999999999999:parameter/web/image"]
    facts = Facts(account, images=dict.fromkeys(named, "ami-1"), snapshots={"ami-1": ["snap-1"]})
    facts.templates = {
        ("lt-1", str(number)): _everything(account, image) for number, image in enumerate([*named, "ami-1"])
    }
    facts.others = {"i-1": [_license("999999999999", account.region), f"{_groups(account)}/hosts"]}
    of_the_group_before = [one for version in ("0", "1", "2") for one in _launch(facts, version)]
    facts.tags = dict.fromkeys(("lt-1", "ami-1", "snap-1"), own)
    of_the_stack = _launch(facts, "3")
    found = {owner: of_the_stack.copy() for owner in LAUNCHING_OWN}
    for owner in LAUNCHING_THEIRS:
        found[owner] = of_the_group_before.copy()
    shared = {"SubnetId": _shared(account, "subnet/subnet-2"), "ImageId": "ami-1", "KeyName": "key"}
    shared["SecurityGroupIds"] = [_shared(account, "security-group/sg-2")]
    found["PlanRefreshFunction"] = requests("ec2", "RunInstances", shared, facts)
    # Runs of the release before notify by themselves, and go on after the upgrade.
    for owner, actions in OF_OPEN_RUNS.items():
        found[owner] = [request(one, account.arn(template(), "NotificationTopic")) for one in sorted(actions)]
    for owner in STARTING:
        found.setdefault(owner, []).extend(requests("ec2", "StartInstances", {"InstanceIds": ["i-1"]}, facts))
    return found


def _launch(facts: Facts, version: str) -> list[Request]:
    subnets = ["subnet-1", _shared(facts.account, "subnet/subnet-2")]
    return launch(facts, {"LaunchTemplateId": "lt-1", "Version": version}, subnets)


def _shared(account: Account, name: str) -> str:
    """The ARN of what another account shares with this one."""
    return f"arn:aws:ec2:{account.region}:999999999999:{name}"


def _license(owner: str, region: str) -> str:
    return f"arn:aws:license-manager:{region}:{owner}:license-configuration:lic-1"


def _groups(account: Account) -> str:
    return f"arn:aws:resource-groups:{account.region}:{account.account}:group"


def _everything(account: Account, image: str) -> dict[str, Any]:
    """The data of a version that names one of everything."""
    target = {
        "CapacityReservationId": _shared(account, "capacity-reservation/cr-1"),
        "CapacityReservationResourceGroupArn": f"{_groups(account)}/reserved",
    }
    tags = [{"Key": "Team", "Value": "web"}]
    return {
        "ImageId": image,
        "KeyName": "key",
        "SecurityGroupIds": ["sg-1", _shared(account, "security-group/sg-2")],
        "IamInstanceProfile": {"Name": "web"},
        "Placement": {
            "GroupName": _shared(account, "placement-group/rack"),
            "HostResourceGroupArn": f"{_groups(account)}/hosts",
        },
        "CapacityReservationSpecification": {"CapacityReservationTarget": target},
        "LicenseSpecifications": [{"LicenseConfigurationArn": _license(account.account, account.region)}],
        "InstanceMarketOptions": {"MarketType": "spot"},
        "SecondaryInterfaces": [{"DeviceIndex": 1, "SecondarySubnetId": "ssn-1"}],
        "TagSpecifications": [{"ResourceType": kind, "Tags": tags} for kind in _TAGGED],
    }
