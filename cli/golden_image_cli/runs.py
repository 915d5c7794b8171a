"""The runs of a stack."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from golden_image_cli.problems import AWS_REFUSED, WRONG_CALL, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from golden_image_cli.stack import Stack

RUNNING, SUCCEEDED, ABORTED = "RUNNING", "SUCCEEDED", "ABORTED"
PLAN_DIGEST, OUTDATED = "planDigest", "PlanOutdated"
_DRY_RUN = "dryRun"


@dataclass(frozen=True)
class Run:
    """A run. What it does not have is None: only a run that is over has a stop, and one that failed an error.

    Attributes:
        input: as JSON; None also where it is no JSON that Python reads.
    """

    arn: str
    name: str
    status: str
    start: datetime
    stop: datetime | None = None
    input: Any = None
    output: Any = None
    error: str | None = None
    cause: str | None = None

    @property
    def over(self) -> bool:
        """It has ended, in whatever way."""
        return self.status != RUNNING

    @property
    def failed(self) -> bool:
        """It has ended, and did not succeed."""
        return self.over and self.status != SUCCEEDED

    @property
    def seconds(self) -> float | None:
        """Real seconds from its start to its end; None while it goes on."""
        return (self.stop - self.start).total_seconds() if self.stop else None

    @property
    def outdated(self) -> bool:
        """It was to have a certain plan, which no longer holds: it was refused, and has changed nothing."""
        return self.error == OUTDATED and self.asked(PLAN_DIGEST) is not None

    @property
    def dry(self) -> bool:
        """It was asked for a plan, and to change nothing."""
        return self.asked(_DRY_RUN) is True

    def asked(self, field: str) -> Any:
        """A field of its input, such as `autoScalingGroupName`; None where the input does not state it."""
        return self.input.get(field) if isinstance(self.input, dict) else None


def find(
    stack: Stack,
    named: str | None,
    fits: Callable[[Run], bool] = lambda run: not run.dry,
    which: str = "run",
    status: str | None = None,
) -> Run:
    """The run of that name or ARN; without one, the newest that fits.

    Args:
        fits: is asked of a run as it is listed, without input and output, and again with them.
        which: the runs that fit, for the message where there is none.
        status: that of those that fit, if it is always the same.

    Raises:
        Problem: there is no such run.
    """
    if named:
        return describe(stack, arn_of(stack, named))
    if found := _newest(stack, fits, status):
        return found
    raise Problem(
        f"Stack {stack.name} has no {which}; Step Functions keeps a run for 90 days after its end."
        f" Those that there are: {stack.command('list')}",
        WRONG_CALL,
    )


def going_on(stack: Stack) -> Run | None:
    """The newest run that goes on and is no dry run; None where there is none."""
    return _newest(stack, is_open, RUNNING)


def is_open(run: Run) -> bool:
    """It goes on, and is no dry run."""
    return not run.over and not run.dry


def _newest(stack: Stack, fits: Callable[[Run], bool], status: str | None) -> Run | None:
    return next(
        (run for item in listed(stack, status) if fits(item) and fits(run := describe(stack, item.arn))),
        None,
    )


def listed(stack: Stack, status: str | None = None) -> Iterator[Run]:
    """The runs, newest first, without input and output; status: only those of that one."""
    query = {"stateMachineArn": stack.state_machine_arn} | ({"statusFilter": status} if status else {})
    client, token = stack.client("stepfunctions"), None
    while True:
        # A page may be empty and yet have a token: only one without a token is the last.
        page = client.list_executions(**query, **({"nextToken": token} if token else {}))
        yield from map(run_of, page["executions"])
        if not (token := page.get("nextToken")):
            return


def describe(stack: Stack, arn: str) -> Run:
    """The run of that ARN.

    Raises:
        Problem: there is no such run.
    """
    client = stack.client("stepfunctions")
    missing = client.exceptions.ExecutionDoesNotExist, client.exceptions.InvalidArn
    try:
        return run_of(client.describe_execution(executionArn=arn))
    except missing:
        raise Problem(
            f"Stack {stack.name} has no run {arn.rpartition(':')[2]}. Step Functions keeps a run for 90 days"
            f" after its end. The newest: {stack.command('list')}",
            WRONG_CALL,
        ) from None


def arn_of(stack: Stack, named: str) -> str:
    """The ARN of the run of that name or ARN.

    Raises:
        Problem: the ARN is no execution of the stack's state machine.
    """
    prefix = stack.state_machine_arn.replace(":stateMachine:", ":execution:", 1)
    if not named.startswith("arn:"):
        return f"{prefix}:{named}"
    if named.startswith(f"{prefix}:"):
        return named
    raise Problem(
        f"{named} is no run of stack {stack.name}: the ARN of a run of it begins with {prefix}:\n"
        "Name the run's own stack with --stack, or its Region with --region.",
        WRONG_CALL,
    )


def decoded(text: str | None) -> Any:
    """The JSON value of an input or an output; None where it has none, or none that Python reads."""
    try:
        return None if text is None else json.loads(text)
    except (ValueError, RecursionError):
        return None


def run_of(answer: dict[str, Any]) -> Run:
    """The run of an answer of DescribeExecution, or of an item of ListExecutions."""
    return Run(
        arn=answer["executionArn"],
        name=answer["name"],
        status=answer["status"],
        start=answer["startDate"],
        stop=answer.get("stopDate"),
        input=decoded(answer.get("input")),
        output=decoded(answer.get("output")),
        error=answer.get("error"),
        cause=answer.get("cause"),
    )


def start(stack: Stack, run_input: dict[str, Any]) -> Run:
    """Start a run with this input, under a name that tells group and time, and a dry run from others.

    Raises:
        Problem: the answer was lost, and the run may go on; the message names it.
    """
    group = re.sub(r"[^0-9A-Za-z_-]+", "-", str(run_input.get("autoScalingGroupName", "run")))[:50]
    kind = "dry-" if run_input.get(_DRY_RUN) is True else ""
    name = f"{group}-{kind}{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{uuid4().hex[:8]}"
    client = stack.client("stepfunctions")
    from golden_image_cli.refusals import is_unsure  # noqa: PLC0415 - imports botocore, as the client has

    try:
        # A lost answer is asked for again: under the same name and input, StartExecution starts one run.
        begun = client.start_execution(
            stateMachineArn=stack.state_machine_arn,
            name=name,
            input=json.dumps(run_input, ensure_ascii=False),
        )
    except client.exceptions.ExecutionAlreadyExists:
        # The name is this call's own: an answer was lost, and the run is over already.
        return describe(stack, arn_of(stack, name))
    except Exception as error:
        if not is_unsure(error):
            raise
        raise Problem(
            f"AWS does not answer ({error}). The run may have begun all the same:"
            f" {stack.command('show', name)}",
            AWS_REFUSED,
        ) from error
    return Run(begun["executionArn"], name, RUNNING, begun["startDate"], input=run_input)
