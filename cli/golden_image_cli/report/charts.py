"""The pictures of a report, as specifications of Vega-Lite, drawn as SVG without a script in it."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING, Any

from golden_image_cli.report import words
from golden_image_cli.report.palette import LIGHT
from golden_image_cli.report.stages import CALL, PEOPLE, WAIT, Span, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from golden_image_cli.report.story import Story

    type Spec = dict[str, Any]
    type Row = dict[str, Any]

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"
DOWN = "down"
_LEGEND = {CALL: "calls", WAIT: "waits for AWS", PEOPLE: "waits for people", DOWN: "source is down"}
_VERSIONS = {"before": "version before", "after": "new version"}
_RUNS = {"before": "A", "call": "B"}
_ROW, _BAR, _EDGE, _CHARACTER = 22, 12, 12, 7.2
# The ticks of a time axis are so many seconds apart, whichever is the first that leaves room for their labels.
_STEPS = (
    *(1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200),
    86400,
    604800,
)
_TICK = 56


def draw(spec: Spec, told: str) -> str:
    """The picture as an SVG element. The library loads a JavaScript engine, so it is not imported before."""
    import vl_convert  # noqa: PLC0415 - 84 MB that only a report needs

    svg = str(vl_convert.vegalite_to_svg(spec))
    return re.sub(r"^<svg ", f'<svg role="figure" aria-label="{html.escape(told)}" ', svg, count=1)


def timeline(story: Story, width: int, total: float) -> Spec:
    """When each stage ran: a row for each, those of a chapter together.

    Args:
        width: of the picture, in pixels.
        total: seconds that the axis of time has.
    """
    labels = _labels(width)
    rows = list(_rows(story, total))
    keys = [row["row"] for row in rows]
    scale = (width - labels - _EDGE) / total
    pieces = [piece for row in rows for piece in row.pop("pieces")]
    kinds = [kind for kind in _LEGEND if any(piece["kind"] == kind for piece in pieces)]
    color = _scale(kinds, _LEGEND, width)
    y = {"field": "row", "type": "nominal", "sort": keys, "scale": {"domain": keys}, "axis": _names(labels)}
    told = [row | _place(row, scale, total) for row in rows]
    return _chart(width - labels - _EDGE, {"step": _ROW}) | {
        "encoding": {"y": y},
        "layer": [
            _layer(
                [r for r in rows if r["head"]],
                {"type": "bar", "height": 2, "color": LIGHT["line"]},
                total,
                scale,
            ),
            _layer(
                pieces,
                {"type": "bar", "height": _BAR, "cornerRadius": 1.5, "minBandSize": 1},
                total,
                scale,
                color={"field": "kind", "type": "nominal", **color},
            ),
            *(
                _texts([one for one in told if one["side"] == side], side, total, scale)
                for side in ("right", "left", "inside")
            ),
            _marks(_failures(rows, story.stages), "bad", "cross", total, scale),
            _marks(_checkpoints(rows, story), "ink", "diamond", total, scale),
        ],
    }


def capacity(story: Story, width: int, total: float) -> Spec:
    """How many instances were in service, beside the timeline's axis of time."""
    labels = _labels(width)
    last = max((stage.spans[-1].end for stage in story.stages if stage.chapter == "Roll-out"), default=total)
    bars = list(_levels(story, last))
    most = max((one.before + one.after for one in story.capacity), default=0)
    y = {"type": "quantitative", "scale": {"domain": [0, max(most, 1)]}, "title": None}
    ticks = sorted({0, *(c.before + c.after for c in story.capacity)})[-6:]
    axis = {"values": ticks, "format": "d", "minExtent": labels, "maxExtent": labels, "labelAlign": "right"}
    return _chart(width - labels - _EDGE, 84) | {
        "data": {"values": bars},
        "mark": {"type": "rect"},
        "encoding": {
            "x": _x(total, (width - labels - _EDGE) / total),
            "x2": {"field": "end"},
            "y": {"field": "low", **y, "axis": axis | {"grid": True}},
            "y2": {"field": "high"},
            "color": {
                "field": "kind",
                "type": "nominal",
                **_scale(
                    [kind for kind in _VERSIONS if any(b["kind"] == kind for b in bars)], _VERSIONS, width
                ),
            },
            "description": {"field": "told"},
        },
    }


