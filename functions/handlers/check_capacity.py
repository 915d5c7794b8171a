"""Check Capacity: are as many instances in service as are desired?"""

from golden_image import rollout
from golden_image.events import from_event
from golden_image.group import Sizes
from golden_image.observability import Event, step
from golden_image.polling import Check


@step
def handler(event: Event) -> Check:
    """Takes `groupName`, the planned `sizes`, and `waited` and `limit` in seconds."""
    sizes = from_event(Sizes, event["sizes"])
    return rollout.check_capacity(event["groupName"], sizes, event["waited"], event["limit"])
