"""Errors that AWS says to wait for."""

import pytest
from botocore.exceptions import ClientError

from tests.ec2world.client import WorldClient


@pytest.mark.parametrize("code", ["InsufficientInstanceCapacity", "InsufficientHostCapacity"])
def test_a_lack_of_capacity_is_an_error_of_the_server(world: WorldClient, code: str) -> None:
    source = world.seed(state="stopped")["instanceId"]
    world.faults({"service": "ec2", "action": "StartInstances", "code": code, "times": None})
    with pytest.raises(ClientError) as raised:
        world.ec2.start_instances(InstanceIds=[source])
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert world.instance(source)["State"]["Name"] == "stopped"
