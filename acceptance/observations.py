"""The questions behind the rows of "Not yet seen on AWS" that the runs have answered.

Each answers a finding: whether AWS does as the code assumes, and what was seen.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from acceptance.evidence import DIFFERENT, NO, YES, Evidence, Finding
from acceptance.sources import GRANTED
from sandbox.executions import Executions, child_of

if TYPE_CHECKING:
    from acceptance.scenarios import Outcome

_DENIED = ("AccessDenied", "Unauthorized", "not authorized")


def stages(found: Evidence) -> Finding:
    """The seconds of the stages, and whether a run was denied a call that nobody forbade on purpose."""
    timings = "; ".join(
        f"{one.scenario.name}: {one.output['timings']}" for one in found.outcomes if one.output
    )
    denied = [f"{one.scenario.name}: {text}" for one in found.outcomes for text in _denials(one)]
    if denied:
        return Finding(DIFFERENT, f"{'; '.join(denied)}; seconds of {timings}")
    return Finding(YES, f"no call was denied; seconds of {timings}")


def _denials(outcome: Outcome) -> list[str]:
    """What a run says of denied calls, and of steps that failed after its commit, where each may be one."""
    said = outcome.output["warnings"] if outcome.output else []
    said = said if outcome.scenario.name == "denied" else [*said, outcome.cause]
    denied = [text for text in said if any(word in text for word in _DENIED)]
    return [*outcome.seen.warned, *(text for text in denied if text not in outcome.seen.warned)]


def rights_of_a_launch(found: Evidence) -> Finding:
    """Whether Auto Scaling launched with the grant that the acceptance made."""
    return found.agreed("customer-key", f"launched with a grant of {', '.join(GRANTED)}")


def start_with_a_customer_key(found: Evidence) -> Finding:
    """Whether Return Source could start a source under a customer key."""
    return found.agreed("customer-key", "the source was started again")


def windows(found: Evidence) -> Finding:
    """Whether the image of a Windows source is verified."""
    return found.agreed("windows", "the image of Windows Server 2022 was made and verified")


def cold_starts(found: Evidence) -> Finding:
    """The longest and the median Init Duration in the functions' log."""
    group = found.stack.resources["FunctionLogGroup"]
    pages = found.account.aws("logs").get_paginator("filter_log_events")
    pattern = '{ $.type = "platform.report" && $.record.metrics.initDurationMs = * }'
    texts = [
        event["message"]
        for page in pages.paginate(logGroupName=group, filterPattern=pattern)
        for event in page["events"]
    ]
    reports = [json.loads(text)["record"]["metrics"] for text in texts if "initDurationMs" in text]
    starts = sorted(one["initDurationMs"] for one in reports)
    if not starts:
        return Finding(NO, "no report of a cold start in the log")
    return Finding(
        YES,
        f"{len(starts)} cold starts: median {starts[len(starts) // 2]:.0f} ms, longest {starts[-1]:.0f} ms",
    )


def metrics(found: Evidence) -> Finding:
    """Which metrics CloudWatch shows of the lines that the sweeper has written. It takes up to 15 minutes."""
    pages = found.account.aws("cloudwatch").get_paginator("list_metrics")
    namespace = f"golden-image-refresh/{found.stack.name}"
    shown = {one["MetricName"] for page in pages.paginate(Namespace=namespace) for one in page["Metrics"]}
    seen = f"shown: {', '.join(sorted(shown)) or 'none'}; the dashboard's SEARCH: not asked"
    return Finding(YES if {"WaitSeconds", "DaysSinceRefresh"} <= shown else DIFFERENT, seen)


def stopped_child(found: Evidence) -> Finding:
    """Whether Step Functions stopped the child of the run that was stopped."""
    outcome = found.outcome("aborted")
    if outcome is None or outcome.run is None:
        return Finding(NO, "no run was stopped")
    states = found.account.aws("stepfunctions")
    executions = Executions(states, found.stack.outputs["StateMachineArn"], found.account.poll_seconds)
    children = [child for event in executions.history(outcome.run) if (child := child_of(event))]
    ends = {states.describe_execution(executionArn=child)["status"] for child in children}
    return Finding(YES if ends == {"ABORTED"} else DIFFERENT, f"child of the stopped run: {', '.join(ends)}")


def expressions(found: Evidence) -> Finding:
    """Whether every run, those that fail too, ended as in MiniStack's JSONata."""
    different = [one.scenario.name for one in found.outcomes if not one.agrees]
    if different:
        return Finding(DIFFERENT, f"these ended otherwise: {', '.join(different)}")
    return Finding(YES, f"{len(found.outcomes)} runs, with their failures and undo, took the expected way")
