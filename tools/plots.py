"""Draws the plots of docs/explanations/performance.md from what `make bench` measured.

usage: .tools/plots/bin/python -m tools.plots FILE (the JSON lines; `make performance` calls this)
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt

DIRECTORY = Path(__file__).resolve().parent.parent / "docs/explanations/performance"
mpl.use("svg")
# The same numbers give the same file.
mpl.rcParams.update({"svg.hashsalt": "golden-image", "svg.fonttype": "none", "font.size": 11})


def draw(name: str, lines: list[dict[str, Any]], theirs: str, axis: dict[str, str]) -> None:
    """Ours and theirs over the number in each figure's name; `axis` is what matplotlib's Axes.set takes."""
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    at = [float(re.findall(r"[\d.]+", line["figure"])[0]) for line in lines]
    axes.plot(at, [line["theirs"] for line in lines], "s--", color="#b5541c", label=theirs)
    axes.plot(at, [line["ours"] for line in lines], "o-", color="#1c6fb5", label="golden-image-refresh")
    axes.set(**axis)
    if "yscale" not in axis:
        axes.set_ylim(bottom=0)
    axes.grid(visible=True, alpha=0.3)
    axes.legend()
    figure.savefig(DIRECTORY / f"{name}.svg", metadata={"Date": None})
    plt.close(figure)


def main() -> None:
    """Draw both."""
    lines = [json.loads(text) for text in Path(sys.argv[1]).read_text().splitlines()]
    DIRECTORY.mkdir(exist_ok=True)
    draw(
        "waiting",
        [line for line in lines if re.fullmatch(r"waiting/p\d+", line["figure"])],
        "15-second waiter (botocore, Packer)",
        {"xlabel": "percent of the refreshes", "ylabel": "delay of the four waits together, s"},
    )
    draw(
        "downtime",
        [line for line in lines if re.fullmatch(r"downtime/[\d.]+ GiB", line["figure"])],
        "boto3 script with waiters",
        {"xlabel": "disk, GiB", "ylabel": "source's downtime, virtual s", "xscale": "log", "yscale": "log"},
    )


if __name__ == "__main__":
    main()
