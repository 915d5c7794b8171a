"""The calls of Run Command. Those of Systems Manager's other parts are not answered here.

Source: the Systems Manager API Reference.
"""

import json
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any

from ec2world.ssm.invocations import LISTED, Invocation
from ec2world.ssm.run_command import Command, RunCommand
from ec2world.wire.call import Call
from ec2world.wire.errors import AWSError, error_body, http_status
from ec2world.wire.json_answers import hold_json_against_model
from ec2world.wire.pages import page

type _Answer = dict[str, Any]
_JSON = "application/x-amz-json-1.1"
_PAGE = 10


def answers(call: Call) -> bool:
    """Whether a call is one of Run Command's."""
    return call.service == "ssm" and call.action in _CALLS


def answer(run_command: RunCommand, call: Call, request_id: str) -> tuple[int, str, str]:
    """HTTP status, body and content type."""
    try:
        result = _CALLS[call.action](run_command, call.params)
        hold_json_against_model(call.operation, result)
    except AWSError as error:
        return http_status(error.code), *error_body("json", error.code, error.message, request_id)
    except TypeError as error:
        print(error, file=sys.stderr)
        return 500, *error_body("json", "InternalServerError", str(error), request_id)
    return 200, json.dumps(result), _JSON


def _create_document(run_command: RunCommand, params: _Answer) -> _Answer:
    return {"DocumentDescription": run_command.create_document(params).described()}


def _describe_document(run_command: RunCommand, params: _Answer) -> _Answer:
    return {"Document": run_command.document(params["Name"]).described()}


def _describe_instance_information(run_command: RunCommand, params: _Answer) -> _Answer:
    wanted = [
        value for one in params.get("Filters", []) if one["Key"] == "InstanceIds" for value in one["Values"]
    ]
    found, token = page(run_command.managed(wanted), params.get("NextToken"), params.get("MaxResults", _PAGE))
    return {"InstanceInformationList": found, **_token(token)}


def _send_command(run_command: RunCommand, params: _Answer) -> _Answer:
    return {"Command": _command(run_command.send(params))}


def _cancel_command(run_command: RunCommand, params: _Answer) -> _Answer:
    command = run_command.command(params["CommandId"])
    for instance_id in params.get("InstanceIds") or command.invocations:
        if instance_id not in command.invocations:
            raise AWSError("InvalidInstanceId", "The command was not sent to the instance.")
        command.invocations[instance_id].cancel()
    return {}


def _get_command_invocation(run_command: RunCommand, params: _Answer) -> _Answer:
    found = run_command.shown(params["CommandId"], params["InstanceId"])
    if not found:
        raise AWSError("InvocationDoesNotExist", "")
    [(command, invocation)] = found
    steps = invocation.document.steps
    step = params.get("PluginName") or (steps[0] if len(steps) == 1 else "")
    if step not in steps:
        raise AWSError("InvalidPluginName", "")
    told = invocation.plugin(step)
    return {
        "CommandId": command.command_id,
        "InstanceId": params["InstanceId"],
        "Comment": command.comment,
        "DocumentName": invocation.document.name,
        "DocumentVersion": "1",
        "PluginName": step,
        "ResponseCode": told["code"],
        "Status": told["status"],
        "StatusDetails": told["details"].replace(" ", ""),
        "StandardOutputContent": told["stdout"],
        "StandardErrorContent": told["stderr"],
    }


def _list_command_invocations(run_command: RunCommand, params: _Answer) -> _Answer:
    shown = run_command.shown(params.get("CommandId"), params.get("InstanceId"))
    found, token = page(shown, params.get("NextToken"), params.get("MaxResults", 50))
    details = params.get("Details", False)
    return {"CommandInvocations": [_invocation(*one, details=details) for one in found], **_token(token)}


def _list_commands(run_command: RunCommand, params: _Answer) -> _Answer:
    """With an instance only what it has received: a command that is Pending has not reached it."""
    instance_id, since = params.get("InstanceId"), _invoked_after(params)
    shown = [
        (command, invocation)
        for command, invocation in run_command.shown(params.get("CommandId"), instance_id)
        if invocation.requested >= since and not (instance_id and invocation.status == "Pending")
    ]
    commands = list({command.command_id: command for command, _ in shown}.values())
    found, token = page(commands, params.get("NextToken"), params.get("MaxResults", 50))
    return {"Commands": [_command(one) for one in found], **_token(token)}


def _invoked_after(params: _Answer) -> float:
    """The time of the filter of that name, in seconds since 1970."""
    times = [one["value"] for one in params.get("Filters", []) if one["key"] == "InvokedAfter"]
    return max((datetime.fromisoformat(one).timestamp() for one in times), default=0.0)


def _command(command: Command) -> _Answer:
    first = next(iter(command.invocations.values()))
    return {
        "CommandId": command.command_id,
        "DocumentName": first.document.name,
        "DocumentVersion": "1",
        "Comment": command.comment,
        "Parameters": command.parameters,
        "InstanceIds": list(command.invocations),
        "RequestedDateTime": first.requested,
        "Status": first.status,
        "StatusDetails": first.details,
        "TargetCount": len(command.invocations),
    }


def _invocation(command: Command, invocation: Invocation, *, details: bool) -> _Answer:
    told = [invocation.plugin(step) for step in invocation.document.steps] if details else []
    return {
        "CommandId": command.command_id,
        "InstanceId": invocation.instance.id,
        "Comment": command.comment,
        "DocumentName": invocation.document.name,
        "DocumentVersion": "1",
        "RequestedDateTime": invocation.requested,
        "Status": invocation.status,
        "StatusDetails": invocation.details,
        "CommandPlugins": [
            {
                "Name": one["name"],
                "Status": "InProgress" if one["status"] == "Cancelling" else one["status"],
                "StatusDetails": one["details"],
                "ResponseCode": one["code"],
                "Output": _output(one)[:LISTED],
            }
            for one in told
        ],
    }


def _output(told: _Answer) -> str:
    """Both outputs, as a list shows them."""
    errors = f"\n----------ERROR-------\n{told['stderr']}" if told["stderr"] else ""
    return f"{told['stdout']}{errors}"


def _token(token: str | None) -> _Answer:
    return {} if token is None else {"NextToken": token}


_CALLS: dict[str, Callable[[RunCommand, _Answer], _Answer]] = {
    "CancelCommand": _cancel_command,
    "CreateDocument": _create_document,
    "DescribeDocument": _describe_document,
    "DescribeInstanceInformation": _describe_instance_information,
    "GetCommandInvocation": _get_command_invocation,
    "ListCommandInvocations": _list_command_invocations,
    "ListCommands": _list_commands,
    "SendCommand": _send_command,
}
