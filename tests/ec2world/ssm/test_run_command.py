"""The verbs about commands and checks, and answers in JSON that are held against botocore's models."""

import pytest
from moto.core.utils import get_service_model

from ec2world.wire.json_answers import hold_json_against_model
from tests.ec2world.client import WorldClient, refused


@pytest.mark.parametrize(
    ("verb", "given", "said"),
    [
        ("command", {"document": "x", "state": "Failed"}, "unknown: state"),
        ("command", {"document": "x", "status": "Broken"}, "status is one of"),
        ("checks", {"instanceId": "i-1", "check": "disk"}, "check is one of"),
    ],
)
def test_a_wrong_verb_says_why(world: WorldClient, verb: str, given: dict[str, str], said: str) -> None:
    status, answer = world.try_control("PUT", verb, given)
    assert status == 400
    assert said in answer["error"]


def test_a_document_of_another_type_is_no_command(world: WorldClient) -> None:
    managed = world.seed(instanceProfile="managed")["instanceId"]
    ssm = world.client("ssm")
    with refused("InvalidDocument"):
        ssm.send_command(InstanceIds=[managed], DocumentName="AWS-StopEC2Instance")
    for content, code in (("steps: 1", "InvalidDocumentContent"), ("{}", "InvalidDocumentContent")):
        with refused(code):
            ssm.create_document(Name="wrong-content", Content=content)


def test_a_command_is_cancelled_on_an_instance_that_has_it(world: WorldClient) -> None:
    managed = world.seed(instanceProfile="managed")["instanceId"]
    ssm = world.client("ssm")
    with world.standing_still():
        command = ssm.send_command(
            InstanceIds=[managed], DocumentName="AWS-RunShellScript", Parameters={"commands": ["true"]}
        )["Command"]["CommandId"]
        with refused("InvalidInstanceId"):
            ssm.cancel_command(CommandId=command, InstanceIds=["i-0123456789abcdef0"])
        ssm.cancel_command(CommandId=command, InstanceIds=[managed])
        world.pass_time(2)
        (shown,) = ssm.list_command_invocations(CommandId=command)["CommandInvocations"]
    assert (shown["Status"], shown["CommandPlugins"]) == ("Cancelled", [])


def end_of_a_command(world: WorldClient, managed: str) -> str:
    """Send a command, and wait for its last status."""
    ssm = world.client("ssm")
    command = ssm.send_command(
        InstanceIds=[managed], DocumentName="AWS-RunShellScript", Parameters={"commands": ["true"]}
    )["Command"]["CommandId"]

    def statuses() -> list[str]:
        found = ssm.list_command_invocations(CommandId=command)["CommandInvocations"]
        return [one["Status"] for one in found]

    world.until(lambda: bool({"Failed", "Success"} & {*statuses()}))
    [status] = statuses()
    return status


@pytest.mark.parametrize(("times", "ended"), [(2, ["Failed", "Failed", "Success"]), (None, ["Failed"] * 3)])
def test_as_many_commands_end_alike_as_was_said(
    world: WorldClient, times: int | None, ended: list[str]
) -> None:
    managed = world.seed(instanceProfile="managed")["instanceId"]
    ending = {"document": "AWS-RunShellScript", "instanceId": managed, "times": times, "status": "Failed"}
    world.control("PUT", "command", ending)
    assert [end_of_a_command(world, managed) for _ in ended] == ended


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"Command": {"Id": "1"}}, "SendCommand.Command: Command has no Id"),
        ({"Command": {"Comment": 1}}, "SendCommand.Command.Comment: 1 is no string"),
        ({"Command": {"Status": "Broken"}}, "'Broken' is no CommandStatus"),
        ({"Command": {"Parameters": {"x": [1]}}}, r"SendCommand.Command.Parameters.x\[0\]: 1 is no string"),
    ],
)
def test_an_answer_that_is_not_in_the_model_is_a_defect(answer: dict[str, object], said: str) -> None:
    operation = get_service_model("ssm").operation_model("SendCommand")
    with pytest.raises(TypeError, match=said):
        hold_json_against_model(operation, answer)
