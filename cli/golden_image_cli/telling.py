"""Plain text and JSON for a person's terminal, a pipe or a program."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from golden_image_cli.runs import Run

HIDDEN = "[hidden]"
# Fields of an input and a plan that the schema calls secret.
_SECRET = {"userData", "tags", "parameters"}
_COLOURS = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33"}
_OF_STATUS = {"RUNNING": "yellow", "SUCCEEDED": "green"}


def as_json(value: object) -> None:
    """Print a JSON document of one line."""
    print(json.dumps(value, ensure_ascii=False, default=str), flush=True)


def without_secrets(value: Any) -> Any:
    """A JSON value without user data, and without the values of tags and of documents' parameters."""
    if isinstance(value, dict):
        return {key: _named(part) if key in _SECRET else without_secrets(part) for key, part in value.items()}
    return [without_secrets(part) for part in value] if isinstance(value, list) else value


def _named(secret: Any) -> Any:
    """The names of what is secret; what is empty stays."""
    return dict.fromkeys(secret, HIDDEN) if isinstance(secret, dict) else secret and HIDDEN


def is_terminal(out: TextIO) -> bool:
    """Whether it is a terminal that can be drawn on."""
    return out.isatty() and os.environ.get("TERM") != "dumb"


def coloured() -> bool:
    """Whether the output takes colours: a terminal does, unless NO_COLOR is set."""
    return is_terminal(sys.stdout) and not os.environ.get("NO_COLOR")


def styled(text: str, style: str) -> str:
    """The text in a style of `bold`, `dim`, `red`, `green`, `yellow`, where the output takes it."""
    return f"\x1b[{_COLOURS[style]}m{text}\x1b[0m" if coloured() else text


def status(text: str) -> str:
    """The status of a run in its colour: red for each that is no success."""
    return styled(text, _OF_STATUS.get(text.strip(), "red"))


def moment(at: datetime) -> str:
    """A time as the clock of this machine has it, with its zone: `2026-11-30 17:34:05 +0000`."""
    return f"{at.astimezone():%Y-%m-%d %H:%M:%S %z}"


def minute(at: datetime) -> str:
    """The same in few columns: `2026-11-30 17:34`."""
    return f"{at.astimezone():%Y-%m-%d %H:%M}"


def span(seconds: float) -> str:
    """A duration as `0:41`, `12:05` or `1:02:03`; a negative one, of two clocks that differ, is none."""
    minutes, rest = divmod(max(round(seconds), 0), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def sizes(of_group: Mapping[str, Any], between: str = "/") -> str:
    """`1/2/4`: the minimum, the desired capacity and the maximum."""
    return between.join(str(of_group.get(key)) for key in ("minSize", "desiredCapacity", "maxSize"))


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """The rows as lines whose columns are aligned; the last column is not padded."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    padded = ([cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in rows)
    return ["  ".join(cells).rstrip() for cells in padded]


def fields(run: Run) -> dict[str, Any]:
    """A run for programs, under the names of the REST API; what it does not have is left out."""
    found = {
        "name": run.name,
        "executionArn": run.arn,
        "status": run.status,
        "startedAt": run.start.isoformat(timespec="milliseconds"),
        "stoppedAt": run.stop.isoformat(timespec="milliseconds") if run.stop else None,
        "input": without_secrets(run.input),
        "output": without_secrets(run.output),
        "error": run.error,
        "cause": run.cause,
    }
    return {key: value for key, value in found.items() if value is not None}
