"""A client of both of the world's sides: AWS's APIs and the control verbs."""

import contextlib
import http.client
import itertools
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

SCALE = 0.001
STANDING_STILL = 1e6
_NAMES = itertools.count(1)


class WorldClient:
    """The world's two sides: AWS's APIs and the control verbs."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.ec2 = self.client("ec2")
        self.asg = self.client("autoscaling")

    def client(self, service: str, key: str = "ASIATESTTESTTESTTEST", **config: Any) -> Any:
        """A client that does not retry, so that each test sees the answers as they are."""
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=key,
            aws_secret_access_key="x",
            config=Config(retries={"total_max_attempts": 1, "mode": "standard"}, **config),
        )

    def control(self, method: str, verb: str, given: Any = None) -> Any:
        """A control verb's JSON; AssertionError with the world's own words where it refuses."""
        status, answer = self.try_control(method, verb, given)
        assert status == 200, answer
        return answer

    def try_control(self, method: str, verb: str, given: Any = None) -> tuple[int, Any]:
        """A control verb's status and JSON."""
        body = None if given is None else json.dumps(given).encode()
        connection = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=120)
        with contextlib.closing(connection):
            connection.request(method, f"/_sandbox/{verb}", body)
            answer = connection.getresponse()
            return answer.status, json.load(answer)

    def seed(self, **wanted: Any) -> dict[str, Any]:
        """A source."""
        answer: dict[str, Any] = self.control("POST", "seed", wanted)
        return answer

    def faults(self, *rules: dict[str, Any]) -> None:
        """These rules, and no others."""
        self.control("PUT", "faults", list(rules))

    def calls(self) -> list[dict[str, Any]]:
        """The record."""
        answer: list[dict[str, Any]] = self.control("GET", "calls")
        return answer

    @contextlib.contextmanager
    def standing_still(self) -> Iterator[None]:
        """No virtual time passes meanwhile."""
        self.control("PUT", "durations", {"scale": STANDING_STILL})
        try:
            yield
        finally:
            self.control("PUT", "durations", {"scale": SCALE})

    def pass_time(self, seconds: float) -> None:
        """Let at least so many virtual seconds pass while time stands still."""
        self.control("PUT", "durations", {"scale": 0.02 / seconds})
        time.sleep(0.02)
        self.control("PUT", "durations", {"scale": STANDING_STILL})

    def skip_time(self, seconds: float) -> None:
        """Let just so many virtual seconds pass at once, beside those that pass anyway."""
        self.control("POST", "time", {"seconds": seconds})

    def until(self, look: Callable[[], Any], seconds: float = 120) -> Any:
        """What `look` answers once it answers something; fails after so many real seconds."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if found := look():
                return found
            time.sleep(0.005)
        raise AssertionError(f"not within {seconds} s")

    def instance(self, instance_id: str) -> dict[str, Any]:
        """An instance as DescribeInstances shows it."""
        found = self.ec2.describe_instances(InstanceIds=[instance_id])
        instance: dict[str, Any] = found["Reservations"][0]["Instances"][0]
        return instance

    def until_state(self, instance_id: str, state: str) -> dict[str, Any]:
        """The instance, once it is in that state."""
        self.until(lambda: self.instance(instance_id)["State"]["Name"] == state)
        return self.instance(instance_id)

    def snapshot_set(self, instance_id: str, **more: Any) -> list[str]:
        """The ids of a completed set of snapshots."""
        made = self.ec2.create_snapshots(InstanceSpecification={"InstanceId": instance_id}, **more)
        ids = [one["SnapshotId"] for one in made["Snapshots"]]
        self.until(lambda: all(one["State"] == "completed" for one in self.snapshots(ids)))
        return ids

    def snapshots(self, ids: list[str]) -> list[dict[str, Any]]:
        """Snapshots as DescribeSnapshots shows them."""
        found: list[dict[str, Any]] = self.ec2.describe_snapshots(SnapshotIds=ids)["Snapshots"]
        return found

    def image(self, image_id: str) -> dict[str, Any]:
        """An image as DescribeImages shows it."""
        image: dict[str, Any] = self.ec2.describe_images(ImageIds=[image_id])["Images"][0]
        return image

    def attach_volume(self, source: dict[str, Any]) -> str:
        """The id of a new volume that is attached by hand to a seeded instance, as /dev/sdz."""
        zone = source["availabilityZone"]
        volume: str = self.ec2.create_volume(AvailabilityZone=zone, Size=5, VolumeType="gp3")["VolumeId"]
        self.ec2.attach_volume(VolumeId=volume, InstanceId=source["instanceId"], Device="/dev/sdz")
        return volume

    def register(self, snapshot_id: str, **more: Any) -> str:
        """The id of a new image of one snapshot."""
        stated = {
            "Name": name("image"),
            "Architecture": "x86_64",
            "VirtualizationType": "hvm",
            "EnaSupport": True,
            "RootDeviceName": "/dev/sda1",
            "BlockDeviceMappings": [{"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": snapshot_id}}],
        }
        image_id: str = self.ec2.register_image(**{**stated, **more})["ImageId"]
        return image_id

    def available_image(self, snapshot_id: str, **more: Any) -> str:
        """The same, once it is available."""
        image_id = self.register(snapshot_id, **more)
        self.until(lambda: self.image(image_id)["State"] == "available")
        return image_id

    def subnet(self, zone: str = "us-east-1a") -> str:
        """A default subnet's id."""
        found = self.ec2.describe_subnets(Filters=[{"Name": "availability-zone", "Values": [zone]}])
        subnet_id: str = next(one["SubnetId"] for one in found["Subnets"] if one["DefaultForAz"])
        return subnet_id

    def network(self) -> tuple[str, str]:
        """A new VPC's id, and that of a subnet in it."""
        vpc = self.ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
        subnet = self.ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/24", AvailabilityZone="us-east-1a")
        return vpc, subnet["Subnet"]["SubnetId"]

    def template(self, **data: Any) -> str:
        """The name of a new launch template of a public image."""
        chosen = name("template")
        stated = {"ImageId": "ami-12c6146b", "InstanceType": "t3.small"}
        self.ec2.create_launch_template(LaunchTemplateName=chosen, LaunchTemplateData={**stated, **data})
        return chosen

    def group(self, size: int = 1, *, settled: bool = True, **more: Any) -> str:
        """The name of a new group, settled in service unless told otherwise."""
        chosen = name("group")
        template = more.pop("template", None) or self.template()
        stated = {
            "MinSize": 0,
            "MaxSize": 10,
            "DesiredCapacity": size,
            "LaunchTemplate": {"LaunchTemplateName": template, "Version": "1"},
            "AvailabilityZones": ["us-east-1a"],
        }
        self.asg.create_auto_scaling_group(AutoScalingGroupName=chosen, **{**stated, **more})
        if settled:
            self.until_members(chosen, ["InService"] * size)
        return chosen

    def described(self, group: str) -> dict[str, Any] | None:
        """A group as DescribeAutoScalingGroups shows it, if it does."""
        found = self.asg.describe_auto_scaling_groups(AutoScalingGroupNames=[group])["AutoScalingGroups"]
        return found[0] if found else None

    def members(self, group: str) -> list[dict[str, Any]]:
        """A group's members."""
        described = self.described(group)
        return described["Instances"] if described else []

    def until_members(self, group: str, states: list[str]) -> list[dict[str, Any]]:
        """A group's members, once they are in these states."""
        self.until(lambda: sorted(one["LifecycleState"] for one in self.members(group)) == sorted(states))
        return self.members(group)


def ids(members: list[dict[str, Any]]) -> list[str]:
    """The instances of a group's members."""
    return sorted(one["InstanceId"] for one in members)


def deletion_flags(described: dict[str, Any]) -> dict[str, bool]:
    """The DeleteOnTermination of each volume of an instance or an image, by its device."""
    return {
        one["DeviceName"]: one["Ebs"]["DeleteOnTermination"]
        for one in described["BlockDeviceMappings"]
        if "Ebs" in one
    }


def name(kind: str) -> str:
    """A name that nothing else in the session has."""
    return f"{kind}-{next(_NAMES)}"


@contextlib.contextmanager
def refused(code: str) -> Iterator[Any]:
    """Expect an AWS error of that code."""
    with pytest.raises(ClientError) as raised:
        yield raised
    assert raised.value.response["Error"]["Code"] == code, raised.value
