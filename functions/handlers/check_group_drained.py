"""Check Group Drained: is no instance left?"""

from golden_image import rollout
from golden_image.observability import Event, step
from golden_image.polling import Check


@step
def handler(event: Event) -> Check:
    """Takes `groupName`, and `waited` and `limit` in seconds."""
    return rollout.check_drained(event["groupName"], event["waited"], event["limit"])
