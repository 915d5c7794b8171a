"""The requests that IAM evaluates for a launch from a template, and for what else is made with tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.least_privilege.policies import Request, request

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tests.least_privilege.facts import Facts, Params, Tags
    from tests.least_privilege.policies import Account

# The id of what a call makes.
NEW = "new"
_RUN = "ec2:RunInstances"


def launch(facts: Facts, template: Mapping[str, str], subnets: Iterable[str]) -> list[Request]:
    """A launch from a version of a template: RunInstances, and what Auto Scaling asks before it may do so."""
    account = facts.account
    identity, version = template["LaunchTemplateId"], template["Version"]
    data = facts.templates[identity, version]
    image = facts.images.get(data["ImageId"], data["ImageId"])
    there = [("launch-template", identity), ("image", image), *(("subnet", subnet) for subnet in subnets)]
    there += [("snapshot", snapshot) for snapshot in facts.snapshots[image]]
    of_template = account.ec2("launch-template", identity)
    asked = [
        request(
            _RUN,
            account.ec2(kind, name),
            resource_tags=facts.tags.get(name),
            ec2__LaunchTemplate=of_template,
        )
        for kind, name in [*there, *_named(data)]
    ]
    asked += [request(_RUN, arn) for arn in _without_condition(account, data)]
    if image != data["ImageId"]:
        asked.append(request("ssm:GetParameters", account.parameter(data["ImageId"])))
    tagged = {spec["ResourceType"]: tags_of(spec["Tags"]) for spec in data.get("TagSpecifications", [])}
    if own := tagged.get("spot-instances-request"):
        # Only one that is tagged is asked for.
        # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ExamplePolicies_EC2.html#iam-example-spot-instances
        asked += creation(_RUN, account, "spot-instances-request", own)
    for kind in ("instance", "volume", "network-interface"):
        asked += creation(_RUN, account, kind, tagged.get(kind, {}), ec2__LaunchTemplate=of_template)
    if profile := data.get("IamInstanceProfile"):
        asked.append(pass_role(account, next(iter(profile.values())).rsplit("/", 1)[-1]))
    return asked


def _named(data: Params) -> Iterator[tuple[str, str]]:
    """The resources that a version names, for which the reference has a condition on the template."""
    interfaces = [group for one in data.get("NetworkInterfaces", []) for group in one.get("Groups", [])]
    yield from (("security-group", group) for group in [*data.get("SecurityGroupIds", []), *interfaces])
    target = data.get("CapacityReservationSpecification", {}).get("CapacityReservationTarget", {})
    for kind, name in (
        ("key-pair", data.get("KeyName")),
        ("placement-group", data.get("Placement", {}).get("GroupName")),
        ("capacity-reservation", target.get("CapacityReservationId")),
    ):
        if name:
            yield kind, name


def _without_condition(account: Account, data: Params) -> Iterator[str]:
    """The ARNs of those for which it has none: of other services, and secondary interfaces."""
    yield from (one["LicenseConfigurationArn"] for one in data.get("LicenseSpecifications", []))
    target = data.get("CapacityReservationSpecification", {}).get("CapacityReservationTarget", {})
    hosts = data.get("Placement", {}).get("HostResourceGroupArn")
    yield from (arn for arn in (target.get("CapacityReservationResourceGroupArn"), hosts) if arn)
    for interface in data.get("SecondaryInterfaces", []):
        yield account.ec2("secondary-interface", NEW)
        if "SecondarySubnetId" in interface:
            yield account.ec2("secondary-subnet", interface["SecondarySubnetId"])


def pass_role(account: Account, role: str, service: str = "ec2.amazonaws.com") -> Request:
    """An instance profile's role, handed to a service."""
    return request(
        "iam:PassRole", f"arn:aws:iam::{account.account}:role/{role}", iam__PassedToService=service
    )


def creation(action: str, account: Account, kind: str, tags: Tags, **keys: str) -> list[Request]:
    """A new resource, and its tags in the same call."""
    arn = account.ec2(kind, NEW)
    tagging = request("ec2:CreateTags", arn, request_tags=tags, ec2__CreateAction=action.split(":")[1])
    return [request(action, arn, request_tags=tags, **keys), *([tagging] if tags else [])]


def tags_of(listed: Iterable[Mapping[str, str]]) -> Tags:
    """A list of keys and values as a table."""
    return {tag["Key"]: tag["Value"] for tag in listed}
