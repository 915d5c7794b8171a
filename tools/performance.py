"""Writes what `make bench` measured into docs/explanations/performance.md and docs/reference/cost.md.

usage: python -m tools.performance FILE (the JSON lines; `make performance` makes them and calls this)
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from tools.project import ROOT

PAGE = ROOT / "docs/explanations/performance.md"
COST = ROOT / "docs/reference/cost.md"

Line = dict[str, Any]

_COST = """\
# What a refresh costs

`make performance` generates this page from runs in the sandbox. `make bench BENCH=footprint`
prints the counts, and a test verifies that each price follows from its counts. The source has two
volumes, of 8 and 20 GiB. The group that is updated, recreated and rolled has two instances. The run
that rolls it proves the image by a canary before.

| run | history events | state transitions | invocations | price |
| --- | --- | --- | --- | --- |
{rows}
```text
price of a run = transitions * $0.025 / 1000
               + invocations * ($0.20 / 1,000,000 + 0.25 GB * seconds * $0.0000166667)
```

The prices are those of us-east-1 in November 2026, without the free tier. Each invocation is assumed
to take one second, cold starts included. This is not a measurement on AWS. A retry adds a transition
and an invocation.

Each poll of a longer wait adds 3 transitions, 9 history events and one invocation
([the number of polls](input.md#limits)). The snapshots of the image cost more than the run: AWS bills
them for as long as you keep the image, at $0.05 per GiB and month of the blocks that hold data and, for
a later snapshot of a volume, that have changed. **No run deletes an earlier image.**

Between runs, the stack costs its six alarms ($0.10 a month each), its storage, and the sweeper's
schedule: 21,600 invocations a month, or $0.01 if each takes a tenth of a second, which is also an
assumption. The metrics that are measured each hour cost $0.30 a month each: three for the stack and one
for each group. The end of a run starts the sweeper once more, and writes at most 13 metrics. CloudWatch
bills a metric for each hour in which it gets a value: those of a run every night cost $0.16 a month. An
account's first three dashboards are free, and each other one costs $3 a month. `DashboardEnabled` turns
the dashboard off, and `OverdueRefreshGroup` adds an alarm.

## What AWS bills beside it

A run starts or keeps these, each at AWS's usual price. No figure here was measured on AWS.

- **Canary.** One instance of the group's type, with the image's volumes, from `Launch Canary` until it
  has ended. In the sandbox it lives for 4 minutes of virtual time, of which the status checks take 2
  (`make demo`). EC2 bills a Linux instance for 60 seconds at least. `canary.document` adds the time of
  the document.
- **Surge instances of a roll.** With `rolling.maxHealthyPercentage` above 100, old and new instances
  run side by side. Each additional instance runs for as long as a new one takes to be in service and
  warm, and an old one to end. In the sandbox, a group of three has one additional instance at a time
  (`make demo`). `rolling.bakeTime` and `rolling.checkpointDelay` keep no additional instances.
- **Approval.** A run that waits for people costs one state transition and one invocation for each
  request, however long it waits. Its source runs and its snapshots are kept meanwhile. A request sends
  one message to the topic.
- **Systems Manager.** A document of `prepare` or `canary` is one command on one EC2 instance. Each poll
  of a command costs what any poll costs.
- **Child workflows.** Each child (`prove_image`, `run_document`, `roll_out`, `undo`, `notify`) adds its
  own transitions. A failed run costs those of its undo too.
- **Generations.** An item in DynamoDB for each run that succeeds. What costs is what a generation needs
  to be launched again: the snapshots of its image. EBS bills of a snapshot the blocks that have changed
  since the volume's earlier one. To have a generation no more, deregister its image with its snapshots:
  a run that goes back to it is refused with `GenerationGone`.
"""


def table(lines: list[Line], prefix: str) -> str:
    """Figures whose names begin alike as a table, named by what is after the prefix's last slash."""
    rows = ["| figure | ours | theirs | ratio | at most |", "| --- | --- | --- | --- | --- |"]
    for line in lines:
        name = line["figure"][prefix.rindex("/") + 1 :]
        theirs = "" if line["theirs"] is None else f"{_number(line['theirs'])} {line['unit']}"
        ratio, bar = line["ratio"], line.get("atMost")
        cells = [name, f"{_number(line['ours'])} {line['unit']}", theirs, _number(ratio), _number(bar)]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}" if abs(value) < 1 else f"{value:g}"


def with_tables(text: str, lines: list[Line]) -> str:
    """The page with each benchmark's table, between its markers, made anew."""

    def made(found: re.Match[str]) -> str:
        own = [line for line in lines if line["figure"].startswith(found[2])]
        if not own:
            raise SystemExit(f"no figure begins with {found[2]}")
        return f"{found[1]}\n{table(own, found[2])}\n{found[3]}"

    return re.sub(r"(<!-- figures: (\S+) -->)\n.*?(<!-- end -->)", made, text, flags=re.DOTALL)


def cost_page(lines: list[Line]) -> str:
    """The text of docs/reference/cost.md."""
    runs: dict[str, dict[str, float]] = {}
    for line in lines:
        if line["figure"].startswith("footprint/"):
            _, run, what = line["figure"].split("/")
            runs.setdefault(run, {})[what] = line["ours"]
    rows = [
        f"| {run} | {counts['history events']:.0f} | {counts['transitions']:.0f} | "
        f"{counts['invocations']:.0f} | ${counts['price']:.4f} |\n"
        for run, counts in runs.items()
    ]
    return _COST.format(rows="".join(rows))


def main() -> None:
    """Write both pages."""
    lines = [json.loads(text) for text in Path(sys.argv[1]).read_text().splitlines()]
    PAGE.write_text(with_tables(PAGE.read_text(), lines))
    COST.write_text(cost_page(lines))


if __name__ == "__main__":
    main()
