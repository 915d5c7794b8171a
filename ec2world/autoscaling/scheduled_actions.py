"""Scheduled actions that happen once, at their start; moto's only wait, and are kept by name across groups.

An action is as many virtual seconds away as its StartTime is real ones. Those with a Recurrence alone do not
happen. Source: PutScheduledUpdateGroupAction in the API Reference.
"""

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from moto.autoscaling.models import AutoScalingBackend, FakeScheduledAction
from moto.core.utils import utcnow

from ec2world.autoscaling.errors import validation_error
from ec2world.wire.errors import AWSError

if TYPE_CHECKING:
    from ec2world.virtual_time.scene import Scene


class ScheduledActions(AutoScalingBackend):  # type: ignore[misc]
    """The scheduled actions of all groups, by group and name."""

    scene: "Scene"

    def put_scheduled_update_group_action(self, **given: Any) -> FakeScheduledAction:
        """Put an action on the clock, in the place of the group's one of that name."""
        self.group(given["name"])
        start = given.get("start_time")
        seconds = (start - utcnow()).total_seconds() if start else 0
        if seconds < 0:
            raise validation_error("The start time of a scheduled action cannot be in the past")
        action = super().put_scheduled_update_group_action(**given)
        del self.scheduled_actions[action.scheduled_action_name]
        self.scheduled_actions[_key(action)] = action
        if start:
            self.scene.clock.after(seconds, partial(self._happen, action))
        return action

    def delete_scheduled_action(self, auto_scaling_group_name: str, scheduled_action_name: str) -> None:
        """Call an action off."""
        key = (auto_scaling_group_name, scheduled_action_name)
        if self.scheduled_actions.pop(key, None) is None:
            raise validation_error("Scheduled action name not found")

    def forget_scheduled_actions(self, group_name: str) -> None:
        """Call all actions of a group off."""
        for key in [key for key in self.scheduled_actions if key[0] == group_name]:
            del self.scheduled_actions[key]

    def _happen(self, action: FakeScheduledAction) -> None:
        if self.scheduled_actions.get(_key(action)) is not action:
            return
        if not action.recurrence:
            del self.scheduled_actions[_key(action)]
        sizes = {
            "MinSize": action.min_size,
            "MaxSize": action.max_size,
            "DesiredCapacity": action.desired_capacity,
        }
        stated = {name: size for name, size in sizes.items() if size is not None}
        group_name = action.auto_scaling_group_name
        if not self.group(group_name).suspends("ScheduledActions"):
            with suppress(AWSError):  # sizes that the group does not take by now
                self.update_auto_scaling_group({"AutoScalingGroupName": group_name, **stated})


def _key(action: FakeScheduledAction) -> tuple[str, str]:
    return action.auto_scaling_group_name, action.scheduled_action_name
