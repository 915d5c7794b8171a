"""The timeline of a run: a row for each stage, with a bar where it ran, and its duration beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from golden_image_cli.report import chart_parts as parts
from golden_image_cli.report import words
from golden_image_cli.report.palette import LIGHT
from golden_image_cli.report.stages import CALL, PEOPLE, WAIT, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from golden_image_cli.report.chart_parts import Row, Spec
    from golden_image_cli.report.story import Story

_DOWN = "down"
_KINDS = {CALL: "calls", WAIT: "waits for AWS", PEOPLE: "waits for people", _DOWN: "source is down"}
_ROW, _BAR = 22, 12
# Pixels of a character of a duration, at most, and of the space around it.
_CHARACTER, _AROUND = 7.2, 14


def timeline(story: Story, width: int, total: float) -> Spec:
    """The timeline.

    Args:
        width: of the picture, in pixels.
        total: seconds that its axis has.
    """
    names = parts.name_width(width)
    plot = parts.plot_width(width, names)
    rows = list(_rows(story, total))
    pieces = [piece for row in rows for piece in row["pieces"]]
    there = {kind: name for kind, name in _KINDS.items() if any(piece["kind"] == kind for piece in pieces)}
    picture = _Layers(total, plot)
    keys = [row["key"] for row in rows]
    y = {"field": "key", "type": "nominal", "sort": keys, "scale": {"domain": keys}, "axis": _names(names)}
    return parts.chart(plot, {"step": _ROW}) | {
        "encoding": {"y": y},
        "layer": [
            picture.bars(
                [row for row in rows if row["is_head"]],
                {"height": 2, "color": LIGHT["line"], "aria": False},
            ),
            picture.bars(
                pieces,
                {"height": _BAR, "cornerRadius": 1.5},
                color=parts.colors("kind", there, width, names),
                description={"field": "told"},
            ),
            *picture.durations(rows),
            picture.marks(list(_failures(rows)), {"shape": "cross", "angle": 45, "color": LIGHT["bad"]}),
            picture.marks(list(_checkpoints(rows, story)), {"shape": "diamond", "color": LIGHT["ink"]}),
        ],
    }


def _rows(story: Story, total: float) -> Iterator[Row]:
    """A row for each stage, those of a chapter together; of a chapter with several, a head before them.

    Its key tells it from all others, and says how its name is shown.
    """
    number = 0
    for chapter in dict.fromkeys(stage.chapter for stage in story.stages):
        own = [stage for stage in story.stages if stage.chapter == chapter]
        rows = [
            _row(stage.name, list(stage.pieces(total)), stage.seconds, stage.failed_at)
            | {"rolls": (chapter, stage.name) == ("Roll-out", "Instance refresh")}
            for stage in own
        ]
        if chapter == "Source" and (down := story.downtime):
            rows.append(_row("Down", [Span(down.begin, down.end, _DOWN)], down.end - down.begin))
        if len(rows) > 1:
            whole = Span(min(row["begin"] for row in rows), max(row["end"] for row in rows), CALL)
            head = _row(chapter, [whole], sum(stage.seconds for stage in own))
            rows.insert(0, head | {"pieces": [], "is_head": True})
        else:
            rows[0]["name"] = chapter
        for position, row in enumerate(rows):
            key = f"{'#' if position == 0 else ' '}{number:03}|{row['name']}"
            yield row | {"key": key, "pieces": [piece | {"key": key} for piece in row["pieces"]]}
            number += 1


def _row(name: str, pieces: list[Span], seconds: float, failed_at: float | None = None) -> Row:
    told = [
        {
            "begin": piece.begin,
            "end": piece.end,
            "kind": piece.kind,
            "told": f"{name}, {_KINDS[piece.kind]}: "
            f"from {parts.exactly(piece.begin)} to {parts.exactly(piece.end)}",
        }
        for piece in pieces
    ]
    return {
        **{"name": name, "begin": pieces[0].begin, "end": pieces[-1].end, "text": words.duration(seconds)},
        **{"pieces": told, "failed_at": failed_at, "is_head": False, "rolls": False},
    }


class _Layers:
    """The layers of a timeline on its axis of time."""

    def __init__(self, total: float, plot: int) -> None:
        self._total, self._plot = total, plot

    def bars(self, rows: list[Row], mark: Spec, **encoding: Any) -> Spec:
        x = {"x": parts.seconds("begin", self._total, self._plot), "x2": {"field": "end"}}
        # Data of its own: the pieces of a row are another layer's.
        values = [{key: value for key, value in row.items() if key != "pieces"} for row in rows]
        return {"data": {"values": values}, "mark": {"type": "bar"} | mark, "encoding": x | encoding}

    def durations(self, rows: list[Row]) -> Iterator[Spec]:
        """Where each has room: after its bar, before it, or in it."""
        places: dict[str, list[Row]] = {"after": [], "before": [], "in": []}
        for row in rows:
            room = (len(row["text"]) * _CHARACTER + _AROUND) * self._total / self._plot
            place = (
                "after" if self._total - row["end"] >= room else "before" if row["begin"] >= room else "in"
            )
            at = row["begin"] if place == "before" else row["end"]
            places[place].append({"key": row["key"], "text": row["text"], "at": at})
        for place, values in places.items():
            side = {"align": "left", "dx": 9} if place == "after" else {"align": "right", "dx": -7}
            color = LIGHT["ink" if place == "in" else "muted"]
            yield self._points(
                values,
                {"type": "text", "baseline": "middle", "fontSize": 11, "color": color, **side},
                text={"field": "text"},
            )

    def marks(self, values: list[Row], mark: Spec) -> Spec:
        look = {"type": "point", "filled": True, "size": 80, "opacity": 1}
        return self._points(values, look | mark, description={"field": "told"})

    def _points(self, values: list[Row], mark: Spec, **encoding: Any) -> Spec:
        x = parts.seconds("at", self._total, self._plot)
        return {"data": {"values": values}, "mark": mark, "encoding": {"x": x, **encoding}}


def _failures(rows: list[Row]) -> Iterator[Row]:
    for row in rows:
        if (at := row["failed_at"]) is not None:
            yield {"key": row["key"], "at": at, "told": f"{row['name']} failed at {parts.exactly(at)}"}


def _checkpoints(rows: list[Row], story: Story) -> Iterator[Row]:
    for row in rows:
        for one in story.checkpoints if row["rolls"] else ():
            if one.percent < 100:
                told = f"checkpoint {one.percent}% at {parts.exactly(one.at)}"
                yield {"key": row["key"], "at": one.at, "told": told}


def _names(width: int) -> Spec:
    """The names of chapters are bold."""
    of_chapter = {"test": "substring(datum.value, 0, 1) == '#'"}
    return parts.names(width) | {
        "labelExpr": "substring(datum.value, 5)",
        "labelFontWeight": {"condition": {**of_chapter, "value": 600}, "value": "normal"},
        "labelColor": {"condition": {**of_chapter, "value": LIGHT["ink"]}, "value": LIGHT["muted"]},
    }
