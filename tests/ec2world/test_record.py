import http.client
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.ec2world.client import WorldClient, name, refused
from tests.ec2world.conftest import url_of, world_process


def last(world: WorldClient, action: str) -> dict[str, Any]:
    return [one for one in world.calls() if one["action"] == action][-1]


def test_every_call_is_recorded_with_its_parameters_and_outcome(world: WorldClient) -> None:
    run = name("run")
    tags = [{"ResourceType": "snapshot", "Tags": [{"Key": "golden-image:run", "Value": run}]}]
    arguments = {"InstanceSpecification": {"InstanceId": "i-00000000000000000"}, "TagSpecifications": tags}
    with refused("InvalidInstanceID.NotFound") as raised:
        world.ec2.create_snapshots(**arguments)
    call = last(world, "CreateSnapshots")
    assert call["params"] == arguments
    assert (call["service"], call["status"], call["code"]) == ("ec2", 400, "InvalidInstanceID.NotFound")
    assert call["requestId"] == raised.value.response["ResponseMetadata"]["RequestId"]
    assert call["at"].endswith("+00:00")
    world.asg.describe_auto_scaling_groups(AutoScalingGroupNames=["a", "b"])
    call = last(world, "DescribeAutoScalingGroups")
    assert (call["params"], call["status"], call["code"]) == (
        {"AutoScalingGroupNames": ["a", "b"]},
        200,
        None,
    )


def test_the_record_can_be_read_on_and_cleared(world: WorldClient) -> None:
    world.ec2.describe_vpcs()
    number = world.calls()[-1]["n"]
    world.ec2.describe_subnets()
    (newer,) = world.control("GET", f"calls?since={number + 1}")
    assert (newer["n"], newer["action"]) == (number + 1, "DescribeSubnets")
    world.control("DELETE", "calls")
    assert world.calls() == []
    world.ec2.describe_vpcs()
    assert [one["n"] for one in world.calls()] == [number + 2]


def test_the_role_is_who_called(world: WorldClient) -> None:
    world.control("PUT", "identities", {"ASIASTOPSOURCE000000": "StopSourceFunction"})
    world.client("ec2", "ASIASTOPSOURCE000000").describe_vpcs()
    assert last(world, "DescribeVpcs")["role"] == "StopSourceFunction"
    world.client("ec2", user_agent_appid="golden-image").describe_vpcs()
    assert last(world, "DescribeVpcs")["role"] == "golden-image"
    world.ec2.describe_vpcs()
    assert last(world, "DescribeVpcs")["role"] == "ASIATESTTESTTESTTEST"


def test_other_services_of_motos_are_served_and_recorded(world: WorldClient) -> None:
    kms = world.client("kms")
    key = kms.create_key(Description="data")["KeyMetadata"]["KeyId"]
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["Description"] == "data"
    assert kms.list_grants(KeyId=key)["Grants"] == []
    call = last(world, "DescribeKey")
    assert (call["service"], call["params"], call["status"]) == ("kms", {"KeyId": key}, 200)
    iam = world.client("iam")
    iam.create_instance_profile(InstanceProfileName=name("profile"))
    assert iam.list_instance_profiles()["InstanceProfiles"]


def test_other_services_have_faults_in_their_own_shape(world: WorldClient) -> None:
    world.faults(
        {"service": "kms", "action": "DescribeKey", "effect": "error", "code": "KMSInternalException"}
    )
    with refused("KMSInternalException"):
        world.client("kms").describe_key(KeyId="k")


def test_a_wrong_action_and_a_wrong_verb_are_refused(world: WorldClient) -> None:
    with refused("InvalidAction"):
        world.ec2.describe_ipam_pools()
    connection = http.client.HTTPConnection(world.url.removeprefix("http://"), timeout=120)
    form = "Action=DescribeInstances&Version=2016-11-15&MaxResults=many"
    connection.request("POST", "/", form, {"Content-Type": "application/x-www-form-urlencoded"})
    answer = connection.getresponse()
    assert (answer.status, b"MalformedQueryString" in answer.read()) == (400, True)
    connection.close()
    status, answer = world.try_control("POST", "nothing")
    assert (status, "GET calls" in answer["error"]) == (404, True)


def test_a_hundred_callers_at_once_are_all_answered(world: WorldClient) -> None:
    sources = [world.seed()["instanceId"] for _ in range(20)]

    def churn(source: str) -> list[str]:
        world.ec2.stop_instances(InstanceIds=[source])
        made = world.ec2.create_snapshots(InstanceSpecification={"InstanceId": source})["Snapshots"]
        world.ec2.describe_instances(InstanceIds=[source])
        return [one["SnapshotId"] for one in made]

    with ThreadPoolExecutor(max_workers=20) as pool:
        made = [one for some in pool.map(churn, sources) for one in some]
    assert len(set(made)) == 40
    for source in sources:
        world.until_state(source, "stopped")


def test_reset_brings_back_the_beginning() -> None:
    with world_process("--scale", "0.01", "--region", "ap-northeast-2") as process:
        world = WorldClient(url_of(process))
        source = world.seed()
        assert source["availabilityZone"].startswith("ap-northeast-2")
        world.faults({"service": "ec2", "action": "DescribeVpcs", "effect": "error", "code": "InternalError"})
        world.control("POST", "reset")
        assert world.calls() == []
        assert world.control("GET", "faults") == []
        assert world.control("GET", "durations")["scale"] == 0.01
        with refused("InvalidInstanceID.NotFound"):
            world.instance(source["instanceId"])
        assert world.seed()["instanceId"] != source["instanceId"]
