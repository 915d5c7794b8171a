"""The requests that IAM evaluates for a call, by AWS's service authorization reference.

A call is evaluated once for each resource that it touches, and for the actions that depend on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.least_privilege.launches import NEW, creation, launch, tags_of
from tests.least_privilege.policies import Request, request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.least_privilege.facts import Facts, Params, Tags

_AUTO_SCALING = "autoscaling.amazonaws.com"
# What EC2 does with a key of its caller's, beside a grant.
_USE = ("Decrypt", "DescribeKey", "GenerateDataKeyWithoutPlaintext", "ReEncryptFrom", "ReEncryptTo")


def requests(service: str, action: str, params: Params, facts: Facts) -> list[Request]:
    """Everything that the caller has to be allowed.

    Raises:
        LookupError: it is not known here what the call touches; read AWS's reference and add it.
    """
    name = f"{service}:{action}"
    if name in _TOUCHED:
        return _TOUCHED[name](name, params, facts)
    looks = action.startswith(("Describe", "GetEbs"))
    if looks and service in {"ec2", "autoscaling", "elasticloadbalancing"}:
        return [request(name, "*")]
    raise LookupError(f"what {name} touches is not known")


def grant(key: str, *, via: str, for_aws: str = "true") -> Request:
    """EC2's grant, in the caller's name, for the volumes of an instance that starts."""
    return request("kms:CreateGrant", key, kms__ViaService=via, kms__GrantIsForAWSResource=for_aws)


def use_of_key(key: str, *, via: str | None) -> list[Request]:
    """What EC2 does with the key of a volume, in the caller's name, when it launches an instance.

    https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption-requirements.html
    """
    keys = {"kms__ViaService": via} if via else {}
    return [request(f"kms:{name}", key, **keys) for name in _USE]


def _specified(params: Params, kind: str) -> Tags:
    found = [spec["Tags"] for spec in params.get("TagSpecifications", []) if spec["ResourceType"] == kind]
    return tags_of(found[0]) if found else {}


def _existing(kind: str, parameter: str) -> Callable[[str, Params, Facts], list[Request]]:
    """What a call touches that names one resource, or a list of them."""

    def touched(action: str, params: Params, facts: Facts) -> list[Request]:
        named = params[parameter] if isinstance(params[parameter], list) else [params[parameter]]
        return [_there(action, kind, name, facts) for name in named]

    return touched


def _there(action: str, kind: str, name: str, facts: Facts) -> Request:
    return request(action, facts.account.ec2(kind, name), resource_tags=facts.tags.get(name))


def _start(action: str, params: Params, facts: Facts) -> list[Request]:
    asked = _existing("instance", "InstanceIds")(action, params, facts)
    keys = [key for instance in params["InstanceIds"] for key in facts.keys.get(instance, [])]
    named = [arn for instance in params["InstanceIds"] for arn in facts.others.get(instance, [])]
    asked += [request(action, arn) for arn in named]
    return asked + [grant(key, via=f"ec2.{facts.account.region}.amazonaws.com") for key in keys]


def _create_snapshots(action: str, params: Params, facts: Facts) -> list[Request]:
    source = params["InstanceSpecification"]["InstanceId"]
    there = [_there(action, "volume", volume, facts) for volume in facts.volumes[source]]
    made = creation(action, facts.account, "snapshot", _specified(params, "snapshot"))
    return [_there(action, "instance", source, facts), *there, *made]


def _launch_template_data(action: str, params: Params, facts: Facts) -> list[Request]:
    """An instance's settings, which other calls tell in the caller's name."""
    asked = _existing("instance", "InstanceId")(action, params, facts)
    asked += _existing("instance", "InstanceId")("ec2:DescribeInstanceAttribute", params, facts)
    others = ("DescribeInstanceCreditSpecifications", "DescribeSpotInstanceRequests", "DescribeVolumes")
    return [*asked, *(request(f"ec2:{name}", "*") for name in others)]


def _create_image(action: str, params: Params, facts: Facts) -> list[Request]:
    made = [
        asked
        for kind in ("image", "snapshot")
        for asked in creation(action, facts.account, kind, _specified(params, kind))
    ]
    return [_there(action, "instance", params["InstanceId"], facts), *made]


def _register_image(action: str, params: Params, facts: Facts) -> list[Request]:
    snapshots = [mapping["Ebs"]["SnapshotId"] for mapping in params["BlockDeviceMappings"]]
    made = creation(action, facts.account, "image", _specified(params, "image"))
    return made + [_there(action, "snapshot", snapshot, facts) for snapshot in snapshots]


def _create_launch_template(action: str, params: Params, facts: Facts) -> list[Request]:
    return creation(action, facts.account, "launch-template", _specified(params, "launch-template"))


def _groups_of(one: Params) -> list[str]:
    """The security groups of a launch's parameters or of one of its interfaces."""
    return [*one.get("SecurityGroupIds", []), *one.get("Groups", [])]


