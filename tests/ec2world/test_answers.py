"""Each answer is held against botocore's model of it, so that no test trusts what AWS never says."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from moto.core.utils import get_service_model

from ec2world.wire.answer_model import faults
from ec2world.wire.answers import XmlAnswer
from ec2world.wire.call import Request, parse_call
from ec2world.wire.responses import WorldResponse
from tests.ec2world.client import WorldClient

FORM = {"content-type": "application/x-www-form-urlencoded"}
SNAPSHOTS = """<DescribeSnapshotsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>1</requestId>
<snapshotSet><item><snapshotId>snap-1</snapshotId><volumeSize>8</volumeSize><status>pending</status>
<startTime>2026-01-01T00:00:00.000Z</startTime><encrypted>true</encrypted></item></snapshotSet>
</DescribeSnapshotsResponse>"""
GROUPS = """<DescribeAutoScalingGroupsResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/">
<DescribeAutoScalingGroupsResult><AutoScalingGroups><member><AutoScalingGroupName>g</AutoScalingGroupName>
<MinSize>0</MinSize><MaxSize>1</MaxSize><DesiredCapacity>0</DesiredCapacity><DefaultCooldown>300</DefaultCooldown>
<AvailabilityZones/><HealthCheckType>EC2</HealthCheckType><CreatedTime>2026-01-01T00:00:00Z</CreatedTime>
</member></AutoScalingGroups></DescribeAutoScalingGroupsResult>
<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></DescribeAutoScalingGroupsResponse>"""
ITEM = "DescribeSnapshots.Snapshots[0]"
GROUP = "DescribeAutoScalingGroups.AutoScalingGroups[0]"


def found(service: str, action: str, body: str) -> list[str]:
    return list(faults(get_service_model(service).operation_model(action), body))


def test_an_answer_of_aws_is_its_models() -> None:
    assert found("ec2", "DescribeSnapshots", SNAPSHOTS) == []
    assert found("autoscaling", "DescribeAutoScalingGroups", GROUPS) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("<encrypted>", "<sort>new</sort><encrypted>", f"{ITEM}: Snapshot has no sort"),
        ("<volumeSize>8", "<volumeSize>eight", f"{ITEM}.VolumeSize: 'eight' is no Integer (integer)"),
        ("<volumeSize>8", "<volumeSize><gib>8</gib>", f"{ITEM}.VolumeSize: is no integer"),
        (">pending<", ">almost<", f"{ITEM}.State: 'almost' is no SnapshotState (string)"),
        (">pending<", "><", f"{ITEM}.State: None is no SnapshotState (string)"),
        ("T00:00:00.000Z", "", f"{ITEM}.StartTime: '2026-01-01' is no "),
        (">true<", ">yes<", f"{ITEM}.Encrypted: 'yes' is no Boolean (boolean)"),
        ("<encrypted>", "<volumeSize>9</volumeSize><encrypted>", f"{ITEM}.VolumeSize: is there twice"),
        ("DescribeSnapshotsResponse", "Snapshots", "Snapshots: no answer to DescribeSnapshots"),
    ],
)
def test_what_is_not_in_the_model_is_found(old: str, new: str, said: str) -> None:
    assert old in SNAPSHOTS
    (fault,) = found("ec2", "DescribeSnapshots", SNAPSHOTS.replace(old, new))
    assert fault.startswith(said)


def test_what_the_model_requires_and_an_answer_lacks_is_found() -> None:
    lacking = GROUPS.replace("<MinSize>0</MinSize>", "")
    assert found("autoscaling", "DescribeAutoScalingGroups", lacking) == [f"{GROUP}.MinSize: is missing"]
    without = GROUPS.replace("DescribeAutoScalingGroupsResult", "Result")
    assert found("autoscaling", "DescribeAutoScalingGroups", without) == [
        "DescribeAutoScalingGroupsResponse: one DescribeAutoScalingGroupsResult is wanted"
    ]


def test_what_grows_between_two_versions_of_the_model_is_taken() -> None:
    offered = """<DescribeInstanceTypeOfferingsResponse><instanceTypeOfferingSet><item>
<instanceType>z99.nano</instanceType></item></instanceTypeOfferingSet></DescribeInstanceTypeOfferingsResponse>"""
    assert found("ec2", "DescribeInstanceTypeOfferings", offered) == []


def reads(service: str) -> Iterator[str]:
    """The actions that only look and require no parameter."""
    model = get_service_model(service)
    for action in model.operation_names:
        shape = model.operation_model(action).input_shape
        if action.startswith(("Describe", "Get", "List")) and not (shape and shape.required_members):
            yield action


def test_every_read_of_a_world_with_something_in_it_is_answered_as_its_model_says(
    world: WorldClient,
) -> None:
    source = world.seed(volumes=[{"sizeGiB": 8}, {"sizeGiB": 9}])
    world.available_image(world.snapshot_set(source["instanceId"])[0])
    world.seed(platform="windows")
    world.group()
    answered, wrong = 0, []
    for service in ("ec2", "autoscaling", "elbv2"):
        client = world.client(service)
        for action in reads(service):
            try:
                getattr(client, xform_name(action))()
                answered += 1
            except ClientError as error:
                # moto does not have all of them.
                wrong += [str(error)] if "not in its model" in str(error) else []
    assert wrong == []
    assert answered > 60


class AlmostMade(WorldResponse):
    """An answer with a state that EC2 does not have."""

    writer = XmlAnswer("ec2", {})

    def describe_snapshots(self) -> SimpleNamespace:
        return SimpleNamespace(result={"Snapshots": [{"State": "almost"}]})


def test_such_an_answer_is_an_internal_error_that_says_where(capsys: pytest.CaptureFixture[str]) -> None:
    request = Request("POST", "/", FORM, b"Action=DescribeSnapshots&Version=2016-11-15")
    call = parse_call(request, identities={}, default_region="us-east-1")
    response = AlmostMade()
    response.take(call, "123456789012")
    status, body, _ = response.answer(call, "1")
    assert (status, "InternalError" in body, ITEM in body) == (500, True, True)
    assert "'almost' is no SnapshotState" in capsys.readouterr().err
