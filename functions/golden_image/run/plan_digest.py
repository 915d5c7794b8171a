"""The digest of a plan: two runs whose plans have the same one do the same.

What a caller has looked at in a dry run is so what a later run does, or the run is refused.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

from golden_image.errors import PlanOutdated
from golden_image.events import to_event
from golden_image.image import owned, registration
from golden_image.model.plan import Plan, WayBackPlan

# They tell one run from another, and nothing that it does.
_OF_THE_RUN = {"run", "plannedAt", "dryRun", "digest"}
# Of the launch template.
_FOR_PEOPLE = {"differences", "nextVersion"}


def sealed[P: (Plan, WayBackPlan)](plan: P, wanted: str | None) -> P:
    """The plan with its digest.

    Args:
        wanted: the digest of the plan that the caller has seen; None where the input states none.

    Raises:
        PlanOutdated: the plan's own is another one.
    """
    found = of(plan)
    if wanted not in {None, found}:
        raise PlanOutdated(
            f"planDigest is {wanted}, and the digest of this run's plan is {found}: the source, the group or "
            "the launch template has changed since that plan was made, or the input has. Start a dry run "
            "with the same input (dryRun: true), compare its output with that plan, and start the run with "
            "the digest of the new one."
        )
    return replace(plan, digest=found)


def of(plan: Plan | WayBackPlan) -> str:
    """64 hexadecimal digits of all that the plan decides, its warnings among it.

    Names that follow from the run's own, where the input states none, count as not stated. What decides
    nothing does not count: the number that the new version will get, which changes with each version that
    anybody adds to the template, such as that of a run that was undone; and what the group launches until
    then, of which the differences tell.
    """
    decided: dict[str, Any] = {key: part for key, part in to_event(plan).items() if key not in _OF_THE_RUN}
    if isinstance(plan, Plan):
        named = {
            "name": registration.default_name(plan.run, plan.group.name),
            "description": owned.description(plan.run, plan.source_id),
        }
        decided["image"] = {key: one for key, one in decided["image"].items() if one != named.get(key)}
    template = {key: one for key, one in decided["launchTemplate"].items() if key not in _FOR_PEOPLE}
    # Neither EC2 nor Auto Scaling promises an order.
    decided["launchTemplate"] = template | {"subnetIds": sorted(template["subnetIds"])}
    if plan.group.before:
        before = decided["group"]["before"].items()
        decided["group"]["before"] = {
            key: sorted(one) if isinstance(one, list) else one for key, one in before
        }
    text = json.dumps(decided, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
