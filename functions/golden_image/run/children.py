"""The executions that a run starts: they are found by names that follow from the run."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from golden_image import aws
from golden_image.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef


# The chapters, as they are in the names of executions.
PREPARE, PROVE_IMAGE, CANARY, ROLL_OUT, UNDO = "prepare", "prove-image", "canary", "roll-out", "undo"


def child_name(run: str, chapter: str, attempt: int) -> str:
    """The name of the run's execution of a chapter, such as `undo`; each attempt has one of its own.

    Step Functions refuses a second start under a name (ExecutionAlreadyExists), so that two attempts cannot
    race. A name has at most 80 characters; this one has 64 for the run, whose ARN may be longer.
    """
    return f"{chapter}-{attempt}-{sha256(run.encode()).hexdigest()}"


def execution_arn(state_machine_arn: str, name: str) -> str:
    """The ARN of a state machine's execution; one that a version or an alias started is named without it."""
    _, partition, service, region, account, _, machine, *_ = state_machine_arn.split(":")
    return f"arn:{partition}:{service}:{region}:{account}:execution:{machine}:{name}"


def of_run(run: str) -> list[str]:
    """The executions that a run may have started, a caller before what it calls; not its undo and notify."""
    called = [
        (Settings.from_env().run_document_arn, PREPARE),
        (Settings.from_env().prove_image_arn, PROVE_IMAGE),
        (Settings.from_env().run_document_arn, CANARY),
        (Settings.from_env().roll_out_arn, ROLL_OUT),
    ]
    return [execution_arn(machine, child_name(run, chapter, 1)) for machine, chapter in called]


def find(execution_arn: str) -> DescribeExecutionOutputTypeDef | None:
    """Step Functions' description of an execution; None where it never was, or ended over 90 days ago."""
    try:
        return aws.client("stepfunctions").describe_execution(executionArn=execution_arn)
    except ClientError as error:
        if aws.code(error) == "ExecutionDoesNotExist":
            return None
        raise
