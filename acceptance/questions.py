"""The questions behind the rows of "Not yet seen on AWS" that need calls of their own, small ones.

Each answers a finding: whether AWS does as the code assumes, and what was seen. A refusal for another reason
is no yes. None costs more than the snapshot of an image for some minutes. What they make has the tags or the
name that removal.py looks for.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from acceptance.evidence import DIFFERENT, YES, Evidence, Finding
from acceptance.names import STACK_TAG
from golden_image import aws
from golden_image.errors import NotYetVisible, ResourceBusy
from golden_image.group.visibility import raise_if_new
from golden_image.model.launch_template import LaunchTemplate

if TYPE_CHECKING:
    from collections.abc import Callable

_IMAGE_SECONDS = 900
_SNAPSHOT_SECONDS = 60
_NOBODYS_VERSION = "99"


def _refusal(call: Callable[[], Any]) -> ClientError | None:
    try:
        call()
    except ClientError as error:
        return error
    return None


def _tag(found: Evidence) -> list[dict[str, str]]:
    """The tag of what runs make, which goes with the probes too."""
    return [{"Key": STACK_TAG, "Value": found.stack.name}]


def _words(error: ClientError | None) -> str:
    return (
        f"{error.response['Error']['Code']}: {error.response['Error'].get('Message')}"
        if error
        else "accepted"
    )


def _about(error: ClientError | None, code: str, *words: str) -> bool:
    """Whether it is a refusal with this code, and its message has one of the words."""
    if error is None or aws.code(error) != code:
        return False
    text = error.response["Error"].get("Message", "").lower()
    return any(word in text for word in words)


def _recognized(error: ClientError | None) -> type[Exception] | None:
    """For what the product takes a refusal of Auto Scaling's; None where it is not of something new."""
    if error is None or aws.code(error) in aws.DENIED:
        return None
    try:
        raise_if_new(error, LaunchTemplate("lt-0", "", int(_NOBODYS_VERSION)))
    except (NotYetVisible, ResourceBusy) as recognized:
        return type(recognized)
    return None


def _known(code: str, call: Callable[[], list[Any]]) -> list[Any]:
    """What a call lists; nothing where AWS does not know it yet, and says so with this code."""
    try:
        return call()
    except ClientError as error:
        if aws.code(error) != code:
            raise
        return []


def target_group(found: Evidence) -> Finding:
    """The words for a target group that does not exist."""
    balancing = f"arn:{found.account.partition}:elasticloadbalancing:{found.account.region}"
    arn = f"{balancing}:{found.account.number}:targetgroup/{found.stack.name[-8:]}/0123456789abcdef"
    error = _refusal(
        lambda: found.account.aws("autoscaling").attach_load_balancer_target_groups(
            AutoScalingGroupName=found.group, TargetGroupARNs=[arn]
        )
    )
    as_said = _about(error, "ValidationError", "target group")
    return Finding(YES if as_said else DIFFERENT, f"{_words(error)}; warm pools were not asked")


def created_image(found: Evidence) -> Finding:
    """When a pending image of CreateImage shows its snapshots, and how these are described."""
    ec2, source = found.account.aws("ec2"), found.sources["linux"]
    made = ec2.create_image(
        InstanceId=source,
        Name=f"{found.stack.name}-probe",
        NoReboot=True,
        TagSpecifications=[{"ResourceType": one, "Tags": _tag(found)} for one in ("image", "snapshot")],
    )["ImageId"]
    began, states = time.monotonic(), []
    snapshots: list[str] = []
    descriptions: list[str] = []

    def shown() -> bool:
        images = _known("InvalidAMIID.NotFound", lambda: ec2.describe_images(ImageIds=[made])["Images"])
        for image in images:
            states.append(image["State"])
            ebs = [one["Ebs"] for one in image.get("BlockDeviceMappings", []) if "Ebs" in one]
            snapshots[:] = [one["SnapshotId"] for one in ebs if one.get("SnapshotId")]
        return bool(snapshots)

    def described() -> bool:
        asked = {"SnapshotIds": snapshots}
        listed = _known("InvalidSnapshot.NotFound", lambda: ec2.describe_snapshots(**asked)["Snapshots"])
        descriptions[:] = [one["Description"] for one in listed]
        return bool(descriptions)

    found.account.until(shown, _IMAGE_SECONDS, "the snapshots of an image of CreateImage")
    seconds = (time.monotonic() - began) / found.account.pace
    found.account.until(described, _SNAPSHOT_SECONDS, "the descriptions of these snapshots")
    as_said = descriptions[0].startswith(f"Created by CreateImage({source}) for {made}")
    seen = f"shown after {seconds:.0f} s, image {states[-1]}; described as '{descriptions[0]}'"
    return Finding(YES if as_said else DIFFERENT, seen)


def uefi(found: Evidence) -> Finding:
    """Whether a UEFI source has a variable store, and its copy boots."""
    data = found.account.aws("ec2").get_instance_uefi_data(InstanceId=found.sources["ubuntu"])["UefiData"]
    seen = f"a store of {len(data)} characters; a copy of the source came into service. Not asked: no ENA"
    return found.agreed("api", seen)


