"""The report, in Markdown: ready to be pasted into an issue."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from acceptance.evidence import NOT_ASKED

if TYPE_CHECKING:
    from acceptance.account import Account
    from acceptance.probes import Answer
    from acceptance.run import Result
    from acceptance.scenarios import End, Scenario

AWS = "AWS"


def report(account: Account, result: Result, place: str) -> str:
    """The report of an acceptance at a place: AWS, or the sandbox."""
    agree = sum(one.agrees for one in result.outcomes)
    lines = [
        f"# Acceptance on {place}",
        "",
        f"Region {account.region}, partition {account.partition}, {datetime.now(UTC):%Y-%m-%d}. "
        f"{agree} of {len(result.outcomes)} scenarios ended as the sandbox had said"
        f"{'' if result.complete else '; the acceptance did not come to its end'}.",
        "",
        "## Scenarios",
        "",
        "| scenario | expected | seen | minutes |",
        "| --- | --- | --- | --- |",
    ]
    for one in result.outcomes:
        cause = f"; {_line(one.cause)}" if one.cause else ""
        seen = "as expected" if one.agrees else f"**different**: {_end(one.seen)}{cause}"
        expected = _expected(one.scenario)
        lines.append(f"| {one.scenario.what} | {expected} | {seen} | {one.seconds / 60:.1f} |")
    if result.answers:
        lines += ["", "## Not yet seen on AWS", "", "| row | answer | seen |", "| --- | --- | --- |"]
        lines += [f"| {one.row} | {_verdict(one, place)} | {_line(one.seen)} |" for one in result.answers]
    lines += ["", "## Left", "", *([f"- {one}" for one in result.left] or ["Nothing."])]
    return "\n".join(lines) + "\n"


def _verdict(answer: Answer, place: str) -> str:
    """What an emulator shows is no answer."""
    return answer.verdict if place == AWS or answer.verdict == NOT_ASKED else f"not shown by {place}"


def _expected(scenario: Scenario) -> str:
    """How a scenario ends in the sandbox, and how the documentation says that it may end elsewhere."""
    if scenario.also is None:
        return _end(scenario.expected)
    end, word = scenario.also
    return f"{_end(scenario.expected)}; or {_end(end)}, with {word}"


def _end(end: End) -> str:
    left = ", ".join(end.left) or "nothing"
    parts = [
        f"{end.status} {end.error}".strip(),
        f"group {end.sizes}",
        f"left: {left}",
        f"source {end.source}",
    ]
    return " · ".join([*parts, *(f"warned: {_line(one)}" for one in end.warned)])


def _line(text: str) -> str:
    """A text in a cell of a table."""
    flat = " ".join(text.split()).replace("|", "\\|")
    return flat if len(flat) <= 500 else f"{flat[:500]} …"
