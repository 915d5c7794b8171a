"""The input of a run, typed: checked against input.schema.json, its defaults filled in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from golden_image import names
from golden_image.errors import FieldError, InvalidInput
from golden_image.events import from_event
from golden_image.model.approval import CHECKPOINT, NEVER, ApprovalPlan
from golden_image.model.document import Canary, Prepare
from golden_image.model.group import ROLLING, Sizes, StatedSizes
from golden_image.model.plan import Timeouts
from golden_image.model.rolling import RefreshPreferences
from golden_image.run.input_schema import completed, properties, wrong_fields

if TYPE_CHECKING:
    from collections.abc import Iterator


# EC2's 50, less those that a run adds.
_MOST_TAGS = 47
GO_BACK_TO = "goBackTo"
_NEW = "x-defaultForNewTemplate"
# Seconds that all requests for approval of a run may wait together; the workflows' own time-outs leave room.
_LONGEST_APPROVALS = 14 * 86_400
# Seconds that all refreshes of a roll with approvals may wait together: the maximum of timeouts.rollout.
_LONGEST_ROLLS = 604_800
# What EC2 takes in a launch template's name, and how many characters.
_IN_NAME, _SHORTEST_NAME, _LONGEST_NAME = "a-zA-Z0-9()./_-", 3, 128
# So far MaxHealthyPercentage may be above MinHealthyPercentage; so many seconds AWS waits at a checkpoint.
_WIDEST, _AWS_DELAY = 100, 3600


@dataclass(frozen=True)
class ImageRequest:
    """The image's name (None: made from the run), description and tags.

    Attributes:
        keep_volumes: volumes that stay when an instance of the source ends stay when one of the image ends.
    """

    keep_volumes: bool
    name: str | None = None
    description: str | None = None
    tags: dict[str, str] | None = None


@dataclass(frozen=True)
class GroupRequest:
    """The group's settings; None: as the group has it, or what for_new_group says.

    Attributes:
        removes_target_cpu: the input's targetCpuUtilization is null, and not just not stated.
    """

    min_size: int | None = None
    max_size: int | None = None
    desired_capacity: int | None = None
    subnet_ids: tuple[str, ...] | None = None
    target_group_arns: tuple[str, ...] | None = None
    health_check_type: str | None = None
    health_check_grace_period: int | None = None
    target_cpu_utilization: float | None = None
    notification_topic_arn: str | None = None
    tags: dict[str, str] | None = None
    removes_target_cpu: bool = False

    @property
    def stated_sizes(self) -> StatedSizes:
        """The sizes that the input states."""
        return StatedSizes(self.min_size, self.max_size, self.desired_capacity)


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a valid input says of the group, whichever kind of run it asks for.

    Attributes:
        launch_template: the fields that the input states, under the input's names. One that is None is to be
            taken away; one that is not there stays as template or source has it.
        rollout: None where the input leaves it to the plan.
        canary: None for none, whether the input says so or by default.
        plan_digest: that of the plan which the run is to have; None for any.
    """

    auto_scaling_group_name: str
    launch_template_name: str
    launch_template: dict[str, Any]
    group: GroupRequest
    rolling: RefreshPreferences
    timeouts: Timeouts
    dry_run: bool
    rollout: str | None = None
    approval: ApprovalPlan = NEVER
    canary: Canary | None = None
    plan_digest: str | None = None


@dataclass(frozen=True, kw_only=True)
class RunRequest(Request):
    """A valid input of a refresh."""

    source_instance_id: str
    restart_source: bool
    image: ImageRequest
    stop_source: bool = True
    prepare: Prepare | None = None


@dataclass(frozen=True, kw_only=True)
class WayBackRequest(Request):
    """A valid input with `goBackTo`. Of the group it states sizes at most, and of the template nothing.

    Attributes:
        go_back_to: the number of a generation, or `previous`.
    """

    go_back_to: Any


def parse(raw: object, default_group_name: str | None = None) -> RunRequest | WayBackRequest:
    """The request that an input makes, whatever JSON value the input is.

    Args:
        raw: the input as decoded from JSON; it is not changed.
        default_group_name: the group for an input that names none (the stack's DefaultGroupName).

    Raises:
        InvalidInput: with one entry for each wrong field.
    """
    if isinstance(raw, dict) and default_group_name:
        raw = {"autoScalingGroupName": default_group_name, **raw}
    errors = wrong_fields(raw)
    if not errors:
        complete = completed(raw)
        complete.setdefault("launchTemplateName", _default_name(complete.get("autoScalingGroupName", "")))
        errors = [
            *_disagreements(complete),
            *_of_rolling(complete, stated=isinstance(raw, dict) and "rolling" in raw),
        ]
        complete["canary"] = _canary(complete)
        if "prepare" in complete:
            complete["prepare"] = _listed(complete["prepare"])
        complete["group"]["removesTargetCpu"] = complete["group"].get("targetCpuUtilization", 0) is None
    if errors:
        raise InvalidInput(errors)
    if GO_BACK_TO in complete:
        return from_event(WayBackRequest, complete)
    return from_event(RunRequest, complete)


def _canary(complete: dict[str, Any]) -> dict[str, Any] | None:
    """The canary of an input: by default of a rolling rollout only; an object names its document."""
    stated = complete.get("canary", complete.get("rollout") == "rolling")
    if isinstance(stated, dict):
        return {"document": _listed(stated)}
    return {} if stated else None


def _listed(stated: dict[str, Any]) -> dict[str, Any]:
    """A document whose parameters are lists, as SSM takes them; a single value may be stated alone."""
    given = stated.get("parameters", {})
    lists = {name: one if isinstance(one, list) else [one] for name, one in given.items()}
    return {**stated, "parameters": lists}


