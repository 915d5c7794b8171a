"""Virtual time: how long things take, and what happens when their time has come.

Nothing here sleeps and nothing runs by itself. A change that takes time is put on the clock; whoever looks
next settles the clock first, which runs everything that has come due, in order and at its own time. What an
observer sees is therefore a function of the time alone, however many resources there are.
"""

import heapq
import itertools
import time
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

JSON_NAMES = {"snapshot_base": "snapshotBase", "snapshot_per_gib": "snapshotPerGiB"}


@dataclass(frozen=True)
class Durations:
    """How long each kind of change takes, in virtual seconds."""

    stop: float = 40
    start: float = 30
    snapshot_base: float = 60
    snapshot_per_gib: float = 1.2
    image: float = 30
    launch: float = 45
    terminate: float = 60
    target: float = 30

    def snapshot(self, size_gib: int) -> float:
        """Seconds that a snapshot of a volume of `size_gib` takes."""
        return self.snapshot_base + self.snapshot_per_gib * size_gib

    def to_json(self) -> dict[str, float]:
        """The table under the names of the control interface."""
        return {JSON_NAMES.get(name, name): value for name, value in asdict(self).items()}

    def changed(self, patch: dict[str, Any]) -> "Durations":
        """The table with some entries replaced; ValueError names a key or value that is wrong."""
        fields = {JSON_NAMES.get(name, name): name for name in asdict(self)}
        for name, value in patch.items():
            if name not in fields:
                raise ValueError(f"{name!r} is no duration; there are: scale, {', '.join(fields)}")
            if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
                raise ValueError(f"{name} must be a number of seconds, not {value!r}")
        return replace(self, **{fields[name]: float(value) for name, value in patch.items()})


class Appointment:
    """Something on the clock that can still be called off."""

    def __init__(self, due: float, action: "Callable[[], None]") -> None:
        self.due = due
        self._action: Callable[[], None] | None = action

    def cancel(self) -> None:
        """Call it off; harmless when it has happened already."""
        self._action = None

    def keep(self) -> None:
        """Do it, at most once."""
        action, self._action = self._action, None
        if action is not None:
            action()


class Clock:
    """A virtual clock: one virtual second takes `scale` real ones.

    `now` does not move between two settlings, so that all of one answer is of one moment.
    """

    def __init__(self, scale: float = 1.0, durations: Durations | None = None) -> None:
        self.durations = durations or Durations()
        self._scale = _positive(scale)
        self._base_real = time.monotonic()
        self._base_virtual = 0.0
        self._now = 0.0
        self._agenda: list[tuple[float, int, Appointment]] = []
        self._order = itertools.count()

    @property
    def scale(self) -> float:
        """Real seconds per virtual second."""
        return self._scale

    @scale.setter
    def scale(self, scale: float) -> None:
        self._base_virtual, self._base_real = self._elapsed(), time.monotonic()
        self._scale = _positive(scale)

    def now(self) -> float:
        """Virtual seconds since the world began, as of the last settling."""
        return self._now

    def after(self, seconds: float, action: "Callable[[], None]") -> Appointment:
        """Put `action` on the clock, `seconds` virtual seconds from now."""
        appointment = Appointment(self._now + seconds, action)
        heapq.heappush(self._agenda, (appointment.due, next(self._order), appointment))
        return appointment

    def skip(self, seconds: float) -> None:
        """Let so many virtual seconds pass at once; ValueError for a number below 0."""
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds < 0:
            raise ValueError(f"seconds must be a number of at least 0, not {seconds!r}")
        self._base_virtual, self._base_real = self._elapsed() + seconds, time.monotonic()
        self.settle()

    def settle(self) -> None:
        """Let everything happen that has come due, each thing at its own time, and move on to the present."""
        present = self._elapsed()
        while self._agenda and self._agenda[0][0] <= present:
            due, _, appointment = heapq.heappop(self._agenda)
            self._now = max(self._now, due)
            appointment.keep()
        self._now = max(self._now, present)

    def _elapsed(self) -> float:
        return self._base_virtual + (time.monotonic() - self._base_real) / self._scale


def _positive(scale: float) -> float:
    if isinstance(scale, bool) or not isinstance(scale, int | float) or not scale > 0:
        raise ValueError(f"scale must be a number above 0, not {scale!r}")
    return float(scale)
