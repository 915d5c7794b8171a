"""The page of a run: its sections, and what is in each."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from golden_image_cli import prices
from golden_image_cli.report import charts, timeline, words
from golden_image_cli.report.blocks import Chart, Command, Items, Page, Prose, Section, Table, Tiles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from golden_image_cli.report.blocks import Block
    from golden_image_cli.report.story import Failure, Story

_DONE = {
    "drain": "was given a new image, and drained",
    "recreate": "was recreated from a new image",
    "rolling": "was rolled to a new image",
    "none": "was given a new image",
}


def of(story: Story, options: str, total: float | None = None) -> Page:
    """The page of one run.

    Args:
        options: of the commands in the page, such as `--stack web-images`.
        total: seconds that the axes of time have; default: those of the run.
    """
    return Page(_title(story), story.status, _about(story), tuple(_sections(story, options, total)))


def _title(story: Story) -> str:
    group = story.group
    if story.is_dry:
        return f"{group}: a plan, and nothing changed"
    if story.status == "SUCCEEDED":
        if story.goes_back_to is not None:
            return f"{group} went back to generation {story.goes_back_to}"
        return f"{group} {_DONE.get(str(story.rollout), 'was refreshed')}"
    if story.status == "RUNNING":
        return f"{group} is being refreshed"
    if story.status == "ABORTED":
        return f"The run of {group} was stopped"
    return f"{group} was not {'taken back' if story.goes_back_to is not None else 'refreshed'}"


def _about(story: Story) -> str:
    told = [f"Run {story.name}", f"started {words.clock(story.start)}"]
    if story.source:
        told.append(f"source {story.source}")
    if story.rollout:
        told.append(f"rollout {story.rollout}")
    if story.generation is not None:
        told.append(f"generation {story.generation}")
    return " · ".join(told)


def _sections(story: Story, options: str, total: float | None) -> Iterator[Section]:
    axis = max(total or story.seconds, 0.001)
    yield Section("", (Tiles(tuple(_tiles(story))), *(Prose(gap) for gap in story.gaps)))
    if story.failure:
        yield _failure(story, story.failure, options)
    if story.stages:
        chart = Chart(lambda width: timeline.timeline(story, width, axis), _told(story))
        yield Section("What ran when", (chart,))
    if story.capacity:
        told = f"Instances in service: from {_in_service(story, 0)} to {_in_service(story, -1)}"
        yield Section(
            "Instances in service", (Chart(lambda width: charts.capacity(story, width, axis), told),)
        )
    if story.changes:
        yield _changes(story)
    if story.approvals:
        yield _approvals(story)
    if story.warnings:
        yield Section("Warnings", (Items(story.warnings),))
    if not story.is_dry:
        yield _cost(story)
    if back := _way_back(story, options):
        yield Section("Go back", back)


def _tiles(story: Story) -> Iterator[tuple[str, str, str]]:
    going = story.status == "RUNNING"
    yield "Duration", words.duration(story.seconds), "so far" if going else ""
    if down := story.downtime:
        yield (
            "Source down",
            words.duration(down.end - down.begin),
            "" if down.is_over else "at most, or still",
        )
    elif not story.is_dry and story.source:
        yield "Source down", "0 s", "it was not stopped by this run"
    if story.capacity:
        fewest = min(one.before + one.after for one in story.capacity)
        yield "Fewest in service", str(fewest), "at any check"
    if not story.is_dry:
        yield "Cost of the run", words.dollars(story.cost.of_run), "so far" if going else ""


def _in_service(story: Story, index: int) -> int:
    one = story.capacity[index]
    return one.before + one.after


def _told(story: Story) -> str:
    longest = max(story.stages, key=lambda stage: stage.seconds)
    return (
        f"Timeline of {words.count(len(story.stages), 'stage')} in {words.duration(story.seconds)}. "
        f"The longest is {longest.chapter}, {longest.name}: {words.duration(longest.seconds)}"
    )


def _failure(story: Story, failure: Failure, options: str) -> Section:
    rows = [
        ("Failed in", failure.state),
        ("Error", failure.error),
        ("Cause", failure.cause),
        ("Roll-back", failure.roll_back or _who_undoes(story)),
    ]
    blocks: list[Block] = [Table((), tuple((name, value) for name, value in rows if value))]
    if failure.passes:
        passes = tuple((words.duration(at), what) for at, what in failure.passes)
        blocks += [
            Prose("The undo found this to do, pass by pass:"),
            Table(("after", "still to undo"), passes),
        ]
    blocks.append(Command(f"golden-image why {shlex.quote(story.name)} {options}"))
    return Section("What failed, and what was undone", tuple(blocks))


def _who_undoes(story: Story) -> str:
    if story.status == "FAILED":
        return "The run does not tell it."
    return "The sweeper undoes this run from outside. The topic gets a message when it is undone."


def _changes(story: Story) -> Section:
    rows: list[tuple[str, ...]] = []
    subject = ""
    for one in story.changes:
        rows.append((one.subject if one.subject != subject else "", one.field, one.before, one.after))
        subject = one.subject
    done = story.status == "SUCCEEDED" and not story.is_dry
    title = "Before and after" if done else "What was planned" if story.failure else "What is planned"
    return Section(title, (Table(("", "", "before", "after"), tuple(rows), is_pair=True),))


def _approvals(story: Story) -> Section:
    rows = tuple(
        (
            str(one.get("at", "")),
            str(one.get("by") or "by the AWS CLI"),
            str(one.get("reason") or ""),
            str(one.get("answeredAt") or ""),
        )
        for one in story.approvals
    )
    return Section("Approvals", (Table(("of", "by", "reason", "when"), rows),))


def _cost(story: Story) -> Section:
    cost = story.cost
    rows = [
        (
            "This run",
            f"{words.dollars(cost.of_run)}: {words.count(cost.transitions, 'state transition')}, "
            f"{words.count(cost.invocations, 'invocation')} of one second each, as is assumed",
        )
    ]
    if cost.kept_gib:
        rows.append(
            (
                "The image",
                f"at most {prices.of_snapshots(cost.kept_gib)} for snapshots of {cost.kept_gib} GiB. "
                "EBS bills only the blocks that have changed since the volumes' earlier snapshots",
            )
        )
    canary = sum(stage.seconds for stage in story.stages if stage.chapter == "Canary")
    if canary:
        rows.append(("The canary", f"one instance for {words.duration(canary)}, at the price of its type"))
    told = "The prices are those of us-east-1 in November 2026, without the free tier."
    return Section("Cost", (Table((), tuple(rows)), Prose(told)))


def _way_back(story: Story, options: str) -> tuple[Block, ...]:
    if story.is_dry or story.status != "SUCCEEDED" or story.generation is None:
        return ()
    if story.generation == 1:
        return (Prose("This is the group's first generation: there is no earlier one to go back to."),)
    which = "" if story.replaces is None else f"--to {story.replaces} "
    how = "" if story.rollout is None else f"--rollout {story.rollout} "
    return (Command(f"golden-image go-back {shlex.quote(story.group)} {which}{how}{options}"),)
