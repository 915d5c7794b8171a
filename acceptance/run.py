"""One acceptance, from nothing to nothing: make, run every scenario, ask the probes, remove."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from acceptance import scenarios, state
from acceptance.evidence import Evidence
from acceptance.probes import Answer, answers
from acceptance.removal import remove
from acceptance.scenarios import Outcome
from acceptance.sources import make_customer_key, make_key_pair, make_source, wait_for_sources
from acceptance.stack import deploy, make_bucket
from acceptance.state import DIRECTORY

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from acceptance.account import Account
    from acceptance.plan import Plan

    Say = Callable[[str], None]

SETUP_STEPS = ("bucket", "key pair", "customer key", "sources", "deployment")
LAST_STEPS = ("probes", "removal")
UNKNOWN = "unknown: the removal did not come to its end"


@dataclass
class Result:
    """What an acceptance has seen so far, whether it came to its end, and what it left as far as is known."""

    name: str
    outcomes: list[Outcome] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    complete: bool = False
    left: list[str] = field(default_factory=lambda: [UNKNOWN])

    @property
    def good(self) -> bool:
        """Whether every scenario ended as expected, and nothing is left."""
        return self.complete and all(one.agrees for one in self.outcomes) and not self.left


def accept(account: Account, plan: Plan, result: Result, template: Path, say: Say) -> None:
    """Do everything of the plan, and fill in the result; whatever happens, remove everything at the end.

    Args:
        result: names the stack.
        template: built by `sam build`.
        say: is called with the name of each step before it begins.
    """
    state.begin(account, result.name)
    try:
        _do(account, plan, result, template, say)
        result.complete = True
    finally:
        try:
            clean(account, result, say)
        except KeyboardInterrupt:
            clean(account, result, say)
            raise


def clean(account: Account, result: Result, say: Say) -> None:
    """Remove everything of an acceptance, and forget it when nothing is left."""
    say("removal")
    result.left = remove(account, result.name)
    if not result.left:
        state.end(result.name)


def _do(account: Account, plan: Plan, result: Result, template: Path, say: Say) -> None:
    name = result.name
    say("bucket")
    make_bucket(account, name)
    say("key pair")
    make_key_pair(account, name)
    say("customer key")
    key = make_customer_key(account, name)
    say("sources")
    sources = {kind: make_source(account, name, kind, key) for kind in plan.kinds}
    say("deployment")
    stack = deploy(account, name, template, DIRECTORY / "deploy.log")
    wait_for_sources(account, list(sources.values()))
    for scenario in plan.scenarios:
        say(scenario.name)
        outcome = scenarios.run(account, stack, scenario, sources[scenario.source])
        result.outcomes.append(outcome)
        how = "as expected" if outcome.agrees else "DIFFERENT"
        say(f"  {outcome.seen.status} {outcome.seen.error}: {how}")
    say("probes")
    result.answers = answers(Evidence(account, stack, sources, result.outcomes))
