"""Modifications of volumes that take their time.

Source: "Monitor the progress of volume modifications" in the EBS User Guide.
"""

from typing import Any

from moto.ec2.models.elastic_block_store import EBSBackend, Volume, VolumeModification
from moto.ec2.utils import generic_filter

from ec2world.wire.errors import AWSError

# Virtual seconds from the start of a modification; the latter may be hours at AWS.
MODIFYING_SECONDS, OPTIMIZING_SECONDS = 30, 600


class TimedModification(VolumeModification):  # type: ignore[misc]
    """A modification of a volume that is modifying, then optimizing, then completed."""

    def __init__(self, volume: Volume, **targets: Any) -> None:
        super().__init__(volume, **targets)
        self._began = volume.ec2_backend.scene.clock.now()

    @property
    def _elapsed(self) -> float:
        return float(self.volume.ec2_backend.scene.clock.now() - self._began)

    @property
    def modification_state(self) -> str:
        """modifying, optimizing or completed, by the time that has passed."""
        if self._elapsed < MODIFYING_SECONDS:
            return "modifying"
        return "optimizing" if self._elapsed < OPTIMIZING_SECONDS else "completed"

    @property
    def progress(self) -> int:
        """Percent done."""
        return min(100, int(100 * self._elapsed / OPTIMIZING_SECONDS))


class VolumeModifications(EBSBackend):  # type: ignore[misc]
    """moto's modifications with time."""

    def modify_volume(self, volume_id: str, *targets: Any) -> Volume:
        """moto's ModifyVolume, taking its time."""
        volume = self.get_volume(volume_id)
        names = ("size", "volume_type", "iops", "throughput", "multi_attach_enabled")
        wanted = {f"target_{name}": value for name, value in zip(names, targets, strict=True)}
        modification = TimedModification(volume, **wanted)
        volume.modify(**wanted)
        volume.modifications[-1] = modification
        return volume

    def describe_volumes_modifications(
        self, volume_ids: list[str] | None = None, filters: Any = None
    ) -> list[VolumeModification]:
        """The latest modification of each volume; NotFound for one asked for by id that never had any."""
        volumes = self.describe_volumes(volume_ids)
        for volume in volumes if volume_ids else []:
            if not volume.modifications:
                raise AWSError(
                    "InvalidVolumeModification.NotFound",
                    f"Modification for volume '{volume.id}' does not exist.",
                )
        latest = [volume.modifications[-1] for volume in volumes if volume.modifications]
        return generic_filter(filters, latest)  # type: ignore[no-any-return]
