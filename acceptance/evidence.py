"""What the questions are asked of, and what they answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from acceptance.account import Account
from acceptance.scenarios import Outcome
from acceptance.stack import Stack

YES, NO, DIFFERENT, NOT_ASKED = "yes", "no", "different", "not asked"


@dataclass(frozen=True)
class Finding:
    """The answer to a question, and what was seen.

    Attributes:
        verdict: yes (AWS does as the code assumes), no (no answer was found), different, or not asked.
    """

    verdict: str
    seen: str


@dataclass(frozen=True)
class Evidence:
    """What the questions are asked of: the account, while the stack and all sources are there."""

    account: Account
    stack: Stack
    sources: Mapping[str, str]
    """Instance ids by kind."""
    outcomes: Sequence[Outcome]

    def outcome(self, name: str) -> Outcome | None:
        """That of a scenario; None where it was not in the plan."""
        return next((one for one in self.outcomes if one.scenario.name == name), None)

    def agreed(self, name: str, seen: str) -> Finding:
        """Yes where a scenario ended as expected."""
        found = self.outcome(name)
        if found is None:
            return Finding(
                NOT_ASKED, f"the scenario {name} was not in the plan (docs/guides/aws-acceptance.md)"
            )
        return Finding(YES, seen) if found.agrees else Finding(DIFFERENT, f"{found.seen}: {found.cause}")

    @property
    def group(self) -> str:
        """The group of the first scenario."""
        return f"{self.stack.name}-web"

    @property
    def image(self) -> str:
        """The image of the first scenario that has one."""
        made = (one.output["image"]["id"] for one in self.outcomes if one.output)
        return next(made, "ami-00000000000000000")
