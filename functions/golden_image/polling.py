"""How long to wait before looking again; the waiting itself stands in the workflow."""

from dataclasses import dataclass

from golden_image.errors import GoldenImageError

_SHORTEST = 5
_LONGEST_OF_FIRST_DAY = 300
_LOOKS_PER_AGE = 288


@dataclass(frozen=True)
class Check:
    """What a check saw: done, or the seconds to wait before the next look, and progress in words."""

    done: bool
    wait_seconds: int
    progress: str


def finished(progress: str) -> Check:
    """The answer of a check that found what it waits for."""
    return Check(done=True, wait_seconds=0, progress=progress)


def pending(waited: int, limit: int, progress: str, timed_out: GoldenImageError) -> Check:
    """The answer of a check that has to wait on.

    Args:
        waited: seconds that the workflow's Wait states of this stage have lasted so far.
        limit: the stage's time-out in seconds.
        progress: what was seen, in words.
        timed_out: raised when the limit is reached.
    """
    if waited >= limit:
        raise timed_out
    return Check(done=False, wait_seconds=min(seconds(waited), limit - waited), progress=progress)


def seconds(waited: int) -> int:
    """Seconds until the next look: short while an operation is young, growing with its age.

    Five minutes at most on the first day, later the 288th part of the operation's age: two stages of seven
    days each stay below the 25,000 history events that a run may have.
    """
    longest = max(_LONGEST_OF_FIRST_DAY, waited // _LOOKS_PER_AGE)
    return max(_SHORTEST, min(longest, waited // 8))
