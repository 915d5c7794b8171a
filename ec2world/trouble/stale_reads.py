"""Stale reads: for a while, reads answer as if a write had not happened.

Before the write a photograph of the models is taken. What the write changed is kept as a list of patches,
which are put on for the time of one read and taken off again. A read that the patches make no difference to
does not count.
"""

from dataclasses import dataclass
from typing import Any

_MISSING = object()
# The dictionaries of resources, by backend.
EC2_COLLECTIONS = (
    "reservations",
    "instance_index",
    "volumes",
    "snapshots",
    "own_images",
    "amis",
    "launch_templates",
    "launch_template_name_to_ids",
    "tags",
)
AUTO_SCALING_COLLECTIONS = (
    "autoscaling_groups",
    "policies",
    "lifecycle_hooks",
    "notification_configurations",
)


class Photograph:
    """The state of the models at one moment, one level deep."""

    def __init__(self, ec2: Any, autoscaling: Any) -> None:
        collections = [getattr(ec2, name) for name in EC2_COLLECTIONS]
        collections += [getattr(autoscaling, name) for name in AUTO_SCALING_COLLECTIONS]
        self._spaces: list[tuple[dict[Any, Any], dict[Any, Any]]] = []
        for collection in collections:
            self._take(collection)
            for resource in list(collection.values()):
                self._take_resource(resource)
        self._lists = [(vars(ec2), "deleted_amis", list(ec2.deleted_amis))]

    def _take(self, space: Any) -> None:
        copied = {key: list(value) if type(value) is list else value for key, value in space.items()}
        self._spaces.append((space, copied))

    def _take_resource(self, resource: Any) -> None:
        if isinstance(resource, dict):
            self._take(resource)
        elif isinstance(resource, tuple):
            self._take(vars(resource[1]))
        elif hasattr(resource, "__dict__") and not _belongs_to_a_public_image(resource):
            self._take(vars(resource))
            for member in vars(resource).get("instance_states", []):
                self._take(vars(member))

    def changes_since(self) -> "list[Patch]":
        """The changes since, as patches that revert them."""
        patches = [Patch(space, key, was) for space, key, was in self._lists if space[key] != was]
        for space, before in self._spaces:
            for key in {**before, **space}:
                was, now = before.get(key, _MISSING), space.get(key, _MISSING)
                if was is not now and not (type(was) is list and was == now):
                    patches.append(Patch(space, key, was))
        return patches


def _belongs_to_a_public_image(resource: Any) -> bool:
    """Whether it is one of the thousands of things that no call can change."""
    return getattr(resource, "owner_alias", None) == "amazon" or bool(getattr(resource, "from_ami", None))


@dataclass
class Patch:
    """One entry of one dictionary, and what it was."""

    space: dict[Any, Any]
    key: Any
    value: Any

    def swap(self) -> None:
        """Exchange what is there for what is kept here."""
        now = self.space.get(self.key, _MISSING)
        if self.value is _MISSING:
            self.space.pop(self.key, None)
        else:
            self.space[self.key] = self.value
        self.value = now


@dataclass
class StaleView:
    """How one write is hidden, until a virtual time or for so many reads that would have shown it."""

    patches: list[Patch]
    until: float | None
    reads: int | None

    def over(self, now: float) -> bool:
        """Whether the write is visible by now."""
        return (self.until is not None and now >= self.until) or (self.reads is not None and self.reads <= 0)

    def count_read(self) -> None:
        """Count a read that would have shown the write."""
        if self.reads is not None:
            self.reads -= 1

    def put_on(self) -> None:
        """Show the world as before the write."""
        for patch in self.patches:
            patch.swap()

    def take_off(self) -> None:
        """Show it as it is."""
        for patch in reversed(self.patches):
            patch.swap()
