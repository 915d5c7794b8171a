"""Check Capacity: are as many instances in service as are desired?"""

from golden_image import rollout
from golden_image.observability import Event, step
from golden_image.polling import Check


@step
def handler(event: Event) -> Check:
    """Takes `groupName`, `desiredCapacity`, and `waited` and `limit` in seconds."""
    return rollout.check_capacity(
        event["groupName"], event["desiredCapacity"], event["waited"], event["limit"]
    )
