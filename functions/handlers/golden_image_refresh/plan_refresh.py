"""Plan Refresh: the input made complete, or refused, before anything changes."""

from typing import Any

from golden_image.model.plan import Plan
from golden_image.run import plan, request
from golden_image.settings import Settings
from golden_image.step import step


@step
def handler(run: str, input_: Any) -> Plan:
    """The plan of `run` (the execution's ARN), whatever its input is."""
    return plan.make(run, request.parse(input_, Settings.from_env().default_group_name))