def _run_instances(action: str, params: Params, facts: Facts) -> list[Request]:
    interfaces = params.get("NetworkInterfaces", [])
    subnets = [one["SubnetId"] for one in interfaces] or [params["SubnetId"]]
    if "LaunchTemplate" in params:
        asked = launch(facts, params["LaunchTemplate"], subnets)
        # A dry run does not come to the volumes.
        return asked if params.get("DryRun") else asked + _encrypted_launch(params["LaunchTemplate"], facts)
    groups = [group for one in [params, *interfaces] for group in _groups_of(one)]
    there = [("image", params["ImageId"]), *(("subnet", subnet) for subnet in subnets)]
    there += [("security-group", group) for group in groups]
    there += [("key-pair", params["KeyName"])] if "KeyName" in params else []
    made = [(kind, NEW) for kind in ("instance", "volume", "network-interface")]
    # A snapshot of the image's, which is anybody's.
    return [_there(action, kind, name, facts) for kind, name in [*there, *made, ("snapshot", NEW)]]


def _encrypted_launch(template: Mapping[str, str], facts: Facts) -> list[Request]:
    """What a launch asks of the keys of its image."""
    data = facts.templates[template["LaunchTemplateId"], template["Version"]]
    via = f"ec2.{facts.account.region}.amazonaws.com"
    keys = facts.keys.get(data["ImageId"], [])
    return [asked for key in keys for asked in [grant(key, via=via), *use_of_key(key, via=via)]]


def _profile(action: str, params: Params, facts: Facts) -> list[Request]:
    name = f"instance-profile/{params['InstanceProfileName']}"
    return [request(action, f"arn:aws:iam::{facts.account.account}:{name}")]


def _topic(action: str, params: Params, _: Facts) -> list[Request]:
    """A topic of an input's, whose ARN is given."""
    return [request(action, params["TopicArn"])]


def _group(action: str, params: Params, facts: Facts) -> list[Request]:
    """A call about an existing group; one that gives it a template asks for a launch too."""
    name = params["AutoScalingGroupName"]
    asked = [request(action, facts.account.group(name), resource_tags=facts.tags.get(name))]
    given = params.get("DesiredConfiguration", params)
    mixed = given.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {})
    if used := given.get("LaunchTemplate") or mixed.get("LaunchTemplateSpecification"):
        asked += launch(facts, used, _subnets(params) or facts.subnets[name])
    return asked


def _alarms(action: str, params: Params, facts: Facts) -> list[Request]:
    """With composite alarms it takes a right to all: under a narrower one AWS answers none of these."""
    account = facts.account
    if "CompositeAlarm" in params.get("AlarmTypes", []):
        return [request(action, "*")]
    own = f"arn:aws:cloudwatch:{account.region}:{account.account}:alarm"
    return [request(action, f"{own}:{name}") for name in params["AlarmNames"]]


def _member(action: str, params: Params, facts: Facts) -> list[Request]:
    name = facts.groups.get(params["InstanceId"], "launched-since")
    return [request(action, facts.account.group(name), resource_tags=facts.tags.get(name))]


def _create_group(action: str, params: Params, facts: Facts) -> list[Request]:
    account = facts.account
    linked = (
        f"arn:aws:iam::{account.account}:role/aws-service-role/{_AUTO_SCALING}/AWSServiceRoleForAutoScaling"
    )
    return [
        request(action, account.group(params["AutoScalingGroupName"]), request_tags=tags_of(params["Tags"])),
        # Where it is the account's first group.
        request("iam:CreateServiceLinkedRole", linked, iam__AWSServiceName=_AUTO_SCALING),
        *launch(facts, params["LaunchTemplate"], _subnets(params)),
    ]


def _subnets(params: Params) -> list[str]:
    return [subnet for subnet in params.get("VPCZoneIdentifier", "").split(",") if subnet]


def _group_tags(action: str, params: Params, facts: Facts) -> list[Request]:
    name = params["Tags"][0]["ResourceId"]
    return [
        request(
            action,
            facts.account.group(name),
            request_tags={tag["Key"]: tag.get("Value", "") for tag in params["Tags"]},
            resource_tags=facts.tags.get(name),
        )
    ]


def _key(action: str, params: Params, facts: Facts) -> list[Request]:
    named, account = params["KeyId"], facts.account
    arn = named if named.startswith("arn:") else f"arn:aws:kms:{account.region}:{account.account}:key/{named}"
    return [request(action, arn)]


def _item(action: str, params: Params, facts: Facts) -> list[Request]:
    return [request(action, facts.own[params["TableName"]])]


def _put_item(action: str, params: Params, facts: Facts) -> list[Request]:
    (key,) = params["Item"]["pk"].values()
    return [request(action, facts.own[params["TableName"]], dynamodb__LeadingKeys=key)]


def _transaction(_: str, params: Params, facts: Facts) -> list[Request]:
    """A transaction is allowed by what is in it."""
    return [
        request(f"dynamodb:{kind}Item", facts.own[item["TableName"]])
        for part in params["TransactItems"]
        for kind, item in part.items()
    ]


def _state_machine(action: str, params: Params, facts: Facts) -> list[Request]:
    """For a version Step Functions asks about its state machine."""
    arn = ":".join(params["stateMachineArn"].split(":")[:7])
    return [request(action, facts.own[arn])]