def _default_name(group_name: str) -> str:
    """The group's name as one of a launch template: Auto Scaling takes more characters, and shorter names."""
    return names.legal(group_name, _IN_NAME, _LONGEST_NAME, _SHORTEST_NAME)


def for_new_group(group: GroupRequest) -> GroupRequest:
    """The settings of a group that does not exist yet: x-defaultForNewGroup for what the input leaves open.

    A size that was not given moves as far from its default as the given ones demand.
    """
    fields = properties("group")

    def default(name: str) -> Any:
        return fields[name]["x-defaultForNewGroup"]

    sizes = group.stated_sizes.over(Sizes(default("minSize"), default("maxSize"), default("desiredCapacity")))
    health_check = group.health_check_type or default("healthCheckType")
    grace_period = group.health_check_grace_period
    if grace_period is None:
        grace_period = default("healthCheckGracePeriod")
    sized = replace(
        group, min_size=sizes.min_size, max_size=sizes.max_size, desired_capacity=sizes.desired_capacity
    )
    return replace(sized, health_check_type=health_check, health_check_grace_period=grace_period)


def for_new_template(stated: dict[str, Any]) -> dict[str, Any]:
    """What a template that does not exist yet gets: what the input states, and x-defaultForNewTemplate."""
    options = stated.get("metadataOptions", {})
    if options is None:
        return stated
    fields = properties("launchTemplate")["metadataOptions"]["properties"]
    defaults = {name: field[_NEW] for name, field in fields.items() if _NEW in field}
    return {**stated, "metadataOptions": {**defaults, **options}}


def _approvals(complete: dict[str, Any]) -> Iterator[FieldError]:
    """What is wrong with `approval` beside the input's other fields."""
    approval = complete.get("approval", {"at": []})
    ends = complete.get("rolling", {}).get("checkpointPercentages", [])
    at_checkpoints = CHECKPOINT in approval["at"]
    if at_checkpoints and not any(one < _WIDEST for one in ends):
        yield FieldError("approval.at", f"checkpoint needs rolling.checkpointPercentages below {_WIDEST}")
        return
    if at_checkpoints and len(ends) * complete["timeouts"]["rollout"] > _LONGEST_ROLLS:
        message = f"counts for each of {len(ends)} refreshes, which may last {_LONGEST_ROLLS} s together"
        yield FieldError("timeouts.rollout", message)
    times = len(approval["at"]) + (len(ends) - 2 if at_checkpoints else 0)
    if times and times * approval["timeout"] > _LONGEST_APPROVALS:
        message = f"makes {times} requests of {approval['timeout']} s, which may wait {_LONGEST_APPROVALS} s"
        yield FieldError("approval.timeout", f"{message} together")


def _disagreements(complete: dict[str, Any]) -> Iterator[FieldError]:
    if "autoScalingGroupName" not in complete:
        yield FieldError("autoScalingGroupName", "is required: the stack has no DefaultGroupName")
        return
    group = complete["group"]
    # A tag of the template that is null is taken away.
    of_template = complete["launchTemplate"].get("tags") or {}
    on_instance = {key for key in of_template if of_template[key] is not None} | set(group.get("tags", {}))
    if len(on_instance) > _MOST_TAGS:
        message = f"make {len(on_instance)} with those of the launch template; an instance takes {_MOST_TAGS}"
        yield FieldError("group.tags", f"{message} beside the run's own")
    sizes = [name for name in ("minSize", "desiredCapacity", "maxSize") if name in group]
    for low, high in pairwise(sizes):
        if group[low] > group[high]:
            message = f"must not be below group.{low}, found {group[high]} < {group[low]}"
            yield FieldError(f"group.{high}", message)
    yield from _approvals(complete)


def _of_rolling(complete: dict[str, Any], *, stated: bool) -> Iterator[FieldError]:
    """What AWS would refuse of the preferences of a refresh, and what would have no effect or no end."""
    if complete.get("rollout") != ROLLING:
        if stated:
            yield FieldError("rolling", f"is for rollout {ROLLING} only, and would have no effect")
        return
    rolling, limit = complete["rolling"], complete["timeouts"]["rollout"]
    low, high = rolling["minHealthyPercentage"], rolling["maxHealthyPercentage"]
    if high - low > _WIDEST:
        message = f"must be at most {_WIDEST} above rolling.minHealthyPercentage, found {high} and {low}"
        yield FieldError("rolling.maxHealthyPercentage", message)
    checkpoints = rolling.get("checkpointPercentages", [])
    if checkpoints != sorted(checkpoints) or (checkpoints and checkpoints[-1] != _WIDEST):
        message = "must ascend and end with 100, or a part of the group would stay on the old image"
        yield FieldError("rolling.checkpointPercentages", message)
    if "checkpointDelay" in rolling and not checkpoints:
        yield FieldError("rolling.checkpointDelay", "needs rolling.checkpointPercentages")
    approves = CHECKPOINT in complete.get("approval", {}).get("at", ())
    if "checkpointDelay" in rolling and approves:
        message = "has no effect where people approve each checkpoint, by approval.at"
        yield FieldError("rolling.checkpointDelay", message)
    waits = 0 if approves else max(len(checkpoints) - 1, 0) * rolling.get("checkpointDelay", _AWS_DELAY)
    waits += rolling.get("bakeTime", 0)
    if waits >= limit:
        message = f"must be above the {waits} s that the roll waits at checkpoints and bakes, found {limit}"
        yield FieldError("timeouts.rollout", message)
