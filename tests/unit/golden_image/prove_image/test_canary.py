from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from golden_image.errors import CanaryFailed, CanaryTimedOut, NotYetVisible, RequestRefused, RunSettled
from golden_image.group.findings import Findings
from golden_image.model.document import Canary
from golden_image.model.launch_template import LaunchTemplate
from golden_image.model.made import Made
from golden_image.prove_image import canary, checks, ending, found, look_up
from golden_image.run import ledger, request
from tests.unit.account import RUN, noted

if TYPE_CHECKING:
    from tests.unit.account import Account

pytestmark = pytest.mark.usefixtures("row")
SOURCE = "i-0123456789abcdef0"
FULL = {"service": "ec2", "action": "RunInstances", "code": "InsufficientInstanceCapacity"}


@pytest.fixture
def template(account: Account) -> LaunchTemplate:
    """A version of an image with a volume that stays, and of instances that are protected."""
    image_of = account.client("ec2").describe_instances(InstanceIds=[account.seed()])
    image = image_of["Reservations"][0]["Instances"][0]["ImageId"]
    stays = {"DeviceName": "/dev/sdz", "Ebs": {"VolumeSize": 1, "DeleteOnTermination": False}}
    data: Any = {
        "ImageId": image,
        "InstanceType": "t3.small",
        "DisableApiTermination": True,
        "BlockDeviceMappings": [stays],
    }
    made = account.client("ec2").create_launch_template(LaunchTemplateName="web", LaunchTemplateData=data)
    account.forget_calls()
    return LaunchTemplate(made["LaunchTemplate"]["LaunchTemplateId"], "web", 1)


def launch(account: Account, template: LaunchTemplate) -> str:
    return canary.launch(RUN, SOURCE, template, account.subnets()[:2])


def end() -> list[str]:
    return ending.end(RUN, noted(RUN))


def test_a_canary_is_launched_from_the_version_and_nothing_protects_it(
    account: Account, template: LaunchTemplate
) -> None:
    instance_id = launch(account, template)
    (call,) = account.calls("RunInstances")
    assert call["LaunchTemplate"] == {"LaunchTemplateId": template.id, "Version": "1"}
    assert (call["SubnetId"], call["DisableApiTermination"]) == (account.subnets()[0], False)
    marked = {one["ResourceType"]: {tag["Key"] for tag in one["Tags"]} for one in call["TagSpecifications"]}
    assert marked.keys() == {"instance", "volume", "network-interface"}
    assert all({"golden-image:run", "golden-image:canary"} <= keys for keys in marked.values())
    made = noted(RUN)
    assert (made.canaries, made.canary_subnets) == ({instance_id}, {account.subnets()[0]})


def test_a_retry_finds_the_canary_in_the_subnet_that_was_noted_last(
    account: Account, template: LaunchTemplate
) -> None:
    first, second = account.subnets()[:2]
    account.faults(
        FULL | {"contains": first}, {**FULL, "contains": second, "when": "after", "effect": "drop"}
    )
    with pytest.raises(Exception, match=r"Connection|closed"):
        launch(account, template)
    instance_id = launch(account, template)
    assert [call["SubnetId"] for call in account.calls("RunInstances")] == [first, second, second]
    assert {one["InstanceId"] for one in found.instances(RUN, noted(RUN))} == {instance_id}


def test_a_launch_that_every_subnet_refuses_says_why(account: Account, template: LaunchTemplate) -> None:
    account.faults(FULL | {"message": "none here", "times": None})
    with pytest.raises(CanaryFailed, match="InsufficientInstanceCapacity: none here") as failed:
        launch(account, template)
    assert "The group was not touched" in str(failed.value)
    assert end() == []


def test_no_canary_is_launched_for_a_run_that_is_being_undone(
    account: Account, template: LaunchTemplate
) -> None:
    assert ledger.claim_undo(RUN)
    with pytest.raises(RunSettled):
        launch(account, template)
    assert account.calls("RunInstances") == []


def test_a_canary_that_was_terminated_is_not_launched_again(
    account: Account, template: LaunchTemplate
) -> None:
    launch(account, template)
    end()
    with pytest.raises(CanaryFailed, match="terminated before the answer"):
        launch(account, template)


def test_a_canary_is_ended_with_the_volume_that_outlives_it(
    account: Account, template: LaunchTemplate
) -> None:
    instance_id = launch(account, template)
    volumes = found.volumes(next(found.instances(RUN, noted(RUN))))
    assert end() != []
    assert account.state(instance_id) == "terminated"
    for _ in range(2):
        left = end()
    assert left == []
    there = account.client("ec2").describe_volumes()["Volumes"]
    assert volumes & {one["VolumeId"] for one in there} == set()


def test_a_canary_is_ended_by_its_id_where_no_read_shows_it(
    account: Account, template: LaunchTemplate
) -> None:
    instance_id = launch(account, template)
    hidden = Made(canaries=frozenset({instance_id}))
    assert ending.end(RUN, hidden) == [instance_id]
    assert account.state(instance_id) == "terminated"
    assert ending.end(RUN, Made(canaries=frozenset({"i-0fedcba9876543210"}))) == []


