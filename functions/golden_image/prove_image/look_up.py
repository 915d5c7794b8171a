"""What a plan asks of a canary, and what it tells about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from golden_image.run_document import documents

if TYPE_CHECKING:
    from golden_image.group.findings import Findings
    from golden_image.model.document import Canary
    from golden_image.model.launch_template import LaunchTemplatePlan

_SPOT = "spot"
_RESERVED = "has the canary as well as the group launch into"
# What the input can say of a version that the run makes.
_TAKE_AWAY, _PROFILE = (
    ", or take it away (launchTemplate.{}: null)",
    "State launchTemplate.iamInstanceProfile",
)


def look_up(canary: Canary | None, template: LaunchTemplatePlan, platform: str, findings: Findings) -> None:
    """Find why the version cannot be proven by a canary.

    Args:
        platform: the image's billing platform, such as `Linux/UNIX` or `Windows`.
    """
    if canary is None:
        return
    data, mend = template.data, _TAKE_AWAY if template.adds_version else ""
    specification = data.get("CapacityReservationSpecification", {})
    if target := specification.get("CapacityReservationTarget"):
        named = " ".join(str(one) for one in target.values())
        findings.wrong(
            "canary",
            f"the launch template {_RESERVED} the Capacity Reservation {named}, which may have no place for "
            f"it. Set canary: false{mend.format('capacityReservationSpecification')}.",
        )
    market = data.get("InstanceMarketOptions", {})
    away = mend.format("instanceMarketOptions")
    if market.get("SpotOptions", {}).get("SpotInstanceType") == "persistent":
        findings.wrong(
            "canary",
            "the launch template makes a persistent Spot request, which launches another instance whenever "
            f"the canary is terminated. Set canary: false{away}.",
        )
    elif market.get("MarketType") == _SPOT:
        findings.warnings.append(
            "The canary is a Spot Instance, as the launch template says: EC2 may end it, or have no capacity "
            "for it, and the run fails then."
        )
    elif kind := market.get("MarketType"):
        findings.wrong("canary", f"the launch template {_RESERVED} a {kind}. Set canary: false{away}.")
    if canary.document is not None:
        _document(canary, template, platform, findings)


def _document(canary: Canary, template: LaunchTemplatePlan, platform: str, findings: Findings) -> None:
    if canary.document is None:
        return
    if template.iam_instance_profile is None:
        mend = _PROFILE if template.adds_version else "Go back to another generation"
        findings.wrong(
            "canary.document",
            "the launch template names no instance profile, so that no document can be run on the canary. "
            f"{mend}, one with AmazonSSMManagedInstanceCore.",
        )
    documents.look_up("canary", canary.document, platform, findings)
