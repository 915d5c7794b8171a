"""Run Command: what is sent, what comes of it, and how the next command of a document is to end.

Source: the Systems Manager API Reference.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ec2world.ssm.agents import is_online, managed, platform_of
from ec2world.ssm.documents import OF_AWS, Document, made
from ec2world.ssm.invocations import OVER, Ending, Invocation
from ec2world.wire.errors import AWSError

if TYPE_CHECKING:
    from ec2world.virtual_time.clock import Clock

# Virtual seconds: AWS's defaults of a command's delivery and of a script's time-out.
_DELIVERY, _EXECUTION = 3600, 3600
_ENDING_KEYS = {"document", "instanceId", "times", "status", "seconds", "stdout", "stderr", "responseCode"}


@dataclass(frozen=True)
class Command:
    """A command with its invocation on each of its instances."""

    command_id: str
    comment: str
    parameters: dict[str, list[str]]
    invocations: dict[str, Invocation]


class RunCommand:
    """The documents and commands of a Region; `backend` answers its EC2."""

    def __init__(self, clock: "Clock", account: str, backend: Callable[[], Any]) -> None:
        self._clock, self._account, self._backend = clock, account, backend
        self._documents = dict(OF_AWS)
        self._endings: list[tuple[dict[str, Any], Ending]] = []
        self.commands: dict[str, Command] = {}

    def say_ending(self, given: dict[str, Any]) -> None:
        """Say how the next `times` commands of a `document` end, on an instance where `instanceId` is given.

        `times` is 1 where it is not given, and null for all that come.

        `status` is Success (the default), Failed, TimedOut or Cancelled; `seconds` is how long it works, null
        for as long as its time-out; `stdout`, `stderr` and `responseCode` are what comes of it.
        """
        if unknown := sorted(given.keys() - _ENDING_KEYS):
            raise ValueError(f"unknown: {', '.join(unknown)}; there are: {', '.join(sorted(_ENDING_KEYS))}")
        status = given.get("status", "Success")
        if status not in OVER:
            raise ValueError(f"status is one of {', '.join(sorted(OVER))}, not {status!r}")
        ending = Ending(
            status=status,
            seconds=given.get("seconds", 20),
            stdout=given.get("stdout", ""),
            stderr=given.get("stderr", ""),
            response_code=given.get("responseCode", 0 if status == "Success" else 1),
        )
        self._endings.append((dict(given), ending))

    def create_document(self, params: dict[str, Any]) -> Document:
        """A new document; DocumentAlreadyExists where its name is taken."""
        if params["Name"] in self._documents:
            raise AWSError("DocumentAlreadyExists", "The specified document already exists.")
        self._documents[params["Name"]] = made(params, self._account)
        return self._documents[params["Name"]]

    def document(self, name: str) -> Document:
        """A document by its name or ARN; InvalidDocument where there is none."""
        found = self._documents.get(name.rpartition("/")[2] if name.startswith("arn:") else name)
        if found is None:
            raise AWSError("InvalidDocument", f"The document {name} does not exist in your account.")
        return found

    def send(self, params: dict[str, Any]) -> Command:
        """Take a command for its instances."""
        document = self.document(params["DocumentName"])
        if document.kind != "Command":
            raise AWSError("InvalidDocument", f"{document.name} is of the type {document.kind}.")
        instances = [self._target(one) for one in params.get("InstanceIds", [])]
        parameters = document.filled(params.get("Parameters", {}))
        if any(platform_of(one) not in document.platforms for one in instances):
            raise AWSError("UnsupportedPlatformType", "The document doesn't support the platform.")
        timeout = parameters.get("executionTimeout", [str(_EXECUTION)])[0]
        command = Command(
            command_id=str(uuid.uuid4()),
            comment=params.get("Comment", ""),
            parameters=parameters,
            invocations={
                one.id: Invocation(
                    clock=self._clock,
                    instance=one,
                    document=document,
                    ending=self._ending(document.name, one.id),
                    deliver_within=params.get("TimeoutSeconds", _DELIVERY),
                    work_within=float(timeout),
                )
                for one in instances
            },
        )
        self.commands[command.command_id] = command
        return command

    def _target(self, instance_id: str) -> Any:
        instance = self._backend().get_instance_by_id(instance_id)
        if instance is None or not is_online(instance):
            text = f"Instances [[{instance_id}]] not in a valid state for account {self._account}"
            raise AWSError("InvalidInstanceId", text)
        return instance

    def _ending(self, document: str, instance_id: str) -> Ending:
        for number, (given, ending) in enumerate(self._endings):
            if given["document"] == document and given.get("instanceId", instance_id) == instance_id:
                times = given.get("times", 1)
                if times == 1:
                    del self._endings[number]
                elif times is not None:
                    given["times"] = times - 1
                return ending
        return Ending()

    def command(self, command_id: str) -> Command:
        """A command by its id; InvalidCommandId where there is none."""
        if command_id not in self.commands:
            raise AWSError("InvalidCommandId", "The specified command ID isn't valid.")
        return self.commands[command_id]

    def shown(self, command_id: str | None, instance_id: str | None) -> list[tuple[Command, Invocation]]:
        """The invocations that are shown, the newest first; of a command or an instance where it is named."""
        return [
            (command, invocation)
            for command in reversed(self.commands.values())
            for one, invocation in command.invocations.items()
            if command_id in (None, command.command_id) and instance_id in (None, one) and invocation.is_shown
        ]

    def managed(self, instance_ids: list[str]) -> list[dict[str, Any]]:
        """What is shown of the managed instances, of these where some are named."""
        there = [instance for _, instance in self._backend().instance_index.values()]
        return managed([one for one in there if not instance_ids or one.id in instance_ids])
