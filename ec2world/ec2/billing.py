"""The billing of an image's instances.

Source: "AMI billing information fields" in the EC2 User Guide.
"""

from dataclasses import dataclass, field

_OF_PLATFORM = {
    "linux": (None, "Linux/UNIX", "RunInstances"),
    "windows": ("windows", "Windows", "RunInstances:0002"),
    "rhel": (None, "Red Hat Enterprise Linux", "RunInstances:0010"),
    "suse": (None, "SUSE Linux", "RunInstances:000g"),
}
# The codes of BillingProducts are secret; an image registered with one is billed as its platform.
MARKETPLACE_CODE = {"ProductCodeId": "8lq8z1r6wxq8cxp2zt7h3m9kq", "ProductCodeType": "marketplace"}


@dataclass(frozen=True)
class Billing:
    """The billing fields of an image or an instance."""

    platform: str | None = None
    platform_details: str = "Linux/UNIX"
    usage_operation: str = "RunInstances"
    product_codes: list[dict[str, str]] = field(default_factory=list)

    @classmethod
    def of_platform(cls, name: str | None) -> "Billing":
        """The fields of linux, windows, rhel, suse or marketplace; ValueError for another name."""
        if name == "marketplace":
            return cls(product_codes=[dict(MARKETPLACE_CODE)])
        if (name or "linux") not in _OF_PLATFORM:
            raise ValueError(f"{name!r} is no platform; there are: {', '.join(_OF_PLATFORM)}, marketplace")
        return cls(*_OF_PLATFORM[name or "linux"])
