"""The source, as it was found."""

from __future__ import annotations

from dataclasses import dataclass, replace

# EC2's names of the power states that a run returns a source to.
RUNNING = "running"
STOPPED = "stopped"

# The calls that make an image.
REGISTER = "RegisterImage"
CREATE = "CreateImage"
_PLAIN_LINUX = ("Linux/UNIX", "RunInstances")


@dataclass(frozen=True)
class Volume:
    """An EBS volume of the source, as the new image's block device mapping needs it; size in GiB.

    Attributes:
        delete_on_termination: whether it goes when its instance ends.
    """

    device_name: str
    volume_id: str
    size: int
    type: str
    iops: int | None
    throughput: int | None
    encrypted: bool
    kms_key_id: str | None
    delete_on_termination: bool


@dataclass(frozen=True)
class Source:
    """The facts of an instance that decide whether and how it is imaged.

    Attributes:
        power_state: `running` or `stopped`, as it was found.
        boot_mode: the image's boot mode (legacy-bios, uefi, uefi-preferred), None where none was set.
        current_boot_mode: what the instance really booted with.
        tpm_support, imds_support: `v2.0` or None.
        sriov_net_support: `simple` or None.
        platform: AWS's billing platform, such as `Linux/UNIX` or `Windows`.
        usage_operation: the billed operation, `RunInstances` for plain Linux.
    """

    instance_id: str
    power_state: str
    image_id: str
    instance_type: str
    architecture: str
    virtualization_type: str
    root_device_name: str
    boot_mode: str | None
    current_boot_mode: str | None
    ena_support: bool
    sriov_net_support: str | None
    tpm_support: str | None
    imds_support: str | None
    platform: str
    usage_operation: str
    product_codes: tuple[str, ...]
    subnet_id: str
    volumes: tuple[Volume, ...]

    def deleting_volumes(self) -> Source:
        """The same source with volumes that go when their instance ends.

        One that was attached by hand would stay: an image with that flag leaves one behind for each instance.
        """
        return replace(self, volumes=tuple(replace(v, delete_on_termination=True) for v in self.volumes))

    @property
    def image_method(self) -> str:
        """The call that makes the image: RegisterImage, unless it would lose the source's billing data.

        AWS: images of Windows, RHEL, SUSE and marketplace instances are to be made with CreateImage, since
        RegisterImage may drop PlatformDetails, UsageOperation and ProductCodes.
        """
        plain = (self.platform, self.usage_operation) == _PLAIN_LINUX and not self.product_codes
        return REGISTER if plain else CREATE
