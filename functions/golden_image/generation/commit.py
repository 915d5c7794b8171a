"""The commit of a run: its row says that the rollout has succeeded, and its generation is written.

Both are in one transaction of DynamoDB's. So no run is committed without a generation, and no generation is
that of a run that is undone. A second commit of the same run answers what the first has written.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from golden_image import aws
from golden_image.errors import NotYetVisible, ResourceBusy, RunSettled
from golden_image.generation import adoption, store
from golden_image.model.generation import Generation, Replaced
from golden_image.model.plan import Plan, WayBackPlan
from golden_image.run import changes, planned, starter, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef, UpdateTypeDef

    from golden_image.model.generation import GenerationImage
    from golden_image.model.group import GroupChange
    from golden_image.model.launch_template import LaunchTemplate

# Older generations are not searched for the one that the group launched from before.
_SEARCHED = 100


def commit(run: str, image: GenerationImage, launch_template: LaunchTemplate, started_at: str) -> Generation:
    """Commit the run as the next generation of its group.

    Args:
        run: the execution's ARN.
        image: what the group launches from now, as `launch_template` is.
        started_at: the execution's start in ISO 8601.

    Raises:
        RunSettled: the run has no row, or is being undone: it can no longer succeed.
        ResourceBusy: the row or the group's generations have changed in this moment.
    """
    row = table.get(table.RUN + run)
    if not row or "undoing" in row:
        raise RunSettled(f"{run} was undone before its rollout was committed.")
    plan = planned.read(json.loads(row["plan"]["S"]))
    if "generation" in row:
        return _written(plan.group.name, int(row["generation"]["N"]))
    change = changes.noted_in(row)
    known = store.newest(plan.group.name, _SEARCHED)
    first = None if known else _first(plan, change)
    if first:
        known = [first]
    generation = Generation(
        group=plan.group.name,
        number=known[0].number + 1 if known else 1,
        run=run,
        image=image,
        launch_template=launch_template,
        source_instance_id=_source(plan),
        started_at=started_at,
        committed_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        started_by=starter.find(run),
        rollout=plan.rollout,
        replaced=_replaced(change, known) if change else None,
        goes_back_to=plan.goes_back_to.number if isinstance(plan, WayBackPlan) else None,
    )
    _write(run, [first, generation] if first else [generation])
    return generation


def _written(group_name: str, number: int) -> Generation:
    found = store.find(group_name, number)
    if found is None:
        raise NotYetVisible(f"generation {number} of '{group_name}' was written and is not shown")
    return found


def _first(plan: Plan | WayBackPlan, change: GroupChange | None) -> Generation | None:
    """What the group launched from before its first run that writes a generation.

    `$Latest` is the run's own version by now, which is no earlier generation.
    """
    if isinstance(plan, WayBackPlan):
        return plan.goes_back_to
    if change is None:
        return None
    template_id, version = change.before.launch_template_id, change.before.launch_template_version
    found = adoption.of_version(plan.group.name, template_id, change.pinned or version)
    return found if found and found.run != plan.run else None


def _source(plan: Plan | WayBackPlan) -> str | None:
    return plan.goes_back_to.source_instance_id if isinstance(plan, WayBackPlan) else plan.source.instance_id


def _replaced(change: GroupChange, known: Sequence[Generation]) -> Replaced:
    before = change.before
    launched = before.launch_template_id, change.pinned or before.launch_template_version
    return Replaced(
        generation=next((one.number for one in known if one.version == launched), None),
        launch_template_id=before.launch_template_id,
        launch_template_version=before.launch_template_version,
        launch_configuration=before.launch_configuration,
    )


def _write(run: str, generations: Sequence[Generation]) -> None:
    """Write the generations, the last of which is the run's, and mark its row, all or nothing."""
    mark: UpdateTypeDef = {
        "TableName": table.name(),
        "Key": {"pk": {"S": table.RUN + run}},
        "UpdateExpression": "SET committed = :true, #generation = :number",
        "ConditionExpression": "attribute_exists(pk) AND attribute_not_exists(undoing) "
        "AND attribute_not_exists(#generation)",
        "ExpressionAttributeNames": {"#generation": "generation"},
        "ExpressionAttributeValues": {":true": {"BOOL": True}, ":number": {"N": str(generations[-1].number)}},
    }
    items: list[TransactWriteItemTypeDef] = [{"Update": mark}]
    items += [{"Put": store.put(one)} for one in generations]
    try:
        aws.client("dynamodb").transact_write_items(TransactItems=items)
    except ClientError as error:
        if aws.code(error) != "TransactionCanceledException":
            raise
        raise ResourceBusy(f"the run's row or the group's generations changed meanwhile: {error}") from error
