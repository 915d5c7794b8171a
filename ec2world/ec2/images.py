"""Images that keep every parameter they were registered with.

Source: RegisterImage in the EC2 API Reference.
"""

from typing import Any

from moto.core.utils import utcnow
from moto.ec2.models.amis import Ami
from moto.ec2.utils import random_ami_id

from ec2world.ec2.billing import Billing
from ec2world.ec2.instances import TimedInstance


class Image(Ami):  # type: ignore[misc]
    """An image made of stated parameters, in the words of RegisterImage.

    moto's own constructor invents a volume and its snapshot, so it is not called.
    """

    def __init__(self, backend: Any, params: dict[str, Any], billing: Billing, image_id: str = "") -> None:
        self.ec2_backend = backend
        self.id = image_id or random_ami_id()
        self.state = "available"
        self.state_reason: dict[str, str] | None = None
        self.name = params["Name"]
        self.description = params.get("Description", "")
        self.owner_id: str = backend.account_id
        self.owner_alias: str | None = None
        self.image_type = "machine"
        self.image_location = params.get("ImageLocation") or f"{backend.account_id}/{self.name}"
        self.architecture = params.get("Architecture", "i386")
        self.virtualization_type = params.get("VirtualizationType", "paravirtual")
        self.hypervisor = "xen"
        self.kernel_id, self.ramdisk_id = params.get("KernelId"), params.get("RamdiskId")
        self.root_device_type = "ebs"
        self.root_device_name = params.get("RootDeviceName", "/dev/sda1")
        self.ena_support = params.get("EnaSupport", False)
        self.sriov_net_support = params.get("SriovNetSupport")
        self.boot_mode = params.get("BootMode")
        self.tpm_support = params.get("TpmSupport")
        self.imds_support = params.get("ImdsSupport")
        self.uefi_data = params.get("UefiData")
        self.mappings: list[dict[str, Any]] = params.get("BlockDeviceMappings", [])
        self.platform = billing.platform
        self.platform_details = billing.platform_details
        self.usage_operation = billing.usage_operation
        self.product_codes = billing.product_codes
        self.creation_date = utcnow()
        self.instance_id = None
        self.launch_permissions: list[dict[str, str]] = []
        self.deprecation_time: str | None = None
        self.deregistration_protection = "disabled"
        self.protected_until = 0.0
        self.last_launched_time: str | None = None

    @property
    def block_device_mappings(self) -> list[dict[str, Any]]:
        """The mappings as registered."""
        return self.mappings

    @property
    def public(self) -> bool:
        """Whether everyone may launch it."""
        return bool(self.is_public)

    @property
    def image_owner_alias(self) -> str | None:
        """`amazon` for Amazon's own."""
        return self.owner_alias

    @property
    def billing(self) -> Billing:
        """The billing of a launch from it."""
        return Billing(self.platform, self.platform_details, self.usage_operation, self.product_codes)

    def snapshot_ids(self) -> list[str]:
        """The snapshots that its block devices are made from."""
        return [m["Ebs"]["SnapshotId"] for m in self.mappings if m.get("Ebs", {}).get("SnapshotId")]

    def give_to(self, instance: TimedInstance, *, uefi_capable: bool) -> None:
        """Give a launched instance what it has from its image."""
        instance.architecture = self.architecture
        instance.virtualization_type = self.virtualization_type
        instance.root_device_type, instance.root_device_name = self.root_device_type, self.root_device_name
        instance.ena_support, instance.enhanced_networking = self.ena_support, self.sriov_net_support
        instance.boot_mode, instance.nitro_tpm = self.boot_mode, self.tpm_support
        instance.uefi_data = self.uefi_data
        uefi = self.boot_mode == "uefi" or (self.boot_mode == "uefi-preferred" and uefi_capable)
        arm_default = self.boot_mode is None and self.architecture == "arm64"
        instance.current_instance_boot_mode = "uefi" if uefi or arm_default else "legacy-bios"
        instance.platform, instance.platform_details = self.platform, self.platform_details
        instance.usage_operation, instance.product_codes = self.usage_operation, list(self.product_codes)
        if self.imds_support == "v2.0" and instance.metadata_options.http_tokens == "optional":
            instance.metadata_options.http_tokens = "required"
            instance.metadata_options.http_put_response_hop_limit = 2

    def get_filter_value(self, filter_name: str, method_name: str | None = None) -> Any:
        """The value that a filter of DescribeImages compares."""
        if filter_name == "block-device-mapping.snapshot-id":
            return self.snapshot_ids()
        if filter_name == "product-code":
            return [one["ProductCodeId"] for one in self.product_codes]
        if filter_name in ("boot-mode", "tpm-support", "imds-support", "ena-support", "creation-date"):
            return getattr(self, filter_name.replace("-", "_")) or ""
        return super().get_filter_value(filter_name, method_name)
