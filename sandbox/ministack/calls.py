"""Step Functions: the calls of a run that are under way, and the wait for the last of them.

A call of a run that was cut off can still have its effect until its function's time-out. On AWS the undo
waits so long. Here the time-out leaves a busy machine many times what a handler needs, so the wait ends with
the calls themselves.
"""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_under_way: Counter[str] = Counter()
_ended = threading.Condition()


@contextmanager
def under_way(run: str) -> Iterator[None]:
    """Count a call of the run with this ARN while it lasts."""
    with _ended:
        _under_way[run] += 1
    try:
        yield
    finally:
        with _ended:
            _under_way[run] -= 1
            _ended.notify_all()


def wait_for_end(run: str, seconds: float) -> None:
    """Wait until no call of the run is under way, so many real seconds at most."""
    with _ended:
        _ended.wait_for(lambda: not _under_way[run], seconds)