def _levels(story: Story, last: float) -> Iterator[Row]:
    """A bar for each time in which as many instances of one version were in service, up to `last`."""
    for kind, name in _VERSIONS.items():
        bar: Row = {}
        for one, until in zip(story.capacity, [*(c.at for c in story.capacity[1:]), last], strict=True):
            low, high = (0, one.after) if kind == "after" else (one.after, one.after + one.before)
            if bar and (bar["low"], bar["high"]) == (low, high):
                bar["end"] = until
            else:
                yield from [bar] if bar else []
                bar = (
                    {"begin": one.at, "end": until, "low": low, "high": high, "kind": kind}
                    if high > low
                    else {}
                )
            if bar:
                told = f"{high - low} {name}: from {_seconds(bar['begin'])} to {_seconds(bar['end'])}"
                bar["told"] = told
        yield from [bar] if bar else []


def _labels(width: int) -> int:
    """The room for the names of the rows."""
    return 116 if width < 400 else 150


def durations(rows: Sequence[tuple[str, float, float]], width: int) -> Spec:
    """How long each stage took in two runs, which are named A and B."""
    names = [name for name, _, _ in rows]
    bars = [
        {"row": name, "run": run, "seconds": seconds, "told": f"{name} in {_RUNS[run]}: {_seconds(seconds)}"}
        for name, *both in rows
        for run, seconds in zip(_RUNS, both, strict=True)
    ]
    labels = _labels(width) + 20
    most = max(bar["seconds"] for bar in bars)
    x = _x(max(most, 0.001), (width - labels - _EDGE) / max(most, 0.001), "seconds")
    y = {"field": "row", "type": "nominal", "sort": names, "scale": {"domain": names, "paddingInner": 0.3}}
    axis = _names(labels) | {
        "labelExpr": "datum.value",
        "labelFontWeight": "normal",
        "labelColor": LIGHT["muted"],
    }
    color = _scale(list(_RUNS), _RUNS, width)
    return _chart(width - labels - _EDGE, {"step": 10}) | {
        "data": {"values": bars},
        "mark": {"type": "bar", "cornerRadius": 1.5},
        "encoding": {
            "y": y | {"axis": axis},
            "yOffset": {"field": "run", "sort": list(_RUNS)},
            "x": x,
            "color": {"field": "run", "type": "nominal", **color},
            "description": {"field": "told"},
        },
    }


def _rows(story: Story, total: float) -> Iterator[Row]:
    """The rows of the timeline, each with its pieces: of a chapter with several stages, a head first."""
    number = 0
    for chapter in dict.fromkeys(stage.chapter for stage in story.stages):
        own = [stage for stage in story.stages if stage.chapter == chapter]
        lines = [(stage.name, list(stage.pieces(total)), stage.seconds) for stage in own]
        if chapter == "Source" and (down := story.downtime):
            span = Span(down.begin, down.end, DOWN)
            lines.append(("Down", [span], span.seconds))
        if len(lines) > 1:
            begin, end = (
                min(p.begin for _, ps, _ in lines for p in ps),
                max(p.end for _, ps, _ in lines for p in ps),
            )
            yield _row(f"#{number:02}|{chapter}", begin, end, sum(stage.seconds for stage in own), []) | {
                "head": True
            }
            number += 1
        for name, pieces, seconds in lines:
            label = f" {number:02}|{name}" if len(lines) > 1 else f"#{number:02}|{chapter}"
            yield _row(label, pieces[0].begin, pieces[-1].end, seconds, pieces) | {"stage": (chapter, name)}
            number += 1


def _row(label: str, begin: float, end: float, seconds: float, pieces: list[Span]) -> Row:
    name = label.partition("|")[2]
    told = [
        {
            "row": label,
            "begin": piece.begin,
            "end": piece.end,
            "kind": piece.kind,
            "told": f"{name}, {_LEGEND[piece.kind]}: from {_seconds(piece.begin)} to {_seconds(piece.end)}",
        }
        for piece in pieces
    ]
    text = words.duration(seconds)
    return {
        "row": label,
        "begin": begin,
        "end": end,
        "text": text,
        "pieces": told,
        "head": False,
        "stage": None,
    }


def _seconds(moment: float) -> str:
    return f"{moment:.3f} s"


def _place(row: Row, scale: float, total: float) -> Row:
    """Where the row's duration has room: after its bar, before it, or in it."""
    room = len(row["text"]) * _CHARACTER + 12
    if (total - row["end"]) * scale >= room:
        return {"side": "right", "at": row["end"]}
    return (
        {"side": "left", "at": row["begin"]}
        if row["begin"] * scale >= room
        else {"side": "inside", "at": total}
    )


def _texts(rows: list[Row], side: str, total: float, scale: float) -> Spec:
    place = {"align": "left", "dx": 9} if side == "right" else {"align": "right", "dx": -7}
    return {
        "data": {"values": rows},
        "mark": {"type": "text", "baseline": "middle", "fontSize": 11, **place},
        "encoding": {
            "x": _x(total, scale, "at"),
            "text": {"field": "text"},
            "color": {"value": LIGHT["ink" if side == "inside" else "muted"]},
        },
    }


