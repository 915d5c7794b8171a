"""The answer of somebody who has the AWS CLI and not the API: approve or reject what a run waits for."""

from typing import Any

from golden_image.approval import commands
from golden_image.model.approval import Answer
from golden_image.step import step


@step
def handler(run: Any, answer_: Any, reason: Any, at: Any = None) -> Answer:
    """`answer` is approve or reject. Lambda does not say who has called."""
    return commands.give(run, answer_, reason, at)
