"""The request for approval: a question in the run's row, and a message to people without the task token."""

from __future__ import annotations

import json
import re
import shlex
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

from golden_image import aws, tags
from golden_image.approval import difference, rows
from golden_image.errors import RunSettled
from golden_image.model.approval import IMAGE, Question
from golden_image.run import ledger, planned
from golden_image.settings import Settings

if TYPE_CHECKING:
    from golden_image.model.launch_template import LaunchTemplate
    from golden_image.model.plan import Plan, WayBackPlan

_OUTCOME = "approval needed"
_HOSTS = {"aws": "aws.amazon.com", "aws-cn": "amazonaws.cn", "aws-us-gov": "amazonaws-us-gov.com"}
# SNS takes 100 characters of ASCII in a subject, and 256 KiB in a message.
_LONGEST_SUBJECT = 100


def request(run: str, token: str, at: str, timeout: int, template: LaunchTemplate) -> None:
    """Ask people whether a run may go on; Step Functions waits for the answer to the token.

    A retry asks again, with its own token: the message may come twice.

    Args:
        run: the execution's ARN.
        token: of the task that waits.
        at: `image`, or `checkpoint-50`.
        timeout: seconds until the task gives up.
        template: the version that the group is about to get.

    Raises:
        RunSettled: the run is over or being undone.
    """
    row = ledger.read(run)
    if row is None:
        raise RunSettled(f"{run} has no row in the ledger: it is over, and asks for nothing.")
    plan = planned.read(row.plan)
    since = datetime.now(UTC)
    question = Question(
        at=at,
        since=since.isoformat(timespec="seconds"),
        until=(since + timedelta(seconds=timeout)).isoformat(timespec="seconds"),
        changes=tuple(_changes(plan, at, template)),
    )
    rows.ask(run, question, token)
    aws.client("sns").publish(
        TopicArn=Settings.from_env().notification_topic_arn,
        Subject=_subject(plan.group.name),
        Message=_message(plan, question),
    )


def _changes(plan: Plan | WayBackPlan, at: str, template: LaunchTemplate) -> list[str]:
    return difference.lines(plan, template) if at == IMAGE else difference.at_checkpoint(plan, template)


def _subject(group_name: str) -> str:
    """As the subjects of a run's other messages."""
    group = re.sub(r"[^ -~]", "?", group_name)
    return f"{f'golden image of {group}'[: _LONGEST_SUBJECT - len(_OUTCOME) - 2]}: {_OUTCOME}"


def _message(plan: Plan | WayBackPlan, question: Question) -> str:
    where = "before it touches the group" if question.at == IMAGE else f"at {question.at}"
    warnings = "".join(f"- {warning}\n" for warning in plan.warnings) or "- none\n"
    name = quote(tags.run_name(plan.run), safe="")
    return (
        f"The run waits for approval {where}. Approve it, and it goes on. Reject it, and it is undone. "
        f"Without an answer it is undone at {question.until}. Its locks are held until then.\n\n"
        f"Group: {plan.group.name}\nRollout: {plan.rollout}\n"
        f"What changes:\n{''.join(f'- {line}\n' for line in question.changes)}"
        f"Warnings of the plan:\n{warnings}\n"
        f"To approve, send POST /refreshes/{name}/approve to the API (output ApiUrl of stack {tags.stack()}) "
        f"with a body such as {json.dumps(_body(question, 'why'))}, or run\n\n"
        f"{_command(plan.run, question, 'approve')}\n\n"
        f"To reject, send POST /refreshes/{name}/reject with the same body, or run\n\n"
        f"{_command(plan.run, question, 'reject')}\n\n"
        f"Execution: {_link(plan.run)}\n"
        f"Run: {plan.run}\n"
    )


def _body(question: Question, reason: str) -> dict[str, str]:
    return {"at": question.at, "reason": reason}


def _command(run: str, question: Question, answer: str) -> str:
    """A command of the AWS CLI that answers. It names the run, and has no token."""
    payload = {"run": run, "answer": answer, **_body(question, "why")}
    function = Settings.from_env().answer_approval_arn
    return (
        f"aws lambda invoke --region {function.split(':')[3]} --function-name {function} "
        f"--cli-binary-format raw-in-base64-out --payload {shlex.quote(json.dumps(payload))} /dev/stdout"
    )


def _link(run: str) -> str:
    """The execution in the console, as the run's other messages have it."""
    partition, region, name = run.split(":")[1], run.split(":")[3], run.rpartition(":")
    host = _HOSTS.get(partition, _HOSTS["aws"])
    page = f"https://console.{host}/states/home?region={region}#/v2/executions/details/"
    return f"{page}{name[0]}:{quote(name[2], safe='')}"
