"""The plan of a run from its event, or from its row in the ledger."""

from __future__ import annotations

from typing import Any

from golden_image.events import from_event
from golden_image.model.plan import Plan, WayBackPlan


def read(event: Any) -> Plan | WayBackPlan:
    """The plan, whichever kind it is of.

    Raises:
        InvalidInput: names the part that is missing or of another type.
    """
    going_back = isinstance(event, dict) and "goesBackTo" in event
    return from_event(WayBackPlan, event) if going_back else from_event(Plan, event)
