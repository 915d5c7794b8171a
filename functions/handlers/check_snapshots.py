"""Check Snapshots: are all of them completed?"""

from golden_image import snapshots
from golden_image.observability import Event, step
from golden_image.polling import Check


@step
def handler(event: Event) -> Check:
    """Takes `run`, `snapshotIds`, and `waited` and `limit` in seconds."""
    return snapshots.check(event["run"], event["snapshotIds"], event["waited"], event["limit"])
