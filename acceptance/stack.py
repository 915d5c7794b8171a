"""The product, deployed by `sam deploy` under a throwaway name."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from acceptance.names import TAG, tags
from sandbox.build import ROOT, SAM, sam_environment
from sandbox.processes import Child
from sandbox.stacks import resources_of

if TYPE_CHECKING:
    from pathlib import Path

    from acceptance.account import Account

_DEPLOY_SECONDS = 1200


@dataclass(frozen=True)
class Stack:
    """A stack that is deployed."""

    name: str
    outputs: dict[str, str]
    resources: dict[str, str]
    """Physical ids by logical id."""


def make_bucket(account: Account, name: str) -> None:
    """A bucket of the stack's name for the code; that of `sam deploy --resolve-s3` would outlive it."""
    where = {} if account.region == "us-east-1" else {"LocationConstraint": account.region}
    more: dict[str, Any] = {"CreateBucketConfiguration": where} if where else {}
    account.aws("s3").create_bucket(Bucket=name, **more)
    account.aws("s3").put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags(name)})


def deploy(account: Account, name: str, template: Path, log: Path) -> Stack:
    """Deploy the built template.

    Raises:
        ChildError: `sam deploy` failed; the message has the end of what it said.
    """
    command = [str(SAM), "deploy", "--template-file", str(template), "--stack-name", name]
    command += ["--s3-bucket", name, "--region", account.region, "--capabilities", "CAPABILITY_IAM"]
    command += ["--no-confirm-changeset", "--tags", f"{TAG}={name}"]
    own = {key: sam_environment()[key] for key in ("PATH", "SAM_CLI_TELEMETRY", "__SAM_CLI_APP_DIR")}
    Child("sam deploy", command, log, os.environ | own, ROOT).wait(_DEPLOY_SECONDS)
    found = account.aws("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}
    return Stack(name, outputs, resources(account, name))


def no_stack(error: ClientError) -> bool:
    """Whether CloudFormation has said that there is no such stack."""
    told = error.response["Error"]
    return told["Code"] == "ValidationError" and "does not exist" in told["Message"]


def resources(account: Account, name: str) -> dict[str, str]:
    """The physical ids of a stack's resources by logical id; none where there is no such stack."""
    stacks = account.aws("cloudformation")
    try:
        found = resources_of(stacks, name)
    except ClientError as error:
        if no_stack(error):
            return {}
        raise
    return {one["LogicalResourceId"]: one.get("PhysicalResourceId", "") for one in found}
