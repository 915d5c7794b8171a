"""Check Source Returned: is the source running again?"""

from golden_image import source
from golden_image.observability import Event, step
from golden_image.polling import Check


@step
def handler(event: Event) -> Check:
    """Takes `instanceId`, and `waited` and `limit` in seconds."""
    return source.check_returned(event["instanceId"], event["waited"], event["limit"])
