"""Removal: of everything that an acceptance and its runs made, in passes until nothing is left."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from acceptance.account import NotInTimeError
from acceptance.kinds import KINDS, buckets
from acceptance.names import PREFIX, STACK_TAG, TAG, is_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from acceptance.account import Account
    from acceptance.kinds import Kind

_SECONDS = 1800
_FUNCTION_SECONDS = 110
"""A function that ran when its stack was deleted may make something until then: the longest Timeout."""


def left_of(account: Account, name: str) -> list[str]:
    """The kind and the id of each resource that is left, and the kinds that cannot be listed."""
    left = []
    for kind in KINDS:
        try:
            left += [f"{kind.what} {one}" for one in kind.find(account, name)]
        except (BotoCoreError, ClientError) as error:
            left.append(f"{kind.what} unknown: {error}")
    return left


def remove(account: Account, name: str) -> list[str]:
    """Remove everything of an acceptance, in passes until nothing is left; answers what is left.

    A pass does what can be done then: a snapshot goes after its image, a volume after its instance, and what
    a run still makes in the next pass. The bucket goes when nothing else was found: its name tells `names_in`
    of an acceptance of which only a key, a parameter or a log group is left.
    """
    *others, bucket = KINDS
    try:
        account.until(lambda: _pass(account, name, others), _SECONDS, name)
        account.sleep(_FUNCTION_SECONDS)
        account.until(lambda: _pass(account, name, others) and _pass(account, name, [bucket]), _SECONDS, name)
    except NotInTimeError:
        return left_of(account, name)
    return []


def _pass(account: Account, name: str, kinds: Iterable[Kind]) -> bool:
    """Remove what can be removed now, and the rest in the next pass; whether there was nothing."""
    nothing = True
    for kind in kinds:
        try:
            for one in kind.find(account, name):
                nothing = False
                with suppress(BotoCoreError, ClientError):
                    kind.remove(account, name, one)
        except (BotoCoreError, ClientError):
            nothing = False
    return nothing


def names_in(account: Account) -> set[str]:
    """The names of the acceptances of which a stack, a bucket, or something of EC2's with a tag is there.

    What else is left of an acceptance does not show here, but its bucket does: it is removed last.
    """
    stacks = account.aws("cloudformation").get_paginator("describe_stacks").paginate()
    found = {one["StackName"] for page in stacks for one in page["Stacks"]}
    found |= set(buckets(account, PREFIX))
    for described in (
        account.aws("ec2")
        .get_paginator("describe_tags")
        .paginate(Filters=[{"Name": "key", "Values": [TAG, STACK_TAG]}])
    ):
        found |= {one["Value"] for one in described["Tags"]}
    return {one for one in found if is_name(one)}
