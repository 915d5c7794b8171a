"""Whether the image is available."""

from __future__ import annotations

from golden_image import polling
from golden_image.errors import ImageFailed, ImageTimedOut
from golden_image.image import lookup, owned
from golden_image.model.check import ImageCheck


def check(image_id: str, waited: int, limit: int) -> ImageCheck:
    """Whether the image is available, and which snapshots it has.

    Raises:
        ImageFailed: it never will be, with AWS's StateReason.
        ImageTimedOut: it is not after `limit` seconds.
    """
    image = lookup.find(image_id)
    if image is None and waited > polling.VISIBLE_AFTER:
        raise ImageFailed(f"{image_id} has disappeared. Something outside this run deregistered it.")
    state = image["State"] if image else "not visible yet"
    if image and state not in {"pending", "transient", "available"}:
        reason = image.get("StateReason", {}).get("Message") or "no reason given"
        raise ImageFailed(f"{image_id} is {state}: {reason}")
    captured = lookup.snapshot_ids(image)
    if state == "available":
        answer = polling.finished(state)
    else:
        # A pending image need not show the snapshots that CreateImage has begun.
        captured = captured or tuple(one["SnapshotId"] for one in owned.captured([image_id]))
        answer = polling.pending(
            image_id,
            waited,
            limit,
            state,
            ImageTimedOut(f"{image_id} is still {state} after {limit} s. Increase timeouts.image."),
        )
    return ImageCheck(
        done=answer.done,
        wait_seconds=answer.wait_seconds,
        progress=answer.progress,
        snapshot_ids=captured,
    )
