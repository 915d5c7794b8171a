"""DynamoDB: the conditions and filters of requests.

MiniStack reads an expression anew for each item that it is asked about, and while it does so it answers
nobody else: a scan of a thousand items took half a second. Requests repeat the same few expressions.
"""

from __future__ import annotations

from functools import lru_cache

from ministack.services import dynamodb


def install() -> None:
    """Let each expression be read once."""
    dynamodb._tokenize = lru_cache(dynamodb._tokenize)
    dynamodb._condition_syntax_error = lru_cache(dynamodb._condition_syntax_error)
