"""A request that is repeated takes effect once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tests.workflow.conftest import group_of, left_of, locks, next_call
from tests.workflow.test_schedule import deliver, runs

if TYPE_CHECKING:
    from sandbox.client import Client

# A plan that is made while the source stops is refused for that.
REFUSALS = {"RunInProgress", "PlanOutdated", "SourceNotReady"}


def test_a_hundred_deliveries_of_one_scheduled_time_start_one_run(sandbox: Client, group: str) -> None:
    event = {
        "scheduledTime": "2026-11-22T04:00:00Z",
        "sourceInstanceId": sandbox.seed()["instanceId"],
        "input": {"autoScalingGroupName": group, "dryRun": True},
    }
    before = set(runs(sandbox))

    with ThreadPoolExecutor(20) as pool:
        names = {answer["name"] for answer in pool.map(lambda _: deliver(sandbox, event), range(100))}

    assert set(runs(sandbox)) - before == names
    assert len(names) == 1


def test_of_fifty_starts_for_one_group_one_runs_and_the_source_is_stopped_once(
    sandbox: Client, group: str
) -> None:
    source = sandbox.seed()["instanceId"]
    run_input = {"sourceInstanceId": source, "autoScalingGroupName": group}
    # Long enough that all have been refused before the one is over.
    sandbox.control("PUT", "durations", {"snapshotBase": 1500})
    first_call = next_call(sandbox)

    with ThreadPoolExecutor(50) as pool:
        started = list(pool.map(lambda _: sandbox.start(run_input), range(50)))
    ends = [sandbox.wait(arn) for arn in started]

    winners = [run for run in ends if run.status == "SUCCEEDED"]
    assert len(winners) == 1
    assert {run.error for run in ends if run not in winners} <= REFUSALS
    stops = [c for c in sandbox.calls(first_call) if c["action"] == "StopInstances" and source in str(c)]
    assert [call["status"] for call in stops] == [200]
    assert [run for run in ends if run not in winners and left_of(sandbox, run.arn)] == []
    assert group_of(sandbox, group) is not None
    assert winners[0].output["warnings"] == []
    # Another test's run may be open, or aborted and not swept yet.
    assert [item for name in (group, source) for item in locks(sandbox, name)] == []
