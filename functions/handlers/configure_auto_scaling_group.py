"""Configure Auto Scaling Group: target groups, tags, scaling policy, notifications."""

from golden_image import group
from golden_image.events import from_event
from golden_image.group import GroupPlan
from golden_image.observability import Event, step


@step
def handler(event: Event) -> None:
    """Takes `group`."""
    group.configure(from_event(GroupPlan, event["group"]))
