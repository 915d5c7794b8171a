"""Step Functions: what a task's call may do, and what comes back from it."""

from __future__ import annotations

import json
import re
import time
import uuid
from email.utils import formatdate
from typing import Any

from ministack.services import stepfunctions as states

from sandbox.ministack import executions, history
from sandbox.ministack.permissions import may

_MANAGED_RULE = "StepFunctionsGetEventsForStepFunctionsExecutionRule"
# Where MiniStack unpacks a function's code; on AWS it is in /var/task.
_CODE = re.compile(r"/[^\"\s]*/ministack-provided-code-\d+/[0-9a-f]+/")


def install() -> None:
    """Put this module's functions around those of MiniStack's."""
    states._invoke_resource = _invoke_resource
    states._call_lambda = _call_function


_minis_invoke = states._invoke_resource
_minis_call_function = states._call_lambda


def refusal(message: str, service: str, status: int, code: str) -> str:
    """The cause of a task whose call a service refused, as the optimized integrations have it."""
    told = f"Service: {service}; Status Code: {status}; Error Code: {code}; Request ID: {uuid.uuid4()}"
    return f"{message} ({told}; Proxy: null)"


def _call_function(*request: Any) -> Any:
    """The cause of a function's error is compact JSON, whose stack trace is of files in /var/task.

    That of a function that is not there is Lambda's refusal.
    """
    try:
        return _minis_call_function(*request)
    except states._ExecutionError as error:
        if error.error == "Lambda.ResourceNotFoundException":
            name = error.cause.removeprefix("Function not found: ")
            arn = f"arn:aws:lambda:{states.get_region()}:{states.get_account_id()}:function:{name}:$LATEST"
            cause = refusal(f"Function not found: {arn}", "AWSLambda", 404, "ResourceNotFoundException")
            raise states._ExecutionError(error.error, cause) from None
        if not error.cause.startswith("{"):
            raise
        told = json.loads(_CODE.sub("/var/task/", error.cause))
        cause = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        raise states._ExecutionError(error.error, cause) from None


def _invoke_resource(resource: str, arguments: Any) -> Any:
    """Do what the state machine's role may do, and no more."""
    execution = executions._current.get(None)
    if execution is not None:
        history.note_parameters(execution, arguments)
        check_rights(states._state_machines[execution["stateMachineArn"]]["roleArn"], resource, arguments)
    answer = _minis_invoke(resource, arguments)
    return _with_metadata(answer) if resource.endswith(":states:::lambda:invoke") else answer


def check_rights(role: str, resource: str, arguments: Any) -> None:
    """Fail as a task whose call the role, named by its ARN, does not allow."""
    for action, target, error in _needs(resource, arguments):
        if not may(role, action, target):
            cause = f"User: {role} is not authorized to perform: {action} on resource: {target}"
            raise states._ExecutionError(error, cause)


def _with_metadata(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer of lambda:invoke as a task has it, with the SDK's metadata."""
    length = str(len(json.dumps(answer["Payload"])))
    headers = {
        "Connection": "keep-alive",
        "Content-Length": length,
        "Content-Type": "application/json",
        "Date": formatdate(usegmt=True),
        "X-Amz-Executed-Version": "$LATEST",
        "X-Amzn-Trace-Id": f"root=1-{int(time.time()):x}-{uuid.uuid4().hex[:24]};sampled=0",
        "x-amzn-Remapped-Content-Length": "0",
        "x-amzn-RequestId": str(uuid.uuid4()),
    }
    return {
        "ExecutedVersion": "$LATEST",
        "Payload": answer["Payload"],
        "SdkHttpMetadata": {
            "AllHttpHeaders": {name: [value] for name, value in headers.items()},
            "HttpHeaders": headers,
            "HttpStatusCode": 200,
        },
        "SdkResponseMetadata": {"RequestId": headers["x-amzn-RequestId"]},
        "StatusCode": 200,
    }


def _needs(resource: str, arguments: Any) -> list[tuple[str, str, str]]:
    """The action, the resource, and the error of a denial, of an integration that the workflow uses."""
    integration = resource.partition(":states:::")[2]
    if integration == "lambda:invoke":
        return [("lambda:InvokeFunction", arguments["FunctionName"], "Lambda.AWSLambdaException")]
    if integration == "sns:publish":
        return [("sns:Publish", arguments["TopicArn"], "SNS.AuthorizationErrorException")]
    if integration == "aws-sdk:ssm:putParameter":
        parameter = f"arn:aws:ssm:{states.get_region()}:{states.get_account_id()}:parameter/"
        return [("ssm:PutParameter", parameter + arguments["Name"].lstrip("/"), "Ssm.AccessDeniedException")]
    if integration.startswith("states:startExecution"):
        return _needs_of_child(integration, arguments)
    return []


def _needs_of_child(integration: str, arguments: Any) -> list[tuple[str, str, str]]:
    """To wait for a child takes the rights to follow it, by a rule of EventBridge's, and to stop it.

    AWS asks for those of EventBridge when the state machine is made, and for StopExecution when it stops the
    child: here they are asked for at the start, so that none can be missing unnoticed.
    https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html
    """
    machine = arguments["StateMachineArn"]
    needs = [("states:StartExecution", machine)]
    if ".sync" in integration:
        base = states._resolve_state_machine_arn(machine) or machine
        child = executions.execution_arn(base, arguments.get("Name", "*"))
        rule = f"arn:aws:events:{states.get_region()}:{states.get_account_id()}:rule/{_MANAGED_RULE}"
        needs += [("states:DescribeExecution", child), ("states:StopExecution", child)]
        needs += [(f"events:{action}", rule) for action in ("PutTargets", "PutRule", "DescribeRule")]
    return [(action, target, "StepFunctions.AWSStepFunctionsException") for action, target in needs]