def _layer(values: list[Row], mark: Spec, total: float, scale: float, **more: Any) -> Spec:
    told = {"description": {"field": "told"}} if more else {}
    x = {"x": _x(total, scale), "x2": {"field": "end"}}
    return {"data": {"values": values}, "mark": mark, "encoding": {**x, **told, **more}}


def _marks(values: list[Row], color: str, shape: str, total: float, scale: float) -> Spec:
    mark = {
        "type": "point",
        "shape": shape,
        "filled": True,
        "size": 80,
        "angle": 45 if shape == "cross" else 0,
        "color": LIGHT[color],
        "opacity": 1,
    }
    encoding = {"x": _x(total, scale, "at"), "description": {"field": "told"}}
    return {"data": {"values": values}, "mark": mark, "encoding": encoding}


def _failures(rows: list[Row], stages: Sequence[Stage]) -> list[Row]:
    at = {(stage.chapter, stage.name): stage.failed_at for stage in stages if stage.failed_at is not None}
    return [
        {"row": row["row"], "at": at[row["stage"]], "told": f"failed at {_seconds(at[row['stage']])}"}
        for row in rows
        if row["stage"] in at
    ]


def _checkpoints(rows: list[Row], story: Story) -> list[Row]:
    row = next((row["row"] for row in rows if row["stage"] == ("Roll-out", "Instance refresh")), None)
    return [
        {"row": row, "at": one.at, "told": f"checkpoint {one.percent}% at {_seconds(one.at)}"}
        for one in story.checkpoints
        if row and one.percent < 100
    ]


def _names(width: int) -> Spec:
    """The axis of the rows: names on the left, those of chapters bold."""
    is_chapter = {"test": "substring(datum.value, 0, 1) == '#'"}
    return {
        "title": None,
        "domain": False,
        "ticks": False,
        "grid": False,
        "labelExpr": "split(datum.value, '|')[1]",
        "labelAlign": "left",
        "labelPadding": width - 4,
        "labelLimit": width - 12,
        "labelFontSize": 12,
        "labelFontWeight": {"condition": {**is_chapter, "value": 600}, "value": "normal"},
        "labelColor": {"condition": {**is_chapter, "value": LIGHT["ink"]}, "value": LIGHT["muted"]},
        "minExtent": width,
        "maxExtent": width,
    }


def _x(total: float, scale: float, field: str = "begin") -> Spec:
    """The axis of time, in seconds since the run's start."""
    step = next((step for step in _STEPS if step * scale >= _TICK), _STEPS[-1])
    values = [tick * step for tick in range(int(total // step) + 1)]
    named = json.dumps({value: _tick(value) for value in values})
    axis = {"values": values, "labelExpr": f"({named})[datum.value]", "title": None, "grid": True}
    return {
        "field": field,
        "type": "quantitative",
        "scale": {"domain": [0, total], "nice": False},
        "axis": axis,
    }


def _tick(seconds: int) -> str:
    if seconds >= 86400:
        return f"{seconds // 86400} d" + (f" {seconds % 86400 // 3600} h" if seconds % 86400 else "")
    if seconds >= 3600:
        return f"{seconds // 3600} h" + (f" {seconds % 3600 // 60:02}" if seconds % 3600 else "")
    if seconds >= 60:
        return f"{seconds // 60} min" + (f" {seconds % 60:02}" if seconds % 60 else "")
    return f"{seconds} s" if seconds else "0"


def _scale(kinds: list[str], named: dict[str, str], width: int) -> Spec:
    return {
        "scale": {"domain": kinds, "range": [LIGHT[kind] for kind in kinds]},
        "legend": {
            "title": None,
            "orient": "top",
            "direction": "horizontal",
            "columns": 2 if width < 480 else 0,
            # The reader's font may be wider than the one by which the library places the names.
            "columnPadding": 24 if width < 480 else 36,
            "symbolType": "square",
            "labelExpr": f"({json.dumps(named)})[datum.label]",
            "labelFontSize": 12,
            "labelColor": LIGHT["muted"],
            "offset": 14,
        },
    }


def _chart(width: int, height: Any) -> Spec:
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": width,
        "height": height,
        "padding": {"left": 0, "right": _EDGE, "top": 2, "bottom": 2},
        "background": None,
        "config": {
            "font": FONT,
            "view": {"stroke": None},
            "axis": {
                **{"labelColor": LIGHT["muted"], "gridColor": LIGHT["line"], "domain": False, "ticks": False},
                **{"labelFontSize": 11, "labelPadding": 6},
            },
        },
    }
