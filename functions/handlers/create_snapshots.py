"""Create Snapshots: one crash-consistent set of all the source's volumes."""

from golden_image import snapshots
from golden_image.observability import Event, step
from golden_image.snapshots import Snapshot


@step
def handler(event: Event) -> list[Snapshot]:
    """Takes `run`, `instanceId`, `volumeIds` and `tags`; answers the snapshots."""
    return snapshots.create(event["run"], event["instanceId"], event["volumeIds"], event["tags"])
