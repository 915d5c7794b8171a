"""What a run changes of the template, the image, the group and the source: before and after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from golden_image_cli import telling
from golden_image_cli.plan_text import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Iterator

type Json = dict[str, Any]

_NOTHING = "—"


@dataclass(frozen=True)
class Change:
    """One thing before a run and after it, in words; `subject` is what it belongs to."""

    subject: str
    field: str
    before: str
    after: str


def read(plan: Json, output: Json) -> list[Change]:
    """The changes of a run.

    Args:
        plan: of the run; empty where the history does not have it.
        output: of a run that succeeded, else empty: then the changes are those that were planned.
    """
    return [*_image(plan, output), *_template(plan, output), *_group(plan, output), *_source(plan, output)]


def member(value: Any, *path: str) -> Any:
    """What is at a place of a JSON object; None where nothing is."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def gib(plan: Json) -> int:
    """The size of all volumes of the source."""
    return sum(volume.get("size") or 0 for volume in member(plan, "source", "volumes") or [])


def _image(plan: Json, output: Json) -> Iterator[Change]:
    back = member(plan, "goesBackTo")
    image = member(output, "image") or member(back, "image") or member(plan, "image") or {}
    if not image:
        return
    had = member(plan, "group", "before")
    before = f"that of {_launches_from(plan, had)}" if had else _NOTHING
    named = " ".join(filter(None, [image.get("id"), f"({image['name']})" if image.get("name") else ""]))
    yield Change("Image", "image", before, named or _NOTHING)
    snapshots, size = image.get("snapshotIds") or [], gib(plan)
    if snapshots:
        yield Change(
            "Image", "snapshots", _NOTHING, ", ".join(snapshots) + (f" of {size} GiB" if size else "")
        )
    elif size and not back:
        volumes = member(plan, "source", "volumes")
        told = ", ".join(f"{volume.get('deviceName')} {volume.get('size')} GiB" for volume in volumes)
        yield Change("Image", "snapshots", _NOTHING, f"of {told}")


def _template(plan: Json, output: Json) -> Iterator[Change]:
    had, made = member(plan, "group", "before"), member(output, "launchTemplate")
    name = member(made, "name") or member(plan, "launchTemplate", "name")
    if not name:
        return
    version = member(made, "version")
    if version is None and member(plan, "goesBackTo"):
        version = member(plan, "goesBackTo", "launchTemplate", "version")
    after = f"{name} version {version}" if version is not None else f"{name}, a new version"
    yield Change("Template", "launches from", _launches_from(plan, had) if had else _NOTHING, after)
    for one in member(plan, "launchTemplate", "differences") or []:
        yield Change("Template", str(one.get("field")), _value(one.get("before")), _value(one.get("after")))


def _launches_from(plan: Json, had: Json) -> str:
    if configuration := had.get("launchConfiguration"):
        return f"launch configuration {configuration}"
    name = member(plan, "launchTemplate", "name")
    own = had.get("launchTemplateId") in {None, member(plan, "launchTemplate", "id")}
    return f"{name if own else had.get('launchTemplateId')} version {had.get('launchTemplateVersion')}"


def _group(plan: Json, output: Json) -> Iterator[Change]:
    group, had = member(plan, "group") or {}, member(plan, "group", "before") or {}
    before = member(output, "group", "sizesBefore") or had.get("sizes")
    after = member(output, "group", "sizesAfter") or (None if output else group.get("sizes"))
    if before or after:
        was, becomes = (telling.sizes(sizes, " / ") if sizes else _NOTHING for sizes in (before, after))
        yield Change("Group", "minimum / desired / maximum", was, becomes)
    for key, field in SETTINGS.items():
        if (stated := group.get(key)) is not None and stated != had.get(key):
            yield Change("Group", field, _value(had.get(key)), _value(stated))


def _value(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or _NOTHING
    return _NOTHING if value is None else str(value)


def _source(plan: Json, output: Json) -> Iterator[Change]:
    before, after = member(plan, "source", "powerState"), member(output, "source", "state")
    if before and after:
        yield Change("Source", member(plan, "source", "instanceId") or "source", before, after)
