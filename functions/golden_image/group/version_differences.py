"""What differs between two contents of a launch template version. No value that may be secret is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from golden_image import names, tags
from golden_image.model.launch_template import Difference

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    type Data = Mapping[str, Any]

USER_DATA = "UserData"
# So many differences, each with values of so many characters, keep a plan below what Step Functions takes.
_MOST, _LONGEST = 50, 100
# Members of a list's items that tell one item from another.
_NAMES = ("DeviceName", "DeviceIndex", "VirtualName")
# The image differs in every version.
_APART = {USER_DATA, "TagSpecifications", "ImageId"}


def between(before: Data, after: Data) -> Iterator[Difference]:
    """Each field that differs, by its place; then the user data, by its digest, and the tags, by their keys.

    The marks of a run differ in every version, and are left out.
    """
    had, has = dict(_flat(before)), dict(_flat(after))
    for field in sorted(had.keys() | has.keys()):
        if had.get(field) != has.get(field):
            yield Difference(field, had.get(field), has.get(field))
    old, new = digest(before), digest(after)
    if old != new:
        yield Difference(USER_DATA, old and f"digest {old}", new and f"digest {new}")
    yield from _of_tags(_tags_of(before), _tags_of(after))


def for_plan(before: Data, after: Data) -> tuple[Difference, ...]:
    """The same in a size that a plan has room for; a last one counts those that are left out."""
    found = list(between(before, after))
    kept = tuple(Difference(*map(_cut, (one.field, one.before, one.after))) for one in found[:_MOST])
    more = len(found) - _MOST
    return (*kept, Difference(f"{more} more", None, "compare the two versions")) if more > 0 else kept


def digest(data: Data) -> str | None:
    """A content's user data, by what tells it from any other; None without user data."""
    return names.digest(data[USER_DATA]) if data.get(USER_DATA) else None


def _of_tags(before: dict[str, dict[str, str]], after: dict[str, dict[str, str]]) -> Iterator[Difference]:
    """The tags whose values differ. A tag that is in both has a value that is not shown."""
    for kind in sorted(before.keys() | after.keys()):
        old, new = before.get(kind, {}), after.get(kind, {})
        for key in sorted((old.keys() | new.keys()) - set(tags.MARKS)):
            if old.get(key) != new.get(key):
                was = "a value" if key in old else None
                now = "another value" if was else "a value"
                yield Difference(f"tag {key} of each {kind}", was, now if key in new else None)


def _tags_of(data: Data) -> dict[str, dict[str, str]]:
    given = data.get("TagSpecifications", [])
    return {one.get("ResourceType", ""): tags.from_aws(one.get("Tags")) for one in given}


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every value with its place: `MetadataOptions.HttpTokens`, `NetworkInterfaces[0].Groups`."""
    if isinstance(value, dict):
        for key in value.keys() - (_APART if not path else set()):
            yield from _flat(value[key], f"{path}.{key}" if path else key)
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for number, item in enumerate(value):
            name = next((item[key] for key in _NAMES if key in item), number)
            yield from _flat(item, f"{path}[{name}]")
    else:
        yield path, ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _cut(text: str | None) -> Any:
    return text if text is None or len(text) <= _LONGEST else text[:_LONGEST] + "…"
