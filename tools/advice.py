"""Writes the advice of docs/guides/failure.md into the workflow that notifies of a failure.

usage: python -m tools.advice
"""

from __future__ import annotations

from tools.failure_page import advice
from tools.format_definitions import formatted
from tools.project import DEFINITIONS, definition

WORKFLOW, STATE = "notify", "Find Advice"


def main() -> None:
    """Write the advice."""
    whole = definition(WORKFLOW)
    whole["States"][STATE]["Assign"]["advice"] = advice()
    DEFINITIONS[WORKFLOW].write_text(formatted(whole), encoding="utf-8")


if __name__ == "__main__":
    main()
