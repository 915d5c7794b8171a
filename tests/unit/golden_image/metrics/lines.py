"""The lines of the embedded metric format in what a function has printed."""

from __future__ import annotations

import json
from typing import Any


def written(printed: str) -> list[dict[str, Any]]:
    """Each line as CloudWatch reads it: the metrics that it defines by name, its dimensions, and the rest."""
    lines = [json.loads(line) for line in printed.splitlines() if '"_aws"' in line]
    return [_read(line) for line in lines]


def _read(line: dict[str, Any]) -> dict[str, Any]:
    [directive] = line["_aws"]["CloudWatchMetrics"]
    [dimensions] = directive["Dimensions"]
    assert len(directive["Metrics"]) <= 100
    assert len(json.dumps(line)) < 256 * 1024
    read: dict[str, Any] = {
        "at": line["_aws"]["Timestamp"],
        "namespace": directive["Namespace"],
        "metrics": {one["Name"]: line[one["Name"]] for one in directive["Metrics"]},
        "units": {one["Name"]: one["Unit"] for one in directive["Metrics"]},
        "dimensions": {name: line[name] for name in dimensions},
    }
    rest = line.keys() - {"_aws", *read["metrics"], *dimensions}
    return read | {"told": {name: line[name] for name in rest}}
