"""Every field of the input, with a value for a run that makes a group and one for a run that updates it.

Add an entry for each leaf of input.schema.json. `test_fields` states all values in a few runs, and looks for
each in the calls that the run made, and in the group afterwards.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

# What somebody gives the group's template between the runs; the second run states null for each.
CHOSEN: dict[str, Any] = {
    "CapacityReservationSpecification": {"CapacityReservationPreference": "none"},
    "CpuOptions": {"CoreCount": 1, "ThreadsPerCore": 1},
    "CreditSpecification": {"CpuCredits": "unlimited"},
    "DisableApiStop": True,
    "DisableApiTermination": True,
    "ElasticGpuSpecifications": [{"Type": "eg1.medium"}],
    "ElasticInferenceAccelerators": [{"Type": "eia1.medium", "Count": 1}],
    "EnclaveOptions": {"Enabled": True},
    "HibernationOptions": {"Configured": True},
    "InstanceInitiatedShutdownBehavior": "terminate",
    "InstanceMarketOptions": {"MarketType": "spot"},
    "KernelId": "aki-0123456789abcdef0",
    "LicenseSpecifications": [
        {"LicenseConfigurationArn": "arn:aws:license-manager:us-east-1:123456789012:one"},
    ],
    "MaintenanceOptions": {"AutoRecovery": "disabled"},
    "NetworkInterfaces": [{"DeviceIndex": 0, "Ipv6AddressCount": 1}],
    "NetworkPerformanceOptions": {"BandwidthWeighting": "vpc-1"},
    "Placement": {"Tenancy": "dedicated"},
    "PrivateDnsNameOptions": {"HostnameType": "ip-name"},
    "RamDiskId": "ari-0123456789abcdef0",
    "SecondaryInterfaces": [{"DeviceIndex": 1, "NetworkCardIndex": 1, "InterfaceType": "secondary"}],
}


@dataclass(frozen=True)
class Call:
    """Where a value is found in the calls of a run.

    Attributes:
        action: service and action, in botocore's words; `lambda Invoke` is a call of the workflow.
        path: the parameter's members, joined by dots; a list is looked through. Empty for a call that stating
            the field keeps from being made.
        by: a part of the name of the function, or for `lambda Invoke` of the state, that makes the call.
        value: what the value becomes; by default it stays as it is.
    """

    action: str
    path: str = ""
    by: str = ""
    value: Callable[[Any], Any] = lambda stated: stated


@dataclass(frozen=True)
class Field:
    """One field.

    Attributes:
        first: stated in the run that creates the group. A text in <> names something of the sandbox; None
            takes away, so that no call has a value.
        second: stated in the run that updates it, and in one that fails late and is rolled back.
        created: the call of the first run that has the value.
        updated: the call of the second run that has the value.
        shown: where AWS shows the value afterwards, see `test_fields.standing`; empty where no group
            changes.
        rolled: stated in a run that rolls the group at last, where that is the only one that can state it.
        in_roll: the call of that run that has the value.
    """

    first: Any = None
    second: Any = None
    created: Call | None = None
    updated: Call | None = None
    shown: str = ""
    rolled: Any = None
    in_roll: Call | None = None


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _in_template(first: Any, second: Any, member: str, value: Callable[[Any], Any] | None = None) -> Field:
    """A parameter of the launch; the group gets it with its template version."""
    path = f"LaunchTemplateData.{member}"
    more = {"value": value} if value else {}
    return Field(
        first,
        second,
        Call("ec2 CreateLaunchTemplate", path, **more),
        Call("ec2 CreateLaunchTemplateVersion", path, **more),
        f"template.{member}",
    )


def _in_group(first: Any, second: Any, member: str, value: Callable[[Any], Any] | None = None) -> Field:
    """A setting that CreateAutoScalingGroup and UpdateAutoScalingGroup take."""
    more = {"value": value} if value else {}
    created = Call("autoscaling CreateAutoScalingGroup", member, **more)
    return Field(
        first,
        second,
        created,
        Call("autoscaling UpdateAutoScalingGroup", member, **more),
        f"group.{member}",
    )


def _taken_away(member: str) -> Field:
    """A parameter of the launch that the input can only take away."""
    changed = Call("ec2 CreateLaunchTemplateVersion", f"LaunchTemplateData.{member}")
    return Field(None, None, None, changed, f"template.{member}")


def _in_refresh(value: Any, member: str) -> Field:
    """A preference of the instance refresh."""
    call = Call("autoscaling StartInstanceRefresh", f"Preferences.{member}")
    return Field(rolled=value, in_roll=call)


def _commands(first: str, second: str) -> Field:
    """The parameters of a document that runs commands."""
    call = Call("ssm SendCommand", "Parameters.commands", value=lambda stated: stated["commands"][0])
    return Field({"commands": [first]}, {"commands": [second]}, call, call)


def _limit(first: int, second: int, state: str) -> Field:
    limit = Call("lambda Invoke", "Payload.limit", state)
    return Field(first, second, limit, limit)


FIELDS: dict[str, Field] = {
    "sourceInstanceId": Field(
        "<source>",
        "<source 2>",
        Call("ec2 StopInstances", "InstanceIds"),
        Call("ec2 CreateSnapshots", "InstanceSpecification.InstanceId"),
    ),
    "autoScalingGroupName": Field(
        "<group>",
        "<group>",
        Call("autoscaling CreateAutoScalingGroup", "AutoScalingGroupName"),
        Call("autoscaling UpdateAutoScalingGroup", "AutoScalingGroupName"),
    ),
    "launchTemplateName": Field(
        "<template>", "<template>", Call("ec2 CreateLaunchTemplate", "LaunchTemplateName")
    ),
    "rollout": Field(
        "none",
        "recreate",
        Call("autoscaling UpdateAutoScalingGroup", by="DrainGroupFunction"),
        Call("autoscaling UpdateAutoScalingGroup", "MaxSize", "DrainGroupFunction", lambda _: 0),
    ),
    "rolling.minHealthyPercentage": _in_refresh(90, "MinHealthyPercentage"),
    "rolling.maxHealthyPercentage": _in_refresh(150, "MaxHealthyPercentage"),
    "rolling.instanceWarmup": _in_refresh(5, "InstanceWarmup"),
    "rolling.checkpointPercentages": _in_refresh([50, 100], "CheckpointPercentages"),
    "rolling.checkpointDelay": _in_refresh(6, "CheckpointDelay"),
    "rolling.bakeTime": _in_refresh(7, "BakeTime"),
    "rolling.skipMatching": _in_refresh(True, "SkipMatching"),
    "rolling.scaleInProtectedInstances": _in_refresh("Refresh", "ScaleInProtectedInstances"),
    "rolling.standbyInstances": _in_refresh("Terminate", "StandbyInstances"),
    "rolling.alarms": _in_refresh(["<alarm>"], "AlarmSpecification.Alarms"),
    "restartSource": Field(False, False, Call("ec2 StartInstances")),
    "stopSource": Field(True, False, None, Call("ec2 StopInstances")),
    "prepare.document": Field(
        "AWS-RunShellScript", "AWS-RunShellScript", *2 * (Call("ssm SendCommand", "DocumentName"),)
    ),
    "prepare.parameters": _commands("cloud-init clean", "cloud-init clean --logs"),
    "prepare.timeout": _limit(911, 912, "Check Command"),
    "canary.document": Field(
        "AWS-RunShellScript", "AWS-RunShellScript", *2 * (Call("ssm SendCommand", "DocumentName"),)
    ),
    "canary.parameters": _commands("systemctl is-system-running", "curl --fail http://localhost/"),
    "dryRun": Field(False, False),
    "image.name": Field("<image 1>", "<image 2>", *2 * (Call("ec2 RegisterImage", "Name"),)),
    "image.description": Field("first", "second", *2 * (Call("ec2 RegisterImage", "Description"),)),
    "image.tags": Field(
        {"Made": "once"}, {"Made": "twice"}, *2 * (Call("ec2 RegisterImage", "TagSpecifications.Tags"),)
    ),
    "image.keepVolumes": Field(
        True,
        False,
        *2
        * (
            Call(
                "ec2 RegisterImage",
                "BlockDeviceMappings.Ebs.DeleteOnTermination",
                # One of the source's volumes outlives its instance.
                value=lambda kept: not kept,
            ),
        ),
    ),
    "launchTemplate.instanceType": _in_template("t3.small", "t3.large", "InstanceType"),
    "launchTemplate.keyName": _in_template("<key 1>", "<key 2>", "KeyName"),
    "launchTemplate.securityGroupIds": _in_template(
        ["<security group 1>"], ["<security group 2>"], "SecurityGroupIds"
    ),
    "launchTemplate.iamInstanceProfile": _in_template(
        "<profile 1>", "<profile 2>", "IamInstanceProfile.Name"
    ),
    "launchTemplate.userData": _in_template("#!/bin/true", "#!/bin/false", "UserData", _encoded),
    "launchTemplate.metadataOptions.httpTokens": _in_template(
        "optional", "required", "MetadataOptions.HttpTokens"
    ),
    "launchTemplate.metadataOptions.httpPutResponseHopLimit": _in_template(
        2, 3, "MetadataOptions.HttpPutResponseHopLimit"
    ),
    "launchTemplate.metadataOptions.httpEndpoint": _in_template(
        "disabled", "enabled", "MetadataOptions.HttpEndpoint"
    ),
    "launchTemplate.metadataOptions.instanceMetadataTags": _in_template(
        "disabled", "enabled", "MetadataOptions.InstanceMetadataTags"
    ),
    "launchTemplate.monitoring": _in_template(True, False, "Monitoring.Enabled"),
    "launchTemplate.ebsOptimized": _in_template(True, False, "EbsOptimized"),
    **{f"launchTemplate.{name[0].lower()}{name[1:]}": _taken_away(name) for name in CHOSEN},
    "launchTemplate.tags": _in_template({"Role": "web"}, {"Role": "api"}, "TagSpecifications.Tags"),
    "group.minSize": _in_group(1, 2, "MinSize"),
    "group.maxSize": _in_group(3, 4, "MaxSize"),
    "group.desiredCapacity": _in_group(1, 2, "DesiredCapacity"),
    "group.subnetIds": _in_group(["<subnet 1>"], ["<subnet 2>"], "VPCZoneIdentifier", ",".join),
    "group.healthCheckType": _in_group("EC2", "ELB", "HealthCheckType"),
    "group.healthCheckGracePeriod": _in_group(120, 240, "HealthCheckGracePeriod"),
    "group.targetGroupArns": Field(
        ["<target group 1>"],
        ["<target group 2>"],
        Call("autoscaling CreateAutoScalingGroup", "TargetGroupARNs"),
        Call("autoscaling AttachLoadBalancerTargetGroups", "TargetGroupARNs"),
        "group.TargetGroupARNs",
    ),
    "group.targetCpuUtilization": Field(
        40,
        60,
        *2 * (Call("autoscaling PutScalingPolicy", "TargetTrackingConfiguration.TargetValue"),),
        "policies.TargetTrackingConfiguration.TargetValue",
    ),
    "group.notificationTopicArn": Field(
        "<topic 1>",
        "<topic 2>",
        *2 * (Call("autoscaling PutNotificationConfiguration", "TopicARN"),),
        "notifications.TopicARN",
    ),
    "group.tags": Field(
        {"Team": "web", "Old": "yes"},
        {"Team": "ops", "New": "yes"},
        Call("autoscaling CreateAutoScalingGroup", "Tags"),
        Call("autoscaling CreateOrUpdateTags", "Tags"),
        "group.Tags",
    ),
    "approval.at": Field(
        ["image"],
        ["image"],
        *2 * (Call("lambda Invoke", "Payload.at", "Request Approval", lambda stated: stated[0]),),
    ),
    "approval.timeout": Field(
        86401,
        86402,
        *2 * (Call("lambda Invoke", "Payload.timeout", "Request Approval"),),
    ),
    "timeouts.stop": Field(901, 902, Call("lambda Invoke", "Payload.limit", "Check Source Stopped")),
    "timeouts.snapshot": _limit(903, 904, "Check Snapshots"),
    "timeouts.image": _limit(905, 906, "Check Image"),
    "timeouts.drain": Field(907, 908, None, Call("lambda Invoke", "Payload.limit", "Check Group Drained")),
    "timeouts.rollout": Field(909, 910, None, Call("lambda Invoke", "Payload.limit", "Check Capacity")),
    "timeouts.canary": _limit(913, 914, "Check Canary"),
}
