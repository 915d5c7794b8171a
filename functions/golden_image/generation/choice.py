"""Which generation a way back goes to: the one of a number, or the one before what the group runs now.

What it runs now is read from the group: somebody may have changed it since its newest generation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from golden_image.errors import NoGeneration
from golden_image.generation import adoption, store
from golden_image.group import group, version_data

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mypy_boto3_autoscaling.type_defs import AutoScalingGroupTypeDef

    from golden_image.model.generation import Generation

PREVIOUS = "previous"
# So many numbers are named in a message.
_NAMED = 10
_FIRST = "Each run that succeeds is a generation: start a refresh."


def first(found: AutoScalingGroupTypeDef) -> Generation | None:
    """The generation of a group that has none written: what it launches from, where a run has made that."""
    used = group.template_of(found)
    name = found["AutoScalingGroupName"]
    return adoption.of_version(name, used.get("LaunchTemplateId"), used.get("Version"))


def chosen(found: AutoScalingGroupTypeDef, wanted: int | str) -> tuple[Generation, tuple[str, ...]]:
    """The generation that is meant, and warnings about what the group runs now.

    `previous` is the newest one before the group's that has another version.

    Args:
        wanted: a number, or PREVIOUS.

    Raises:
        NoGeneration: the group has none, none of that number, or none before what it runs now.
    """
    name, used = f"'{found['AutoScalingGroupName']}'", group.template_of(found)
    running = version_data.resolved(used.get("LaunchTemplateId"), used.get("Version"))
    past = list(store.every(found["AutoScalingGroupName"])) or list(filter(None, [first(found)]))
    if not past:
        raise NoGeneration(
            f"{name} has no generation. It {_launches(found)}: no run of this stack has made that, or its "
            f"image is gone. {_FIRST}"
        )
    current = next((one for one in past if one.version == running), None)
    if wanted == PREVIOUS:
        older = [one for one in past if current is None or one.number < current.number]
        meant = next((one for one in older if one.version != running), None)
    else:
        meant = next((one for one in past if one.number == wanted), None)
    if meant is None:
        runs = f"runs generation {current.number}" if current else _launches(found)
        raise NoGeneration(f"{name} has no {_named(wanted)} ({runs}). Its generations: {_numbers(past)}.")
    return meant, tuple(_warnings(found, past[0], current, meant, running))


def _warnings(
    found: AutoScalingGroupTypeDef,
    newest: Generation,
    current: Generation | None,
    meant: Generation,
    running: tuple[str, str] | None,
) -> Iterable[str]:
    name = f"'{found['AutoScalingGroupName']}'"
    if current is None:
        yield (
            f"{name} {_launches(found)}, which is no generation of it: somebody has changed it since "
            f"generation {newest.number}. It goes to generation {meant.number}."
        )
    elif current.number != newest.number:
        yield (
            f"{name} runs generation {current.number} and not {newest.number}, its newest: somebody has "
            f"changed it since. It goes to generation {meant.number}."
        )
    if meant.version == running:
        yield f"{name} launches from the version of generation {meant.number} already."


def _launches(found: AutoScalingGroupTypeDef) -> str:
    """What a group launches from, in words."""
    if configuration := found.get("LaunchConfigurationName"):
        return f"launches from the launch configuration '{configuration}'"
    used = group.template_of(found)
    version = used.get("Version", "$Default")
    return f"launches from version {version} of launch template {used.get('LaunchTemplateId')}"


def _named(wanted: int | str) -> str:
    return "generation before what it runs now" if wanted == PREVIOUS else f"generation {wanted}"


def _numbers(past: list[Generation]) -> str:
    """The numbers, the newest and the oldest where they are many."""
    numbers = [str(one.number) for one in past]
    return ", ".join(numbers if len(numbers) <= _NAMED else [*numbers[: _NAMED - 1], "…", numbers[-1]])