def test_a_volume_that_somebody_has_attached_to_a_canary_stays(
    account: Account, template: LaunchTemplate
) -> None:
    instance_id, ec2 = launch(account, template), account.client("ec2")
    zone = ec2.describe_subnets(SubnetIds=account.subnets()[:1])["Subnets"][0]["AvailabilityZone"]
    theirs = ec2.create_volume(AvailabilityZone=zone, Size=1)["VolumeId"]
    ec2.attach_volume(VolumeId=theirs, InstanceId=instance_id, Device="/dev/sdy")
    for _ in range(3):
        left = end()
    assert left == []
    assert ec2.describe_volumes(VolumeIds=[theirs])["Volumes"][0]["State"] == "available"


def test_what_may_not_be_ended_names_the_command(account: Account, template: LaunchTemplate) -> None:
    instance_id = launch(account, template)
    account.faults({"service": "ec2", "action": "TerminateInstances", "code": "UnauthorizedOperation"})
    with pytest.raises(RequestRefused, match=f"terminate-instances --instance-ids {instance_id}"):
        end()


def test_a_canary_is_proven_once_all_of_its_checks_are_ok(account: Account, template: LaunchTemplate) -> None:
    instance_id = launch(account, template)
    proven = checks.check(RUN, instance_id, 0, 1800)
    assert (proven.done, proven.progress) == (True, "all status checks are ok")
    assert noted(RUN).canary_volumes == found.volumes(next(found.instances(RUN, noted(RUN))))
    account.world.scene.failing_checks.add(("id", instance_id, "attachedEbs"))
    with pytest.raises(CanaryFailed, match="the attached EBS status check") as failed:
        checks.check(RUN, instance_id, 0, 1800)
    assert f"{instance_id} login:" in str(failed.value)
    end()
    with pytest.raises(CanaryFailed, match=r"is terminated: .*User initiated"):
        checks.check(RUN, instance_id, 0, 1800)


def test_a_canary_that_failed_is_told_without_a_console_that_nobody_can_redact(
    account: Account, template: LaunchTemplate
) -> None:
    instance_id = launch(account, template)
    account.world.scene.failing_checks.add(("id", instance_id, "system"))
    refused = {"service": "ec2", "action": "DescribeInstanceAttribute", "code": "IncorrectInstanceState"}
    account.faults({**refused, "times": None})
    with pytest.raises(CanaryFailed, match=r"system status check .* is impaired.* is not told"):
        checks.check(RUN, instance_id, 0, 1800)


def test_a_version_that_is_not_known_everywhere_yet_is_waited_for(
    account: Account, template: LaunchTemplate
) -> None:
    unknown = {"service": "ec2", "action": "DescribeLaunchTemplateVersions", "times": 1}
    for code in ("InvalidLaunchTemplateId.VersionNotFound", "InvalidLaunchTemplateId.NotFound"):
        account.faults({**unknown, "code": code})
        with pytest.raises(NotYetVisible):
            launch(account, template)
    assert launch(account, template).startswith("i-")


def test_checks_of_a_canary_that_is_not_known_everywhere_yet_are_waited_for(
    account: Account, template: LaunchTemplate
) -> None:
    instance_id = launch(account, template)
    unknown = {"service": "ec2", "action": "DescribeInstanceStatus", "code": "InvalidInstanceID.NotFound"}
    account.faults(unknown)
    assert not checks.check(RUN, instance_id, 0, 1800).done
    assert checks.check(RUN, instance_id, 0, 1800).done


def test_a_canary_that_is_not_seen_is_waited_for_and_then_missed(account: Account) -> None:
    assert account.calls("RunInstances") == []
    assert checks.check(RUN, "i-0fedcba9876543210", 0, 1800).progress == "not visible yet"
    with pytest.raises(CanaryTimedOut, match="not visible yet after 200 s"):
        checks.check(RUN, "i-0fedcba9876543210", 200, 200)
    with pytest.raises(CanaryFailed, match="has disappeared"):
        checks.check(RUN, "i-0fedcba9876543210", 301, 1800)


@pytest.mark.parametrize(
    ("data", "problem", "warning"),
    [
        ({"InstanceMarketOptions": {"MarketType": "spot"}}, None, "Spot Instance"),
        (
            {
                "InstanceMarketOptions": {
                    "MarketType": "spot",
                    "SpotOptions": {"SpotInstanceType": "persistent"},
                }
            },
            "persistent Spot request, which launches another instance whenever the canary is terminated",
            None,
        ),
        ({"InstanceMarketOptions": {"MarketType": "capacity-block"}}, "capacity-block", None),
        (
            {
                "CapacityReservationSpecification": {
                    "CapacityReservationTarget": {"CapacityReservationId": "cr-1"}
                }
            },
            "Capacity Reservation cr-1",
            None,
        ),
        ({"CapacityReservationSpecification": {"CapacityReservationPreference": "open"}}, None, None),
    ],
)
def test_capacity_that_the_group_may_need_is_refused(
    account: Account, data: dict[str, Any], problem: str | None, warning: str | None
) -> None:
    source_id = account.seed()
    asked = request.parse({"sourceInstanceId": source_id, "autoScalingGroupName": "web"})
    plan = account.plan(source_id)
    findings = Findings(asked, None, lambda _: None)
    planned = replace(plan.launch_template, data={**plan.launch_template.data, **data})
    look_up.look_up(Canary(), planned, plan.source.platform, findings)
    assert [problem in one.message for one in findings.problems if problem] == [True] * bool(problem)
    assert [warning in one for one in findings.warnings if warning] == [True] * bool(warning)
