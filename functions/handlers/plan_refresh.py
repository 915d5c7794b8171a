"""Plan Refresh: the input made complete, or refused, before anything changes."""

import os

from golden_image import plan, request
from golden_image.observability import Event, step
from golden_image.plan import Plan


@step
def handler(event: Event) -> Plan:
    """Takes `run` (the execution's ARN) and `input`; answers the plan."""
    wanted = request.parse(event["input"], os.environ.get("DEFAULT_GROUP_NAME"))
    return plan.make(event["run"], wanted)