def _execution(action: str, params: Params, facts: Facts) -> list[Request]:
    machine, name = params["executionArn"].rsplit(":", 1)
    own = facts.own[machine.replace(":execution:", ":stateMachine:")]
    return [request(action, f"{own.replace(':stateMachine:', ':execution:')}:{name}")]


def _put_parameter(action: str, params: Params, facts: Facts) -> list[Request]:
    """A parameter that names an image, which SSM looks up in the caller's name."""
    return [request(action, facts.account.parameter(params["Name"])), request("ec2:DescribeImages", "*")]


def _document(action: str, params: Params, facts: Facts) -> list[Request]:
    """A document of an input's, and for a command the instances that it is sent to."""
    account, name = facts.account, params.get("DocumentName") or params["Name"]
    arn = (
        name if name.startswith("arn:") else f"arn:aws:ssm:{account.region}:{account.account}:document/{name}"
    )
    there = [_there(action, "instance", one, facts) for one in params.get("InstanceIds", [])]
    return [request(action, arn), *there]


def _everything(action: str, _params: Params, _facts: Facts) -> list[Request]:
    """A call that knows no narrower resource."""
    return [request(action, "*")]


def _publish(action: str, params: Params, facts: Facts) -> list[Request]:
    return [request(action, facts.own[params["TopicArn"]])]


def _anything(action: str, _params: Params, _facts: Facts) -> list[Request]:
    """AWS names no resource for the action."""
    return [request(action, "*")]


_TOUCHED: dict[str, Callable[[str, Params, Facts], list[Request]]] = {
    "ec2:CreateImage": _create_image,
    "ec2:CreateLaunchTemplate": _create_launch_template,
    "ec2:CreateLaunchTemplateVersion": _existing("launch-template", "LaunchTemplateId"),
    "ec2:CreateSnapshots": _create_snapshots,
    "ec2:DeleteLaunchTemplate": _existing("launch-template", "LaunchTemplateId"),
    "ec2:DeleteLaunchTemplateVersions": _existing("launch-template", "LaunchTemplateId"),
    "ec2:DeleteSnapshot": _existing("snapshot", "SnapshotId"),
    "ec2:DeleteVolume": _existing("volume", "VolumeId"),
    "ec2:DeregisterImage": _existing("image", "ImageId"),
    "ec2:DescribeInstanceAttribute": _existing("instance", "InstanceId"),
    "ec2:GetConsoleOutput": _existing("instance", "InstanceId"),
    "ec2:GetInstanceUefiData": _existing("instance", "InstanceId"),
    "ec2:GetLaunchTemplateData": _launch_template_data,
    "ec2:RegisterImage": _register_image,
    "ec2:RunInstances": _run_instances,
    "ec2:StartInstances": _start,
    "ec2:StopInstances": _existing("instance", "InstanceIds"),
    "ec2:TerminateInstances": _existing("instance", "InstanceIds"),
    "autoscaling:AttachLoadBalancerTargetGroups": _group,
    "autoscaling:CancelInstanceRefresh": _group,
    "autoscaling:CreateAutoScalingGroup": _create_group,
    "autoscaling:CreateOrUpdateTags": _group_tags,
    "autoscaling:DeleteAutoScalingGroup": _group,
    "autoscaling:DeleteNotificationConfiguration": _group,
    "autoscaling:DeletePolicy": _group,
    "autoscaling:DeleteTags": _group_tags,
    "autoscaling:DetachLoadBalancerTargetGroups": _group,
    "autoscaling:PutNotificationConfiguration": _group,
    "autoscaling:PutScalingPolicy": _group,
    "autoscaling:RollbackInstanceRefresh": _group,
    "autoscaling:StartInstanceRefresh": _group,
    "autoscaling:TerminateInstanceInAutoScalingGroup": _member,
    "autoscaling:UpdateAutoScalingGroup": _group,
    "cloudwatch:DescribeAlarms": _alarms,
    "dynamodb:DeleteItem": _item,
    "dynamodb:GetItem": _item,
    "dynamodb:PutItem": _put_item,
    "dynamodb:Query": _item,
    "dynamodb:Scan": _item,
    "dynamodb:TransactWriteItems": _transaction,
    "dynamodb:UpdateItem": _item,
    "iam:GetInstanceProfile": _profile,
    "kms:DescribeKey": _key,
    "kms:GetKeyPolicy": _key,
    "kms:ListGrants": _key,
    "sns:GetTopicAttributes": _topic,
    "sns:Publish": _publish,
    "ssm:CancelCommand": _everything,
    "ssm:DescribeDocument": _document,
    "ssm:DescribeInstanceInformation": _everything,
    "ssm:GetCommandInvocation": _everything,
    "ssm:ListCommandInvocations": _everything,
    "ssm:ListCommands": _everything,
    "ssm:PutParameter": _put_parameter,
    "ssm:SendCommand": _document,
    "states:DescribeExecution": _execution,
    "states:GetExecutionHistory": _execution,
    "states:SendTaskFailure": _anything,
    "states:SendTaskSuccess": _anything,
    "states:StartExecution": _state_machine,
    "states:StopExecution": _execution,
}
