"""A second opinion on every question to the policies: iam-simulate's, beside MiniStack's.

It also knows AWS's service authorization reference: which actions there are, which kinds of resources each
takes, and which condition keys come with them.
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.least_privilege.policies import allows, parsed
from tests.template.rules.permissions import ONLY_ALL
from tools.project import NODE, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tests.least_privilege.policies import Account, Request
    from tools.policies import Document

_SCRIPT = Path(__file__).with_suffix(".js")
_MODULES = ROOT / ".tools/iam/node_modules"
_SECONDS = 600


@dataclass(frozen=True)
class Answer:
    """What iam-simulate says of a request.

    Attributes:
        allowed: whether the policies allow it.
        unknown: its condition keys that AWS does not list for the action and the kind of resource.
        error: why AWS cannot be asked this, such as that there is no such action; empty: it can.
    """

    allowed: bool = False
    unknown: tuple[str, ...] = ()
    error: str = ""


def answers(
    account: Account, policies: Mapping[str, list[Document]], asked: Sequence[tuple[str, Request]]
) -> list[Answer]:
    """An answer to each request, in their order, each of them by the policies of a name."""
    found = _told(
        account=account.account,
        policies=policies,
        asked=[
            {"name": name, "action": one.action, "resource": one.resource, "context": dict(one.context)}
            for name, one in asked
        ],
    )
    return [
        Answer(one.get("allowed", False), tuple(one.get("unknown", ())), one.get("error", ""))
        for one in found["answers"]
    ]


def kinds(actions: Iterable[str]) -> dict[str, set[str]]:
    """The kinds of resources that AWS lists with each action; none where it can only be allowed for all."""
    found = _told(listed=sorted(actions))["kinds"]
    return {action: set(listed) for action, listed in found.items()}


def _told(**question: Any) -> dict[str, Any]:
    """What the script says.

    Raises:
        FileNotFoundError: its packages are not installed.
    """
    if not _MODULES.exists():
        raise FileNotFoundError(f"{_MODULES}; run: make judge-iam")
    done = subprocess.run(
        [NODE, _SCRIPT],
        input=json.dumps({"asked": [], "listed": []} | question),
        env=os.environ | {"NODE_PATH": str(_MODULES)},
        stdout=subprocess.PIPE,
        text=True,
        timeout=_SECONDS,
        check=True,
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def findings(
    account: Account, policies: Mapping[str, list[Document]], asked: Mapping[str, Iterable[Request]]
) -> list[str]:
    """Each request on which the evaluators differ, or that AWS cannot be asked; both tables are by name.

    One about all where AWS's reference knows single resources only is not one that the second can judge.
    """
    own = {name: parsed(documents) for name, documents in policies.items()}
    pairs = [
        (name, one)
        for name in asked
        for one in sorted(set(asked[name]), key=repr)
        if not (one.action in ONLY_ALL and one.resource == "*")
    ]
    found = []
    for (name, one), second in zip(pairs, answers(account, policies, pairs), strict=True):
        first = allows(own[name], one, account)
        if second.error:
            found.append(f"{name}: {one}: {second.error}")
        elif second.unknown:
            found.append(f"{name}: {one}: AWS does not list {', '.join(second.unknown)}")
        elif second.allowed != first:
            found.append(f"{name}: {one}: {_said(first)}, by the second evaluator {_said(second.allowed)}")
    return found


def _said(allowed: bool) -> str:
    return "allowed" if allowed else "denied"
