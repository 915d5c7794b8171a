"""The stack that a command is about: its outputs, from CloudFormation or from the file of a sandbox."""

from __future__ import annotations

import json
import os
import shlex
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from golden_image_cli.problems import WRONG_CALL, Problem
from golden_image_cli.sdk import Account, Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

VARIABLE = "GOLDEN_IMAGE_STACK"
_SANDBOX_FILE = Path(".sandbox/endpoints.json")
# The outputs that a sandbox's file has, under its names for them.
_IN_SANDBOX_FILE = {
    "StateMachineArn": "stateMachineArn",
    "LedgerTableName": "ledgerTable",
    "GenerationsTableName": "generationsTable",
    "NotificationTopicArn": "notificationTopicArn",
    "ApiUrl": "apiUrl",
    "ScheduleDeadLetterQueueUrl": "deadLetterQueueUrl",
}


@dataclass(frozen=True)
class Stack:
    """A deployed stack.

    Attributes:
        name: its name in CloudFormation.
        account: where it is.
        scale: real seconds per second that a run counts; 1 but in a sandbox.
        known: outputs that are known without CloudFormation.
    """

    name: str
    account: Account
    scale: float = 1
    known: dict[str, str] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """A client of the service where the stack is."""
        return self.account.client(service)

    def output(self, name: str) -> str:
        """An output's value.

        Raises:
            Problem: the stack does not exist, or lacks the output.
        """
        if name in self.known:
            return self.known[name]
        if name not in self.outputs:
            raise Problem(
                f"Stack {self.name} has no output {name}. Either it is no stack of golden-image-refresh,"
                " or it is older than this command line: name another, or deploy the newer version.",
                WRONG_CALL,
            )
        return self.outputs[name]

    @cached_property
    def outputs(self) -> dict[str, str]:
        """All outputs, from CloudFormation."""
        found = self.described.get("Outputs", [])
        return {output["OutputKey"]: output.get("OutputValue", "") for output in found}

    @cached_property
    def described(self) -> dict[str, Any]:
        """CloudFormation's description of the stack.

        Raises:
            Problem: the stack does not exist.
        """
        from botocore.exceptions import ClientError  # noqa: PLC0415 - the client has imported it

        client = self.client("cloudformation")
        try:
            found: dict[str, Any] = client.describe_stacks(StackName=self.name)["Stacks"][0]
        except ClientError as error:
            if "does not exist" not in str(error):
                raise
            raise Problem(
                f"Stack {self.name} does not exist in {client.meta.region_name}, in the account of these"
                " credentials. Name another with --stack, --region or --profile.",
                WRONG_CALL,
            ) from None
        return found

    def command(self, verb: str, *arguments: str) -> str:
        """A command about this stack, for the shell in which this program was called."""
        return " ".join(["golden-image", verb, *map(shlex.quote, [*arguments, *self._options()])])

    def _options(self) -> Iterator[str]:
        if self.account.sandbox:
            yield "--sandbox"
            return
        if os.environ.get(VARIABLE) != self.name:
            yield from ("--stack", self.name)
        for option, value in (("--profile", self.account.profile), ("--region", self.account.region)):
            if value:
                yield from (option, value)

    @property
    def state_machine_arn(self) -> str:
        """The state machine that people start."""
        return self.output("StateMachineArn")

    @property
    def ledger_table(self) -> str:
        """The table of the locks and of open runs."""
        return self.output("LedgerTableName")

    @property
    def generations_table(self) -> str:
        """The table of the groups' generations."""
        return self.output("GenerationsTableName")

    @property
    def notification_topic_arn(self) -> str:
        """The topic of the runs' messages."""
        return self.output("NotificationTopicArn")

    @property
    def api_url(self) -> str:
        """The base URL of the REST API.

        No setting of the SDK moves the API's own host: what answers in AWS's place has the API below its own.
        """
        url = self.output("ApiUrl")
        if "ApiUrl" in self.known or not (endpoint := self.account.endpoint_url):
            return url
        return emulated_api(endpoint, url)


def emulated_api(endpoint: str, url: str) -> str:
    """Where an emulator has the API https://{id}.execute-api.{region}.amazonaws.com/{stage}.

    This form of the address is LocalStack's (https://docs.localstack.cloud/aws/services/apigateway/), and
    MiniStack takes it too.

    Args:
        endpoint: the emulator's base URL.
        url: the API's output.
    """
    host, _, stage = url.removeprefix("https://").rstrip("/").partition("/")
    return f"{endpoint.rstrip('/')}/restapis/{host.partition('.')[0]}/{stage}/_user_request_"


def find(name: str | None, account: Account) -> Stack:
    """The stack of that name, else the one of GOLDEN_IMAGE_STACK; nothing is called yet.

    Raises:
        Problem: no stack is named.
    """
    if named := name or os.environ.get(VARIABLE):
        return Stack(named, account)
    raise Problem(
        f"No stack is named. Say --stack NAME, or export {VARIABLE}=NAME: the name that `sam deploy` got.\n"
        "For a sandbox, say --sandbox in the folder that has .sandbox; python -m sandbox up starts one.",
        WRONG_CALL,
    )


def of_sandbox() -> Stack:
    """The stack in the sandbox of the current folder.

    Raises:
        Problem: there is no sandbox, or its file is of another version.
    """
    try:
        values = json.loads(_SANDBOX_FILE.read_text(encoding="utf-8"))
        known = {output: str(values[key]) for output, key in _IN_SANDBOX_FILE.items()}
        account = Account(region=values["region"], sandbox=Sandbox(values["aws"], values["ec2"]))
        return Stack(values["stackName"], account, values["scale"], known)
    except FileNotFoundError:
        raise Problem(
            f"There is no sandbox here: {_SANDBOX_FILE.absolute()} does not exist.{_elsewhere()}", WRONG_CALL
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise Problem(
            f"{_SANDBOX_FILE.absolute()} is not the file of a sandbox of this version ({error!r})."
            " Stop that sandbox and start a new one: python -m sandbox up",
            WRONG_CALL,
        ) from None


def _elsewhere() -> str:
    others = sorted(
        str(path.parent) for path in Path().glob(f"{_SANDBOX_FILE.parent}/*/{_SANDBOX_FILE.name}")
    )
    if not others:
        return "\nStart one in the folder of the project: python -m sandbox up"
    return f"\nThese are other programs' sandboxes: {', '.join(others)}. Start your own: python -m sandbox up"