def foreign_topic(found: Evidence) -> Finding:
    """The answer of PutNotificationConfiguration for a topic of another Region."""
    region = "us-west-2" if found.account.region != "us-west-2" else "us-east-1"
    arn = f"arn:{found.account.partition}:sns:{region}:{found.account.number}:{found.stack.name}"
    error = _refusal(
        lambda: found.account.aws("autoscaling").put_notification_configuration(
            AutoScalingGroupName=found.group,
            TopicARN=arn,
            NotificationTypes=["autoscaling:EC2_INSTANCE_LAUNCH_ERROR"],
        )
    )
    as_said = _about(error, "ValidationError", "topic", "publish")
    seen = f"of another Region: {_words(error)}; of another account: not asked"
    return Finding(YES if as_said else DIFFERENT, seen)


def unknown_profile(found: Evidence) -> Finding:
    """The words for an instance profile that Auto Scaling does not know, and whether the code knows them."""
    name = f"{found.stack.name}-profile"
    data = {"ImageId": found.image, "InstanceType": "t4g.nano", "IamInstanceProfile": {"Name": name}}
    spec = [{"ResourceType": "launch-template", "Tags": _tag(found)}]
    found.account.aws("ec2").create_launch_template(
        LaunchTemplateName=name, LaunchTemplateData=data, TagSpecifications=spec
    )
    error = _refusal(
        lambda: found.account.aws("autoscaling").update_auto_scaling_group(
            AutoScalingGroupName=found.group,
            LaunchTemplate={"LaunchTemplateName": name, "Version": "1"},
        )
    )
    return Finding(YES if _recognized(error) is ResourceBusy else DIFFERENT, _words(error))


def image_parameter(found: Evidence) -> Finding:
    """How long SSM takes to check a parameter of the type aws:ec2:image."""
    ssm, name = found.account.aws("ssm"), f"/golden-image/{found.stack.name}/probe"
    ssm.put_parameter(Name=name, Type="String", DataType="aws:ec2:image", Value=found.image)
    began = time.monotonic()

    def shown() -> bool:
        return not ssm.get_parameters(Names=[name])["InvalidParameters"]

    found.account.until(shown, 300, "the parameter of an image")
    seconds = (time.monotonic() - began) / found.account.pace
    return Finding(YES, f"answered at once, shown after {seconds:.0f} s")


def body_not_in_utf8(found: Evidence) -> Finding:
    """What the API answers to a body that is not in UTF-8."""
    body = b'{"sourceInstanceId": "\xff"}'
    status, answer = found.account.call_api(found.stack.outputs["ApiUrl"], "POST", "/refreshes", body)
    as_said = status == 400 and "U+FFFD" in str(answer)
    return Finding(YES if as_said else DIFFERENT, f"{status} {answer}")


def group_of_any_name(found: Evidence) -> Finding:
    """Which group the API takes from a path with an encoded slash and percent sign."""
    path = "/groups/a%2Fb%2050%25/generations"
    status, answer = found.account.call_api(found.stack.outputs["ApiUrl"], "GET", path)
    understood = status == 404 and "'a/b 50%'" in str(answer)
    return Finding(YES if understood else DIFFERENT, f"{status} {answer}")


def new_tags(found: Evidence) -> Finding:
    """How often a run had to wait for a new version or its tags, and the words for an unknown version."""
    waits: Counter[str] = sum((one.errors for one in found.outcomes), Counter())
    error = _refusal(
        lambda: found.account.aws("autoscaling").update_auto_scaling_group(
            AutoScalingGroupName=found.group,
            LaunchTemplate={"LaunchTemplateName": found.group, "Version": _NOBODYS_VERSION},
        )
    )
    seen = f"NotYetVisible {waits['NotYetVisible']} times in {len(found.outcomes)} runs; {_words(error)}"
    return Finding(YES if _recognized(error) is NotYetVisible else DIFFERENT, seen)


def launch_template_data(found: Evidence) -> Finding:
    """What GetLaunchTemplateData answers for each kind of source."""
    ec2, seen = found.account.aws("ec2"), []
    for kind, source in found.sources.items():
        data = ec2.get_launch_template_data(InstanceId=source)["LaunchTemplateData"]
        seen.append(f"{kind}: {', '.join(sorted(data))}")
    return Finding(YES, "; ".join(seen))


def dry_run_of_a_lost_version(found: Evidence) -> Finding:
    """The codes of a dry run for a version that is not there."""
    error = _refusal(
        lambda: found.account.aws("ec2").run_instances(
            DryRun=True,
            MinCount=1,
            MaxCount=1,
            LaunchTemplate={"LaunchTemplateName": found.group, "Version": _NOBODYS_VERSION},
        )
    )
    as_said = error is not None and aws.code(error) == aws.NO_VERSION
    return Finding(YES if as_said else DIFFERENT, f"{_words(error)}; a disabled image was not asked")
