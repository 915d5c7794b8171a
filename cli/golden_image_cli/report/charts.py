"""The pictures of a report beside its timeline: instances in service, and the stages of two runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from golden_image_cli.report import chart_parts as parts
from golden_image_cli.report.palette import LIGHT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from golden_image_cli.report.chart_parts import Row, Spec
    from golden_image_cli.report.story import Story

# The names of what has a color.
_VERSIONS = {"before": "version before", "after": "new version"}
_RUNS = {"before": "A", "call": "B"}
_MOST_TICKS = 6


def capacity(story: Story, width: int, total: float) -> Spec:
    """How many instances were in service; for the arguments see timeline.timeline."""
    names = parts.name_width(width)
    plot = parts.plot_width(width, names)
    rolls_until = (stage.spans[-1].end for stage in story.stages if stage.chapter == "Roll-out")
    bars = list(_levels(story, max(rolls_until, default=total)))
    counts = {0, *(one.before + one.after for one in story.capacity)}
    ticks = sorted(counts)[-_MOST_TICKS:]
    axis = {"values": ticks, "format": "d", "minExtent": names, "maxExtent": names, "grid": True}
    scale = {"domain": [0, max(*counts, 1)]}
    there = {kind: name for kind, name in _VERSIONS.items() if any(bar["kind"] == kind for bar in bars)}
    return parts.chart(plot, 84) | {
        "data": {"values": bars},
        "mark": {"type": "rect"},
        "encoding": {
            "x": parts.seconds("begin", total, plot),
            "x2": {"field": "end"},
            "y": {"field": "low", "type": "quantitative", "scale": scale, "title": None, "axis": axis},
            "y2": {"field": "high"},
            "color": parts.colors("kind", there, width, names),
            "description": {"field": "told"},
        },
    }


def _levels(story: Story, last: float) -> Iterator[Row]:
    """A bar for each time in which as many instances of one version were in service, up to `last`."""
    ends = [*(one.at for one in story.capacity[1:]), last]
    for kind in _VERSIONS:
        bar: Row | None = None
        for one, end in zip(story.capacity, ends, strict=True):
            low, high = (0, one.after) if kind == "after" else (one.after, one.after + one.before)
            if bar and (bar["low"], bar["high"]) == (low, high):
                bar["end"] = end
                continue
            if bar:
                yield _told(bar)
            bar = (
                {"begin": one.at, "end": end, "low": low, "high": high, "kind": kind} if high > low else None
            )
        if bar:
            yield _told(bar)


def _told(bar: Row) -> Row:
    count, name = bar["high"] - bar["low"], _VERSIONS[bar["kind"]]
    return bar | {
        "told": f"{count} {name}: from {parts.exactly(bar['begin'])} to {parts.exactly(bar['end'])}"
    }


def durations(rows: Sequence[tuple[str, float, float]], width: int) -> Spec:
    """How long each stage took in two runs, which are named A and B; a row is its name and both seconds."""
    stages = [name for name, _, _ in rows]
    bars = [
        {"row": name, "run": run, "seconds": took, "told": f"{name} in {_RUNS[run]}: {parts.exactly(took)}"}
        for name, *both in rows
        for run, took in zip(_RUNS, both, strict=True)
    ]
    most = max(0.001, *(took for _, *both in rows for took in both))
    # Chapter and stage are in one name.
    names = parts.name_width(width) + 40
    plot = parts.plot_width(width, names)
    y = {"field": "row", "type": "nominal", "sort": stages, "scale": {"domain": stages, "paddingInner": 0.3}}
    return parts.chart(plot, {"step": 10}) | {
        "data": {"values": bars},
        "mark": {"type": "bar", "cornerRadius": 1.5},
        "encoding": {
            "y": y | {"axis": parts.names(names) | {"labelColor": LIGHT["ink"]}},
            "yOffset": {"field": "run", "sort": list(_RUNS)},
            "x": parts.seconds("seconds", most, plot),
            "color": parts.colors("run", _RUNS, width, names),
            "description": {"field": "told"},
        },
    }
