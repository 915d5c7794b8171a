"""Check Source Stopped: has the source reached `stopped`?"""

from golden_image import source
from golden_image.observability import Event, step
from golden_image.polling import Check


@step
def handler(event: Event) -> Check:
    """Takes `instanceId`, and `waited` and `limit` in seconds."""
    return source.check_stopped(event["instanceId"], event["waited"], event["limit"])
