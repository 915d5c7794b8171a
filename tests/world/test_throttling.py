"""EC2's and Auto Scaling's token buckets."""

import pytest
from botocore.exceptions import ClientError

from tests.ec2world.client import STANDING_STILL, WorldClient, refused


def test_the_token_buckets_refuse_and_refill(world: WorldClient) -> None:
    source = world.seed()["instanceId"]
    world.control("PUT", "throttle", {"enabled": True})
    with world.standing_still():
        for _ in range(5):
            world.ec2.start_instances(InstanceIds=[source])
        with refused("RequestLimitExceeded") as raised:
            world.ec2.start_instances(InstanceIds=[source])
        assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
        assert world.control("GET", "throttle") == {"enabled": True, "refused": 1}
        world.control("PUT", "durations", {"scale": 1e-5})
        world.control("PUT", "durations", {"scale": STANDING_STILL})
        world.ec2.start_instances(InstanceIds=[source])
        for _ in range(100):
            world.asg.describe_policies()
        with refused("Throttling"):
            world.asg.describe_policies()


def test_reads_without_filter_or_page_have_a_smaller_bucket(world: WorldClient) -> None:
    source = world.seed()["instanceId"]
    world.control("PUT", "throttle", {"enabled": True})
    with world.standing_still():
        for _ in range(50):
            world.instance(source)
        with refused("RequestLimitExceeded"):
            world.instance(source)
        world.ec2.describe_instances(Filters=[{"Name": "instance-id", "Values": [source]}])
    for wrong in ({}, {"enabled": "yes"}, None):
        assert world.try_control("PUT", "throttle", wrong)[0] == 400


@pytest.mark.parametrize(
    ("call", "tokens"),
    [("create_tags", 100), ("delete_snapshot", 100), ("register_image", 50), ("stop_instances", 50)],
)
def test_a_call_has_a_bucket_of_its_size(world: WorldClient, call: str, tokens: int) -> None:
    source = world.seed()["instanceId"]
    arguments = {
        "create_tags": {"Resources": [source], "Tags": [{"Key": "k", "Value": "v"}]},
        "delete_snapshot": {"SnapshotId": "snap-00000000000000000"},
        "register_image": {"Name": "web"},
        "stop_instances": {"InstanceIds": [source]},
    }[call]
    world.control("PUT", "throttle", {"enabled": True})
    codes = []
    with world.standing_still():
        for _ in range(tokens + 1):
            with pytest.raises(ClientError) as raised:
                getattr(world.ec2, call)(**arguments, DryRun=True)
            codes.append(raised.value.response["Error"]["Code"])
    assert codes == ["DryRunOperation"] * tokens + ["RequestLimitExceeded"]
