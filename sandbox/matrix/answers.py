"""People who answer what a run asks them, while it goes on."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sandbox.stacks import resources_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.client import Client

APPROVE, REJECT = "approve", "reject"
# Nobody answers; somebody approves and somebody else rejects the same; the run is stopped instead.
NOBODY, TWICE, STOP = "nobody", "twice", "stop"
# Virtual seconds for which a run waits that nobody answers: the least that an input may state.
SHORTEST = 300
OTHERS = (REJECT, NOBODY, TWICE, STOP)
_LOOK_SECONDS = 0.1
_FUNCTION = "AnswerApprovalFunction"


@contextmanager
def answering(client: Client, run: str, how: str) -> Iterator[None]:
    """Answer each question of a run as long as it goes on; nothing where `how` is empty, or NOBODY."""
    if how in {"", NOBODY}:
        yield
        return
    over = threading.Event()
    thread = threading.Thread(target=_answer_all, args=(client, run, how, over))
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _answer_all(client: Client, run: str, how: str, over: threading.Event) -> None:
    key, table = {"pk": {"S": f"run#{run}"}}, client.endpoints.ledgerTable
    stack = resources_of(client.aws("cloudformation"), client.endpoints.stackName)
    function = next(one["PhysicalResourceId"] for one in stack if one["LogicalResourceId"] == _FUNCTION)
    while not over.wait(_LOOK_SECONDS):
        found = client.aws("dynamodb").get_item(TableName=table, Key=key, ConsistentRead=True)
        row = found.get("Item", {})
        if "approvalToken" not in row or "approvalAnswer" in row:
            continue
        if how == STOP:
            client.stop(run)
            return
        for answer in (APPROVE, REJECT) if how == TWICE else (how,):
            payload = {"run": run, "answer": answer, "reason": "the fault matrix says so"}
            # An answer that comes too late, or second, is refused.
            client.aws("lambda").invoke(FunctionName=function, Payload=json.dumps(payload).encode())
