"""What the pictures of a report have in common: parts of Vega-Lite, drawn without a script."""

from __future__ import annotations

import html
import json
import re
from typing import Any

from golden_image_cli.report.palette import LIGHT

type Spec = dict[str, Any]
type Row = dict[str, Any]

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"
# Pixels: the room at the right of a picture, and a width below which it is for a phone.
_EDGE, _PHONE = 12, 400
_LEGEND_ROW = 18
# The ticks of a time axis are so many seconds apart: the first of these that leaves room for their labels.
_STEPS = (
    *(1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200),
    *(86400, 172800, 604800),
)
_TICK = 56


def draw(spec: Spec, told: str) -> str:
    """The picture as an SVG element, which says in words what it shows."""
    # It loads a JavaScript engine, which only a report needs.
    import vl_convert  # noqa: PLC0415

    svg = vl_convert.vegalite_to_svg(spec)
    return re.sub("^<svg ", f'<svg role="figure" aria-label="{html.escape(told)}" ', svg, count=1)


def name_width(width: int) -> int:
    """The room for the names of the rows, in a picture of that width."""
    return 116 if width < _PHONE else 150


def plot_width(width: int, names: int) -> int:
    """The room for the bars, beside the names."""
    return width - names - _EDGE


def chart(width: int, height: Any) -> Spec:
    """A picture without content; the height is in pixels, or a row's."""
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


def names(width: int) -> Spec:
    """The axis of the rows: their names on the left."""
    return {
        "title": None,
        "domain": False,
        "ticks": False,
        "grid": False,
        "labelAlign": "left",
        "labelPadding": width - 4,
        "labelLimit": width - 12,
        "labelFontSize": 12,
        "minExtent": width,
        "maxExtent": width,
    }


def seconds(field: str, total: float, width: int) -> Spec:
    """The axis of time, from 0 to `total` seconds on `width` pixels."""
    step = next((step for step in _STEPS if step * width / total >= _TICK), _STEPS[-1])
    values = [tick * step for tick in range(int(total // step) + 1)]
    named = json.dumps({value: _tick(value) for value in values})
    axis = {"values": values, "labelExpr": f"({named})[datum.value]", "title": None, "grid": True}
    scale = {"domain": [0, total], "nice": False}
    return {"field": field, "type": "quantitative", "scale": scale, "axis": axis}


def _tick(at: int) -> str:
    for unit, size, rest in (("d", 86400, 3600), ("h", 3600, 60), ("min", 60, 1)):
        if at >= size:
            return f"{at // size} {unit}" + (f" {at % size // rest:02}" if at % size else "")
    return f"{at} s" if at else "0"


def colors(field: str, named: dict[str, str], width: int, left: int) -> Spec:
    """The colors of the palette by the values of a field, with a legend that calls them otherwise.

    Args:
        named: what each value is called.
        width: of the picture.
        left: pixels from its left to its plot: the legend begins at the left.
    """
    columns = len(named) if width >= _PHONE else min(len(named), 2)
    rows = -(-len(named) // columns) if columns else 0
    legend = {
        **{"title": None, "orient": "none", "direction": "horizontal", "symbolType": "square"},
        **{"legendX": -left + 4, "legendY": -_LEGEND_ROW * rows - 10},
        "columns": columns,
        # The reader's font may be wider than the one by which the library places the names.
        "columnPadding": 28,
        "labelExpr": f"({json.dumps(named)})[datum.label]",
        "labelFontSize": 12,
        "labelColor": LIGHT["muted"],
    }
    scale = {"domain": list(named), "range": [LIGHT[value] for value in named]}
    return {"field": field, "type": "nominal", "scale": scale, "legend": legend}


def exactly(at: float) -> str:
    """A moment for programs that read a picture aloud, or test it."""
    return f"{at:.3f} s"
