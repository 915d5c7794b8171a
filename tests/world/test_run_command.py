"""Run Command of Systems Manager: managed instances, documents, commands and their ends."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.ec2world.client import WorldClient, name, refused

SHELL = "AWS-RunShellScript"


def managed(world: WorldClient) -> str:
    instance_id: str = world.seed(instanceProfile="managed")["instanceId"]
    return instance_id


def send(world: WorldClient, instance_id: str, document: str = SHELL, **more: Any) -> str:
    stated = {"Parameters": {"commands": ["true"]}} if document == SHELL else {}
    sent = world.client("ssm").send_command(
        InstanceIds=[instance_id], DocumentName=document, **{**stated, **more}
    )
    command_id: str = sent["Command"]["CommandId"]
    return command_id


def invocation(world: WorldClient, command_id: str) -> dict[str, Any]:
    found = world.client("ssm").list_command_invocations(CommandId=command_id, Details=True)
    shown: dict[str, Any] = next(iter(found["CommandInvocations"]), {})
    return shown


def until_status(world: WorldClient, command_id: str, *statuses: str) -> dict[str, Any]:
    world.until(lambda: invocation(world, command_id).get("Status") in statuses)
    return invocation(world, command_id)


def document(world: WorldClient, *steps: str, **parameters: Any) -> str:
    chosen = name("document")
    content = {
        "schemaVersion": "2.2",
        "parameters": parameters,
        "mainSteps": [{"action": "aws:runShellScript", "name": one, "inputs": {}} for one in steps],
    }
    world.client("ssm").create_document(Name=chosen, DocumentType="Command", Content=json.dumps(content))
    return chosen


def ping(world: WorldClient, instance_id: str) -> list[str]:
    wanted = [{"Key": "InstanceIds", "Values": [instance_id]}]
    found = world.client("ssm").describe_instance_information(Filters=wanted)["InstanceInformationList"]
    return [one["PingStatus"] for one in found]


def test_an_instance_that_is_not_managed_or_stopped_takes_no_command(world: WorldClient) -> None:
    stopped = world.seed(instanceProfile="managed", state="stopped")["instanceId"]
    for instance_id in (stopped, world.seed()["instanceId"], "i-0123456789abcdef0"):
        with refused("InvalidInstanceId"):
            send(world, instance_id)


def test_an_instance_is_managed_some_time_after_it_has_started(world: WorldClient) -> None:
    instance_id = world.seed(instanceProfile="managed", state="stopped")["instanceId"]
    assert ping(world, instance_id) == ["ConnectionLost"]
    world.ec2.start_instances(InstanceIds=[instance_id])
    with world.standing_still():
        world.pass_time(31)
        assert ping(world, instance_id) == []
    world.until(lambda: ping(world, instance_id) == ["Online"])
    assert ping(world, world.seed()["instanceId"]) == []


def test_managed_instances_come_in_pages_of_10(world: WorldClient) -> None:
    for _ in range(11):
        managed(world)
    pages = world.client("ssm").get_paginator("describe_instance_information")
    sizes = [len(page["InstanceInformationList"]) for page in pages.paginate()]
    assert (sizes[0], len(sizes) > 1) == (10, True)


def test_an_invocation_does_not_exist_at_first(world: WorldClient) -> None:
    instance_id = managed(world)
    with world.standing_still():
        command_id = send(world, instance_id)
        with refused("InvocationDoesNotExist"):
            world.client("ssm").get_command_invocation(CommandId=command_id, InstanceId=instance_id)
        assert invocation(world, command_id) == {}
    world.until(lambda: invocation(world, command_id))
    with refused("InvalidCommandId"):
        world.client("ssm").cancel_command(CommandId="0" * 36)


@pytest.mark.parametrize("status", ["Success", "Failed", "TimedOut", "Cancelled"])
def test_a_command_ends_in_one_of_four_statuses(world: WorldClient, status: str) -> None:
    instance_id = managed(world)
    ending = {"document": SHELL, "instanceId": instance_id, "status": status, "seconds": 600}
    world.control("PUT", "command", {**ending, "stdout": "done", "stderr": "but for this"})
    command_id = send(world, instance_id)
    until_status(world, command_id, "InProgress")
    shown = until_status(world, command_id, "Success", "Failed", "TimedOut", "Cancelled")
    (step,) = shown["CommandPlugins"]
    assert {shown["Status"], step["Status"]} == {status}
    assert (step["ResponseCode"] == 0) == (status == "Success")
    output = "" if status == "Cancelled" else "done\n----------ERROR-------\nbut for this"
    assert step["Output"] == output
    again = until_status(world, send(world, instance_id), "Success")
    assert again["CommandPlugins"][0]["Output"] == ""


def test_a_command_outlasts_neither_its_time_out_nor_its_instance(world: WorldClient) -> None:
    instance_id = managed(world)
    world.control("PUT", "command", {"document": SHELL, "instanceId": instance_id, "seconds": None})
    hanging = send(world, instance_id, Parameters={"commands": ["true"], "executionTimeout": ["60"]})
    assert until_status(world, hanging, "TimedOut")["StatusDetails"] == "Execution Timed Out"
    world.control("PUT", "command", {"document": SHELL, "instanceId": instance_id, "seconds": 300})
    lost = send(world, instance_id, Parameters={"commands": ["true"], "executionTimeout": ["900"]})
    until_status(world, lost, "InProgress")
    world.ec2.stop_instances(InstanceIds=[instance_id])
    assert until_status(world, lost, "Success", "TimedOut")["Status"] == "TimedOut"


def test_an_output_is_cut(world: WorldClient) -> None:
    instance_id = managed(world)
    ending = {"document": SHELL, "instanceId": instance_id, "status": "Failed"}
    world.control("PUT", "command", {**ending, "stdout": "o" * 30_000, "stderr": "e" * 30_000})
    command_id = send(world, instance_id)
    shown = until_status(world, command_id, "Failed")
    told = world.client("ssm").get_command_invocation(CommandId=command_id, InstanceId=instance_id)
    kept = len(told["StandardOutputContent"]), len(told["StandardErrorContent"])
    assert (*kept, len(shown["CommandPlugins"][0]["Output"])) == (24_000, 8_000, 2_500)


def test_a_command_is_cancelled_after_a_while(world: WorldClient) -> None:
    instance_id = managed(world)
    world.control("PUT", "command", {"document": SHELL, "instanceId": instance_id, "seconds": None})
    command_id = send(world, instance_id)
    until_status(world, command_id, "InProgress")
    with world.standing_still():
        world.client("ssm").cancel_command(CommandId=command_id)
        assert invocation(world, command_id)["Status"] == "Cancelling"
    until_status(world, command_id, "Cancelled")
    world.client("ssm").cancel_command(CommandId=command_id)
    assert invocation(world, command_id)["Status"] == "Cancelled"


def test_a_document_of_several_steps_shows_the_output_of_a_named_one(world: WorldClient) -> None:
    instance_id, two = managed(world), document(world, "install", "check")
    world.control("PUT", "command", {"document": two, "status": "Failed", "stderr": "no answer"})
    command_id = send(world, instance_id, two)
    shown = until_status(world, command_id, "Failed")
    assert [(one["Name"], one["Status"]) for one in shown["CommandPlugins"]] == [
        ("install", "Success"),
        ("check", "Failed"),
    ]
    about = {"CommandId": command_id, "InstanceId": instance_id}
    for wrong in ({}, {"PluginName": "aws:runShellScript"}):
        with refused("InvalidPluginName"):
            world.client("ssm").get_command_invocation(**about, **wrong)
    told = world.client("ssm").get_command_invocation(**about, PluginName="check")
    assert (told["Status"], told["StandardErrorContent"]) == ("Failed", "no answer")


def test_a_document_says_what_it_takes(world: WorldClient) -> None:
    shell = world.client("ssm").describe_document(Name=SHELL)["Document"]
    defaults = {one["Name"]: one.get("DefaultValue") for one in shell["Parameters"]}
    assert defaults == {"commands": None, "workingDirectory": "", "executionTimeout": "3600"}
    assert (shell["DocumentType"], shell["PlatformTypes"]) == ("Command", ["Linux", "MacOS"])
    own = document(world, "check", url={"type": "String"})
    assert world.client("ssm").describe_document(Name=own)["Document"]["DocumentType"] == "Command"
    with refused("InvalidDocument"):
        world.client("ssm").describe_document(Name="no-such-document")


def test_a_document_takes_its_own_parameters_only(world: WorldClient) -> None:
    instance_id = managed(world)
    for parameters in ({}, {"command": ["true"]}, {"commands": ["true"], "executionTimeout": ["soon"]}):
        with refused("InvalidParameters"):
            send(world, instance_id, Parameters=parameters)
    with refused("UnsupportedPlatformType"):
        send(world, world.seed(platform="windows", instanceProfile="managed")["instanceId"])


def test_a_second_call_sends_a_second_command(world: WorldClient) -> None:
    instance_id = managed(world)
    sent = [send(world, instance_id, Comment=comment) for comment in ("one", "two")]
    for command_id in sent:
        until_status(world, command_id, "Success")
    shown = world.client("ssm").list_commands(InstanceId=instance_id)["Commands"]
    assert {one["CommandId"]: one["Comment"] for one in shown} == dict(zip(sent, ("one", "two"), strict=True))


def test_a_command_that_has_not_reached_its_instance_is_not_listed_by_it(world: WorldClient) -> None:
    instance_id, ssm = managed(world), world.client("ssm")
    before = datetime.now(UTC)
    later = {"key": "InvokedAfter", "value": (before + timedelta(days=1)).isoformat()}
    since = {"key": "InvokedAfter", "value": (before - timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")}

    def listed(**asked: Any) -> bool:
        return command_id in {one["CommandId"] for one in ssm.list_commands(**asked)["Commands"]}

    world.control("PUT", "command", {"document": SHELL, "instanceId": instance_id, "seconds": 600})
    with world.standing_still():
        command_id = send(world, instance_id)
        world.skip_time(1.5)
        assert (invocation(world, command_id)["Status"], listed(InstanceId=instance_id)) == ("Pending", False)
        assert (listed(Filters=[since]), listed(Filters=[later])) == (True, False)
    until_status(world, command_id, "InProgress", "Success")
    assert listed(InstanceId=instance_id)
