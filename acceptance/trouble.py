"""Failures that can be had for real: each is made before a run or during it, and taken back after it."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

from acceptance.names import DENY_POLICY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from acceptance.account import Account
    from acceptance.stack import Stack
    from sandbox.executions import Executions

_IAM_SECONDS = 30
"""A changed policy reaches all of IAM within some seconds."""
_STATE_SECONDS = 1800


@contextmanager
def nothing(_account: Account, _stack: Stack) -> Iterator[None]:
    """No trouble."""
    yield


@contextmanager
def denied_mark(account: Account, stack: Stack) -> Iterator[None]:
    """Drain Group may not write into the ledger, which it does before it drains: late in a run."""
    iam, role = account.aws("iam"), stack.resources["DrainGroupFunctionRole"]
    deny = {"Effect": "Deny", "Action": "dynamodb:UpdateItem", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    iam.put_role_policy(RoleName=role, PolicyName=DENY_POLICY, PolicyDocument=document)
    try:
        account.sleep(_IAM_SECONDS)
        yield
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName=DENY_POLICY)


@contextmanager
def deleted_key_pair(account: Account, stack: Stack) -> Iterator[None]:
    """The key pair of the source is deleted. It stays so: the scenarios with it come before."""
    account.aws("ec2").delete_key_pair(KeyName=stack.name)
    yield


def abort_while_draining(account: Account, executions: Executions, run: str) -> None:
    """Stop the run while its child waits for the group to drain."""

    def draining() -> bool:
        return any(visit.name == "Wait for Group to Drain" for visit in executions.visits(run))

    account.until(draining, _STATE_SECONDS, "Wait for Group to Drain")
    executions.stop(run)
