"""Update Auto Scaling Group: an existing group on the new launch template version."""

from golden_image import group
from golden_image.events import from_event
from golden_image.group import GroupPlan
from golden_image.launch_template import LaunchTemplate
from golden_image.observability import Event, step


@step
def handler(event: Event) -> None:
    """Takes `group`, `launchTemplate` and `rollout`."""
    template = from_event(LaunchTemplate, event["launchTemplate"])
    group.update(from_event(GroupPlan, event["group"]), template, event["rollout"])
