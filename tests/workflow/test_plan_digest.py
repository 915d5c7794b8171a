"""A run that is held to a plan by its digest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.workflow.conftest import changes, next_call, succeeded
from tests.workflow.test_sizes import existing, resize

if TYPE_CHECKING:
    from sandbox.client import Client


def asked(sandbox: Client, group: str) -> dict[str, Any]:
    return {
        "sourceInstanceId": sandbox.seed()["instanceId"],
        "autoScalingGroupName": group,
        "rollout": "none",
    }


def test_a_run_with_the_digest_of_its_dry_run_does_what_that_has_told(sandbox: Client, group: str) -> None:
    existing(sandbox, group, 1, 1, 4)
    wanted = asked(sandbox, group)
    seen = succeeded(sandbox.run({**wanted, "dryRun": True}))
    succeeded(sandbox.run({**wanted, "planDigest": seen["digest"]}))


def test_a_run_whose_group_somebody_has_changed_since_changes_nothing(sandbox: Client, group: str) -> None:
    existing(sandbox, group, 1, 1, 4)
    wanted = asked(sandbox, group)
    seen = succeeded(sandbox.run({**wanted, "dryRun": True}))
    resize(sandbox, group, 1, 1, 5)
    since = next_call(sandbox)

    run = sandbox.run({**wanted, "planDigest": seen["digest"]})

    assert (run.status, run.error) == ("FAILED", "PlanOutdated")
    assert f"planDigest is {seen['digest']}" in str(run.cause)
    assert changes(sandbox, since, [run.arn]) == []
