"""The generations of a group, as callers of the API see them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from golden_image.errors import FieldError, InvalidInput, NoGeneration
from golden_image.generation import choice, store
from golden_image.group import group
from golden_image.model.generation import Generation

_NUMBER = re.compile("[0-9]{1,16}")
_LONGEST_NAME = 255


@dataclass(frozen=True)
class GenerationPage:
    """Some generations, newest first, and the token of the next page (None: there is none)."""

    generations: tuple[Generation, ...]
    next_token: str | None


def page(group_name: str, limit: int, next_token: str | None = None) -> GenerationPage:
    """Generations of a group, newest first. One that has none written has the one that it tells by itself.

    Raises:
        NoGeneration: the group has none, or there is no such group.
        InvalidInput: the token was not returned by a page of this list.
    """
    if next_token is not None and not _NUMBER.fullmatch(next_token):
        raise InvalidInput([FieldError("nextToken", "is not valid: start with the first page")])
    # One more than is asked for tells whether there is another page.
    before = None if next_token is None else int(next_token)
    found = store.newest(group_name, limit + 1, before) if _is_name(group_name) else []
    if not found and next_token is None:
        found = [_first(group_name)]
    shown = tuple(found[:limit])
    return GenerationPage(shown, str(shown[-1].number) if len(found) > limit else None)


def _first(group_name: str) -> Generation:
    there = group.find(group_name) if _is_name(group_name) else None
    told = choice.first(there) if there else None
    if told is None:
        what = "has no generation" if there else "does not exist, and has no generation"
        raise NoGeneration(f"'{group_name[:_LONGEST_NAME]}' {what}. Each run that succeeds is one.")
    return told


def _is_name(text: str) -> bool:
    """Whether a group can have that name. DynamoDB and Auto Scaling refuse to be asked for any other."""
    return 0 < len(text) <= _LONGEST_NAME
