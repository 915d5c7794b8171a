"""What a plan asks of the preparation of the source, and what it tells about it and about no stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from golden_image.model.source import RUNNING
from golden_image.run_document import documents, managed

if TYPE_CHECKING:
    from golden_image.group.findings import Findings
    from golden_image.model.document import Prepare
    from golden_image.model.source import Source


def look_up(prepare: Prepare | None, source: Source, power_state: str, findings: Findings) -> None:
    """Find why a document cannot be run on the source.

    Args:
        power_state: the one that the source is in now.
    """
    if prepare is None:
        return
    if power_state != RUNNING:
        findings.wrong("prepare", f"{source.instance_id} is {power_state}. Start it, or leave prepare out")
    elif reason := managed.why_not(source.instance_id):
        findings.wrong("prepare", reason)
    documents.look_up("prepare", prepare, source.platform, findings)
    findings.warnings.append(
        f"{prepare.document} is run on {source.instance_id} itself: what it takes away, such as host keys, "
        "logs or the machine's identity, is gone from the source too, and no roll-back brings it back."
    )


def of_running(source: Source, *, stops: bool) -> tuple[str, ...]:
    """What it means that a running source is imaged without a stop."""
    if stops or source.power_state != RUNNING:
        return ()
    return (
        f"{source.instance_id} is imaged while it runs (stopSource: false): its volumes are as after a power "
        "failure. What is in memory and not yet on disk is missing, and an application may have to recover "
        "at its first start.",
    )
