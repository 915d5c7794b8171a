"""Requests that callers may send: any JSON, and inputs and events that are wrong in one place."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from golden_image.run.input_schema import schema

if TYPE_CHECKING:
    from collections.abc import Iterator

Path = tuple[str | int, ...]

# Lone surrogates and control characters included.
any_text = st.text(st.characters(), max_size=20)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | any_text
    | st.sampled_from([10**4000, -(10**4000), "\ud800", "x" * 20000, *schema()["properties"]]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_text, inner, max_size=4),
    max_leaves=8,
)


def nested(depth: int) -> Any:
    """An array in an array, and so on."""
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


def wrong_once(right: dict[str, Any]) -> st.SearchStrategy[Any]:
    """`right` with one part of it taken away, replaced, renamed, lengthened, or moved by one."""
    return st.builds(_changed, st.just(right), st.sampled_from(list(_paths(right))), _changes)


def _paths(part: Any, path: Path = ()) -> Iterator[Path]:
    items = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for key, item in items:
        yield (*path, key)
        yield from _paths(item, (*path, key))


_changes = (
    st.tuples(st.just("take away"), st.none())
    | st.tuples(st.just("replace"), json_values)
    | st.tuples(st.just("rename"), any_text)
    | st.tuples(
        st.just("lengthen"), st.characters() | st.sampled_from(["\ud800", "\n", "x" * 300, "가" * 300])
    )
    | st.tuples(st.just("move"), st.sampled_from([-1, 1, 0.5, -(10**6), 10**6, float("inf")]))
)


def _changed(right: dict[str, Any], path: Path, change: tuple[str, Any]) -> Any:
    wrong = copy.deepcopy(right)
    *way, last = path
    holder: Any = wrong
    for key in way:
        holder = holder[key]
    kind, by = change
    value = holder[last]
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "take away":
        del holder[last]
    elif kind == "rename" and isinstance(holder, dict):
        holder[by] = holder.pop(last)
    elif (kind == "lengthen" and isinstance(value, str)) or (kind == "move" and number):
        holder[last] = value + by
    else:
        holder[last] = by
    return wrong


_encodable = st.characters(codec="utf-8")
_printable = st.characters(codec="utf-8", exclude_categories=["Cc"])
_tags = st.dictionaries(
    st.text(_printable, min_size=1, max_size=128).filter(
        lambda key: not key.lower().startswith(("aws:", "golden-image:"))
    ),
    st.text(_printable, max_size=256),
    max_size=4,
)
_image = st.fixed_dictionaries(
    {},
    optional={
        "name": st.text("aZ09()[] ./-'@_", min_size=3, max_size=128),
        "description": st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=255),
        "keepVolumes": st.booleans(),
        "tags": _tags,
    },
)
_template = st.fixed_dictionaries({}, optional={"userData": st.text(_encodable), "tags": _tags})
_group = st.fixed_dictionaries(
    {},
    optional={"maxSize": st.integers(0, 10_000), "targetCpuUtilization": st.floats(1, 100), "tags": _tags},
)
# Inputs for the source with this id that are right, in any language.
right_inputs: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "sourceInstanceId": st.just("i-0123456789abcdef0"),
        "autoScalingGroupName": st.text(_printable.filter(lambda one: one != ":"), min_size=1, max_size=255),
        "launchTemplateName": st.text("aZ09().-/_", min_size=3, max_size=128),
    },
    optional={
        "rollout": st.sampled_from(["drain", "recreate", "none"]),
        "image": _image,
        "launchTemplate": _template,
        "group": _group,
    },
)
