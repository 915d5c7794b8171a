"""Create Launch Template: the template, or a new version of it, proven to launch."""

from golden_image import launch_template
from golden_image.events import from_event
from golden_image.launch_template import LaunchTemplate, LaunchTemplatePlan
from golden_image.observability import Event, step


@step
def handler(event: Event) -> LaunchTemplate:
    """Takes `run`, `instanceId`, `launchTemplate`, `imageId`, `userData`; answers the version."""
    wanted = from_event(LaunchTemplatePlan, event["launchTemplate"])
    made = launch_template.create(
        event["run"], event["instanceId"], wanted, event["imageId"], event["userData"]
    )
    launch_template.prove(made, wanted.subnet_id)
    return made
