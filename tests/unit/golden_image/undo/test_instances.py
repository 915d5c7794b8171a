from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from golden_image.roll_out import capacity
from tests.unit.golden_image.undo.test_undo import carry_out, undo

if TYPE_CHECKING:
    from tests.unit.account import Account

pytestmark = pytest.mark.usefixtures("ledger_table")


def test_instances_of_the_runs_version_are_replaced_by_those_of_before(account: Account) -> None:
    account.group(MinSize=1)
    plan = account.plan(account.seed(), rollout="recreate")
    carry_out(plan)
    capacity.restore(plan.run, plan.group.name, plan.group.stated_sizes)
    launched = {i["InstanceId"]: i for i in account.found_group()["Instances"]}
    new = {name for name, i in launched.items() if i["LaunchTemplate"]["LaunchTemplateName"] == "web"}
    assert new

    undo()

    members = [i for i in account.found_group()["Instances"] if not i["LifecycleState"].startswith("Term")]
    assert {i["LaunchTemplate"]["LaunchTemplateName"] for i in members} == {"web-by-hand"}
    assert new.isdisjoint(i["InstanceId"] for i in members)
    assert all(account.state(name) in {"shutting-down", "terminated"} for name in new)
