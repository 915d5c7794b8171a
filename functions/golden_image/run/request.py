"""The input of a run, typed: checked against input.schema.json, its defaults filled in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from golden_image import names
from golden_image.errors import FieldError, InvalidInput
from golden_image.events import from_event
from golden_image.model.group import Sizes, StatedSizes
from golden_image.model.plan import Timeouts
from golden_image.run.input_schema import completed, properties, wrong_fields

if TYPE_CHECKING:
    from collections.abc import Iterator


# EC2's 50, less those that a run adds.
_MOST_TAGS = 47
_NEW = "x-defaultForNewTemplate"
# What EC2 takes in a launch template's name, and how many characters.
_IN_NAME, _SHORTEST_NAME, _LONGEST_NAME = "a-zA-Z0-9()./_-", 3, 128


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


@dataclass(frozen=True)
class RunRequest:
    """A valid input of a run. rollout is None where the input leaves it to the plan.

    Attributes:
        launch_template: the fields that the input states, under the input's names. One that is None is to be
            taken away; one that is not there stays as template or source has it.
    """

    source_instance_id: str
    auto_scaling_group_name: str
    launch_template_name: str
    restart_source: bool
    image: ImageRequest
    launch_template: dict[str, Any]
    group: GroupRequest
    timeouts: Timeouts
    dry_run: bool
    rollout: str | None = None


def parse(raw: object, default_group_name: str | None = None) -> RunRequest:
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
        errors = list(_disagreements(complete))
        complete["group"]["removesTargetCpu"] = complete["group"].get("targetCpuUtilization", 0) is None
    if errors:
        raise InvalidInput(errors)
    return from_event(RunRequest, complete)


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
