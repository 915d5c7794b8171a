"""The demo's operator: reads what a run asks people, and answers as its message says."""

from __future__ import annotations

import json
import shlex
import textwrap
import time
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from golden_image_cli.history import Event
    from sandbox.client import Client

QUESTIONS = {"Request Approval", "Request Checkpoint Approval"}
"""The states in which a run waits for people."""
_SUBJECT = "approval needed"
_MESSAGE_SECONDS = 300


def attended(client: Client, run: str, say: Callable[[str], None]) -> Iterator[Event]:
    """A run's events as they happen; whatever it asks is shown and approved.

    Args:
        client: of the sandbox.
        run: its ARN.
        say: gets the questions and the answers.

    Raises:
        TimeoutError: the run asks, and no message says what.
    """
    answered = 0
    for event in client.events(run):
        yield event
        if event.entered in QUESTIONS:
            _approve(client, _message(client, run, answered), say)
            answered += 1


def _message(client: Client, run: str, before: int) -> str:
    """The message with a question, once it is sent; so many of the run were answered before."""
    deadline = time.monotonic() + _MESSAGE_SECONDS
    while time.monotonic() < deadline:
        sent = [call["params"] for call in client.calls_of(run) if call["action"] == "Publish"]
        messages = [str(one["Message"]) for one in sent if str(one["Subject"]).endswith(_SUBJECT)]
        if len(messages) > before:
            return messages[before]
        time.sleep(0.05)
    raise TimeoutError(f"{run} asks, and has sent no message after {_MESSAGE_SECONDS} s")


def _approve(client: Client, message: str, say: Callable[[str], None]) -> None:
    """Show a message, and run its command that approves: with the function and the payload that it names."""
    say(textwrap.indent(message.rstrip(), "      | ", lambda _: True))
    command = next(line for line in message.splitlines() if line.startswith("aws ") and "approve" in line)
    option = dict(pairwise(shlex.split(command)))
    answer = json.loads(option["--payload"]) | {"reason": "the demo's operator has read it"}
    invoked: Any = client.aws("lambda").invoke(
        FunctionName=option["--function-name"], Payload=json.dumps(answer).encode()
    )
    told = json.loads(invoked["Payload"].read())
    say(f"      The operator runs the command that approves, and is told: {json.dumps(told)}")
