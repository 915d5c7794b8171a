"""Create Snapshots: one crash-consistent set of all the source's volumes."""

from golden_image.image import snapshots
from golden_image.model.image import Snapshot
from golden_image.step import step


@step
def handler(run: str, instance_id: str, volume_ids: list[str], tags: dict[str, str]) -> list[Snapshot]:
    """The snapshots, one of each volume."""
    return snapshots.create(run, instance_id, volume_ids, tags)
