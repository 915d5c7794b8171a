"""The interval between polls; the workflow does the waiting."""

import hashlib

from golden_image.errors import GoldenImageError
from golden_image.model.check import Check

# EC2's reads are eventually consistent: they show a write after "seconds to minutes", AWS says. An undo that
# has found nothing trusts that after so many seconds,
SETTLED_AFTER = 60
# and what a run has made itself is missed only after so many.
VISIBLE_AFTER = 300
_SHORTEST = 4
_LONGEST = 240
_DAY = 86_400
# An operation of many hours is polled less often: a run may have 25,000 history events.
_OLD = 21_600
# The share of the elapsed time below which a roll or an undo is not polled: the history of a roll of 29 days,
# in as many stages as it may have, has room for 2,200 polls.
_OF_A_ROLL = 250
# A roll is over at once, with no progress that tells when: of its seconds, and while it cannot be over.
_SHORTEST_OF_A_ROLL = 3
_BLIND = 60
# Seconds between two passes of an undo.
_PASS_EVERY = 20
# In percent: AWS's progress may come in larger steps than single ones.
_JUMP = 20


def finished(progress: str) -> Check:
    """The answer of a check that found what it waits for."""
    return Check(done=True, wait_seconds=0, progress=progress)


def pending(what: str, waited: int, limit: int, progress: str | int, timed_out: GoldenImageError) -> Check:
    """The answer of a check that has to wait on.

    Args:
        what: what is waited for, such as an id.
        waited: seconds that the workflow's Wait states of this stage have lasted so far.
        limit: the stage's time-out in seconds.
        progress: what was seen, in words; or as percent, where AWS says so.
        timed_out: raised when the limit is reached.
    """
    if waited >= limit:
        raise timed_out
    percent = progress if isinstance(progress, int) else None
    wait = min(seconds(waited, percent, what), limit - waited)
    return Check(
        done=False, wait_seconds=wait, progress=f"{progress}%" if percent is not None else str(progress)
    )


def seconds(elapsed: int, percent: int | None, what: str) -> int:
    """Seconds until the next poll, from an operation's elapsed time, its progress, and its name.

    Without progress: 2.5% of the elapsed time. With progress: a seventh of the estimated time left,
    assuming that the progress is 20 points ahead of the reported one; never so short that an operation
    that stays at 99% would fill the run's history. At least about 4 s, at most 4.4 minutes on the first
    day, and later about two hours. The interval varies by up to 10%, derived from `what`, so that runs
    that started together do not poll together.
    """
    wait = elapsed / 40
    if percent:
        likely = min(percent + _JUMP, 99)
        left = elapsed * (100 - likely) / likely
        wait = min(max(left / 7, elapsed / (250 if elapsed < _OLD else 160)), elapsed / 8)
    wait = min(max(wait, _SHORTEST), max(_LONGEST, (elapsed - _DAY) / 72))
    spread, rounding = _shares(f"{what} {elapsed}")
    return int(wait * (0.9 + 0.2 * spread) + rounding)


def rolling_seconds(  # noqa: PLR0913, PLR0917 - what is known of a roll
    elapsed: int, percent: int, left: int, warmup: int, what: str, before: int = 0
) -> int:
    """Seconds until the next poll of an instance refresh, which replaces whole instances one after another.

    A seventh of the time that the instances left need, where more than one is left and one is replaced, which
    says how long one takes. The end of the last one is not waited for longer: at least about 3 s, and 0.4%
    of the elapsed time of the whole roll, with which a roll of a week has some 2,000 polls. Before the first
    one is replaced, the roll lasts as long as the warm-up in any case; a failure is seen a minute later at
    most.

    Args:
        before: seconds that the earlier stages of the roll have waited.
    """
    expected = elapsed * (100 - percent) / percent * (left - 1) / left if percent and left > 1 else 0.0
    certain = min(warmup - elapsed, _BLIND) if left and not percent else 0
    shortest = max((before + elapsed) / _OF_A_ROLL, _SHORTEST_OF_A_ROLL)
    wait = max(min(expected / 7, _LONGEST), certain, shortest)
    spread, rounding = _shares(f"{what} {elapsed}")
    return int(wait * (0.9 + 0.2 * spread) + rounding)


def pass_seconds(elapsed: int) -> int:
    """Seconds until the next pass of an undo, which may have to wait for days for a group's roll."""
    return max(_PASS_EVERY, elapsed // _OF_A_ROLL)


def _shares(text: str) -> tuple[float, float]:
    """Two numbers from 0 to 1 that are as good as random, and the same for the same text."""
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest[:4]) / 2**32, int.from_bytes(digest[4:]) / 2**32
