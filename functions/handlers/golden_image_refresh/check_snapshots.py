"""Check Snapshots: are all of them completed?"""

from golden_image.image import snapshots
from golden_image.model.check import Check
from golden_image.step import step


@step
def handler(snapshot_ids: list[str], waited: int, limit: int) -> Check:
    """`waited` and `limit` are seconds."""
    return snapshots.check(snapshot_ids, waited, limit)
