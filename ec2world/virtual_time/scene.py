"""The state that the models of one world share."""

from dataclasses import dataclass, field
from typing import Any

from ec2world.virtual_time.clock import Clock


@dataclass
class Scene:
    """The clock, and how the call at hand is to go wrong later.

    `failure` is set while a call with a fault of effect "fail" is being answered: what the call makes will
    end badly, with this message as its reason. `profiles` are the names of IAM's instance profiles.
    `failing_checks` are the status checks that were said to fail: of an `id` or a `tag`, which one, and what.
    """

    clock: Clock = field(default_factory=Clock)
    failure: str | None = None
    profiles: set[str] = field(default_factory=set)
    failing_checks: set[tuple[str, Any, str]] = field(default_factory=set)
