"""Two runs side by side: why the one took longer than the other, stage by stage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from golden_image_cli.report import charts, page, words
from golden_image_cli.report.blocks import Chart, Columns, Items, Page, Prose, Section, Table
from golden_image_cli.report.stages import CALL, PEOPLE, WAIT, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from golden_image_cli.report.story import Story

# A difference below this many seconds is none.
_ALIKE = 0.5
_MOST_NAMED = 3
_NONE = Stage("", "")


@dataclass(frozen=True)
class Difference:
    """A stage in two runs. One that a run did not have took it no time."""

    name: str
    a: Stage
    b: Stage

    @property
    def seconds(self) -> float:
        """How much longer it took the second run."""
        return self.b.seconds - self.a.seconds

    @property
    def why(self) -> str:
        """Why it took one of them longer; empty where it did not."""
        if abs(self.seconds) < _ALIKE:
            return ""
        letter, slow, fast = ("B", self.b, self.a) if self.seconds > 0 else ("A", self.a, self.b)
        if not fast.spans:
            return f"only {letter} had it"
        told = [
            what.format(words.duration(more))
            for kind, what in (
                (WAIT, f"waited {{}} longer for AWS{_polls(slow, fast)}"),
                (PEOPLE, "waited {} longer for people"),
                (CALL, "spent {} more on calls"),
            )
            if (more := slow.spent(kind) - fast.spent(kind)) >= _ALIKE
        ]
        if slow.retries > fast.retries:
            told.append(f"tried calls again, {words.count(slow.retries, 'time')} and not {fast.retries}")
        return f"{letter} {', and '.join(told)}"


def _polls(slow: Stage, fast: Stage) -> str:
    return f" ({words.count(slow.polls, 'poll')}, not {fast.polls})" if slow.polls != fast.polls else ""


def differences(a: Story, b: Story) -> list[Difference]:
    """Each stage that one of two runs had, in the order of the first."""
    of_a, of_b = ({(one.chapter, one.name): one for one in story.stages} for story in (a, b))
    return [
        Difference(_name(*key), of_a.get(key, _NONE), of_b.get(key, _NONE))
        for key in dict.fromkeys([*of_a, *of_b])
    ]


def _name(chapter: str, stage: str) -> str:
    return chapter if chapter == stage else f"{chapter}, {stage.lower()}"


def of(a: Story, b: Story, options: str) -> Page:
    """The page of two runs; options: as for the page of one."""
    found = differences(a, b)
    total = max(a.seconds, b.seconds)
    rows = [(one.name, one.a.seconds, one.b.seconds) for one in found]
    sections = []
    if found:
        told = f"How long each of {words.count(len(found), 'stage')} took in both runs"
        table = Table(
            ("stage", "A", "B", "difference", "why"),
            tuple(
                (
                    one.name,
                    _took(one.a),
                    _took(one.b),
                    words.difference(one.seconds) if one.why else "",
                    one.why,
                )
                for one in found
            ),
        )
        sections.append(Section("Why", (Prose(_summary(a, b, found)), *_unlike(a, b))))
        sections.append(
            Section("Stage by stage", (Chart(lambda width: charts.durations(rows, width), told), table))
        )
    columns = Columns(page.of(a, options, total), page.of(b, options, total))
    about = f"A is {a.name}, {words.duration(a.seconds)} · B is {b.name}, {words.duration(b.seconds)}"
    return Page(f"A and B: two runs of {_groups(a, b)}", "", about, (*sections, Section("", (columns,))))


def _groups(a: Story, b: Story) -> str:
    return a.group if a.group == b.group else f"{a.group} and {b.group}"


def _took(stage: Stage) -> str:
    return words.duration(stage.seconds) if stage.spans else "—"


def _summary(a: Story, b: Story, found: list[Difference]) -> str:
    more = b.seconds - a.seconds
    if abs(more) < _ALIKE:
        return "Both runs took as long."
    slower, faster = ("B", "A") if more > 0 else ("A", "B")
    same_way = [one for one in found if one.why and (one.seconds > 0) == (more > 0)]
    most = sorted(same_way, key=lambda one: -abs(one.seconds))[:_MOST_NAMED]
    told = "; ".join(f"{one.name} {words.difference(abs(one.seconds))} ({one.why})" for one in most)
    return f"{slower} took {words.duration(abs(more))} longer than {faster}. Most of it: {told}."


def _unlike(a: Story, b: Story) -> Iterator[Items]:
    """What the runs were to do that differs."""
    facts = [
        ("rollout", a.rollout, b.rollout),
        ("GiB of the source's volumes", a.source_gib, b.source_gib),
        ("most instances in service", _most(a), _most(b)),
        ("status", a.status, b.status),
    ]
    told = tuple(
        f"{name}: {of_a} in A, {of_b} in B"
        for name, of_a, of_b in facts
        if None not in {of_a, of_b} and of_a != of_b
    )
    if told:
        yield Items(told)


def _most(story: Story) -> int | None:
    return max((one.before + one.after for one in story.capacity), default=None)
