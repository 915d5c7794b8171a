"""Plan Refresh: the input made complete, or refused, before anything changes."""

from typing import Any

from golden_image.generation import way_back
from golden_image.model.plan import Plan, WayBackPlan
from golden_image.run import plan, plan_digest, request
from golden_image.run.request import WayBackRequest
from golden_image.settings import Settings
from golden_image.step import step


@step
def handler(run: str, input_: Any) -> Plan | WayBackPlan:
    """The plan of `run` (the execution's ARN), whatever its input is."""
    wanted = request.parse(input_, Settings.from_env().default_group_name)
    if isinstance(wanted, WayBackRequest):
        return plan_digest.sealed(way_back.make(run, wanted), wanted.plan_digest)
    return plan_digest.sealed(plan.make(run, wanted), wanted.plan_digest)
