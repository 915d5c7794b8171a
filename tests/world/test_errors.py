"""Errors that AWS says to wait for."""

import pytest
from botocore.exceptions import ClientError

from tests.ec2world.client import WorldClient, refused


@pytest.mark.parametrize("code", ["InsufficientInstanceCapacity", "InsufficientHostCapacity"])
def test_a_lack_of_capacity_is_an_error_of_the_server(world: WorldClient, code: str) -> None:
    source = world.seed(state="stopped")["instanceId"]
    world.faults({"service": "ec2", "action": "StartInstances", "code": code, "times": None})
    with pytest.raises(ClientError) as raised:
        world.ec2.start_instances(InstanceIds=[source])
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert world.instance(source)["State"]["Name"] == "stopped"


@pytest.mark.parametrize(
    ("service", "code", "status"),
    [
        ("ec2", "ConcurrentCreateImageNoRebootLimitExceeded", 400),
        ("ec2", "ConcurrentSnapshotLimitExceeded", 400),
        ("ec2", "ConcurrentTagAccess", 400),
        ("ec2", "InsufficientCapacityOnHost", 500),
        ("ec2", "InternalError", 500),
        ("ec2", "RequestLimitExceeded", 503),
        ("ec2", "ServiceUnavailable", 503),
        ("ec2", "Unavailable", 503),
        ("autoscaling", "LimitExceeded", 400),
        ("autoscaling", "ResourceContention", 500),
        ("autoscaling", "Throttling", 400),
    ],
)
def test_an_error_has_the_status_that_aws_gives_it(
    world: WorldClient, service: str, code: str, status: int
) -> None:
    action = {"ec2": "DescribeVpcs", "autoscaling": "DescribePolicies"}[service]
    world.faults({"service": service, "action": action, "code": code})
    with refused(code) as raised:
        (world.ec2.describe_vpcs if service == "ec2" else world.asg.describe_policies)()
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
