"""What the ledger says of a run: whether it holds its locks still, and how its undo goes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from golden_image_cli import runs
from golden_image_cli.problems import Problem
from golden_image_cli.runs import Run

if TYPE_CHECKING:
    from golden_image_cli.stack import Stack


@dataclass(frozen=True)
class Row:
    """The row of a run that was not unlocked yet.

    Attributes:
        locks: what it locks, such as `group web`.
        committed: its rollout has succeeded, so it is never undone.
        undo: the newest execution that undoes it; None before the first.
    """

    locks: tuple[str, ...]
    committed: bool
    undo: Run | None


@dataclass(frozen=True)
class Approval:
    """What a run asks people, and what was answered; under the names of the ledger.

    Attributes:
        question: `at`, `since`, `until`, `changes`.
        answer: `at`, `approved`, `by`, `reason`, `answeredAt`; None until it has one.
    """

    question: dict[str, Any]
    answer: dict[str, Any] | None


def approval(stack: Stack, run: str) -> Approval | None:
    """The newest question of the run of that ARN; None where it asks nothing, or is over or being undone."""
    item = _item(stack, run)
    if "approval" not in item or item.keys() & {"committed", "undoing"}:
        return None
    return Approval(json.loads(item["approval"]["S"]), _answer(item))


def answer(stack: Stack, run: str) -> dict[str, Any] | None:
    """The answer to the newest question of the run, also while it is being undone; None without a row."""
    return _answer(_item(stack, run))


def _answer(item: dict[str, Any]) -> dict[str, Any] | None:
    text = item.get("approvalAnswer", {}).get("S")
    found: dict[str, Any] | None = json.loads(text) if text else None
    return found


def row(stack: Stack, run: str) -> Row | None:
    """The row of the run of that ARN; None where it has changed nothing, or is undone or unlocked."""
    if not (item := _item(stack, run)):
        return None
    locks = tuple(lock["S"].replace("#", " ", 1) for lock in item.get("locks", {}).get("L", []))
    attempt = item.get("undoAttempt", {}).get("N", "1")
    return Row(locks, "committed" in item, _undo(stack, run, item.get("undo", {}).get("S", ""), attempt))


def _item(stack: Stack, run: str) -> dict[str, Any]:
    key = {"pk": {"S": f"run#{run}"}}
    answer = stack.client("dynamodb").get_item(TableName=stack.ledger_table, Key=key, ConsistentRead=True)
    item: dict[str, Any] = answer.get("Item", {})
    return item


def _undo(stack: Stack, run: str, workflow: str, attempt: str) -> Run | None:
    """The execution that undoes the run: its name follows from the run and the attempt."""
    if not workflow:
        return None
    machine = ":".join(workflow.split(":")[:7]).replace(":stateMachine:", ":execution:", 1)
    try:
        return runs.describe(stack, f"{machine}:undo-{attempt}-{sha256(run.encode()).hexdigest()}")
    except Problem:
        return None
