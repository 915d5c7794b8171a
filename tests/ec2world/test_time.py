from tests.ec2world.client import SCALE, STANDING_STILL, WorldClient, name


def test_an_instance_passes_through_stopping_and_pending(world: WorldClient) -> None:
    source = world.seed()["instanceId"]
    with world.standing_still():
        assert world.instance(source)["State"]["Name"] == "running"
        world.ec2.stop_instances(InstanceIds=[source])
        assert world.instance(source)["State"]["Name"] == "stopping"
    world.until_state(source, "stopped")
    with world.standing_still():
        world.ec2.start_instances(InstanceIds=[source])
        assert world.instance(source)["State"]["Name"] == "pending"
    world.until_state(source, "running")


def test_an_image_is_pending_before_it_is_available(world: WorldClient) -> None:
    snapshot = world.snapshot_set(world.seed()["instanceId"])[0]
    with world.standing_still():
        image = world.register(snapshot)
        assert world.image(image)["State"] == "pending"
    world.until(lambda: world.image(image)["State"] == "available")


def test_members_pass_through_pending_and_terminating(world: WorldClient) -> None:
    with world.standing_still():
        group = world.group(2, settled=False)
        members = world.members(group)
        assert [one["LifecycleState"] for one in members] == ["Pending"] * 2
        assert world.instance(members[0]["InstanceId"])["State"]["Name"] == "pending"
    world.until_members(group, ["InService"] * 2)
    assert world.instance(members[0]["InstanceId"])["State"]["Name"] == "running"
    with world.standing_still():
        world.asg.update_auto_scaling_group(AutoScalingGroupName=group, MaxSize=0)
        assert [one["LifecycleState"] for one in world.members(group)] == ["Terminating"] * 2
        assert world.instance(members[0]["InstanceId"])["State"]["Name"] == "shutting-down"
    world.until_members(group, [])
    assert world.instance(members[0]["InstanceId"])["State"]["Name"] == "terminated"


def test_what_happens_while_nobody_looks_has_happened_when_somebody_does(world: WorldClient) -> None:
    group = world.group(1)
    (member,) = world.members(group)
    with world.standing_still():
        world.ec2.stop_instances(InstanceIds=[member["InstanceId"]])
    # One look, long after: stopped, found unhealthy, terminated, replaced, in service.
    world.control("PUT", "durations", {"scale": 1e-6})
    world.control("PUT", "durations", {"scale": STANDING_STILL})
    (other,) = world.members(group)
    world.control("PUT", "durations", {"scale": SCALE})
    assert other["InstanceId"] != member["InstanceId"]
    assert other["LifecycleState"] == "InService"


def test_the_table_can_be_read_and_changed(world: WorldClient) -> None:
    before = world.control("GET", "durations")
    assert before == {
        "scale": SCALE,
        "stop": 40,
        "start": 30,
        "snapshotBase": 60,
        "snapshotPerGiB": 1.2,
        "image": 30,
        "launch": 45,
        "terminate": 60,
        "target": 30,
    }
    assert world.control("PUT", "durations", {"snapshotPerGiB": 2})["snapshotPerGiB"] == 2
    world.control("PUT", "durations", before)
    for wrong in ({"stopp": 1}, {"stop": -1}, {"stop": "long"}, {"scale": 0}, [1]):
        status, answer = world.try_control("PUT", "durations", wrong)
        assert (status, "error" in answer) == (400, True), wrong
    assert world.control("GET", "durations") == before


def test_a_terminated_instance_stays_to_be_seen(world: WorldClient) -> None:
    source = world.seed(name=name("source"))["instanceId"]
    world.ec2.terminate_instances(InstanceIds=[source])
    ended = world.until_state(source, "terminated")
    assert ended["StateReason"]["Code"] == "Client.UserInitiatedShutdown"
    assert ended["BlockDeviceMappings"] == []


def test_time_can_be_skipped_by_the_second(world: WorldClient) -> None:
    with world.standing_still():
        source = world.seed(name=name("source"))["instanceId"]
        world.ec2.stop_instances(InstanceIds=[source])
        before = world.control("POST", "time", {"seconds": 39})["now"]
        assert world.instance(source)["State"]["Name"] == "stopping"
        after = world.control("POST", "time", {"seconds": 1.5})["now"]
        assert world.instance(source)["State"]["Name"] == "stopped"
    assert 1.5 <= after - before < 2
    for wrong in ({"seconds": -1}, {"seconds": "long"}, {}):
        assert world.try_control("POST", "time", wrong)[0] == 400, wrong
