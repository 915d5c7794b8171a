"""Snapshots that grow.

Source: the EBS User Guide on snapshots.
"""

from typing import Any

from moto.core.utils import utcnow
from moto.ec2.models.elastic_block_store import Snapshot, Volume
from moto.ec2.utils import random_snapshot_id

# The volume that a copied snapshot shows.
NO_VOLUME = "vol-ffffffff"


class TimedSnapshot(Snapshot):  # type: ignore[misc]
    """A snapshot that is pending for as long as its volume is large."""

    def __init__(self, backend: Any, volume: Volume, description: str | None, seconds: float) -> None:
        super().__init__(
            backend,
            random_snapshot_id(),
            volume,
            description or "",
            encrypted=volume.encrypted,
            kms_key_id=volume.kms_key_id,
        )
        clock = backend.scene.clock
        self._size: int = volume.size
        self._began, self._seconds = clock.now(), seconds
        self._failure: str | None = backend.scene.failure
        self.copied = False
        self.status = "pending"
        self.state_message: str | None = None
        self.completion_time: Any = None
        clock.after(seconds, self._end)

    def _end(self) -> None:
        if self._failure is None:
            self.status, self.completion_time = "completed", utcnow()
        else:
            self.status, self.state_message = "error", self._failure

    @property
    def volume_id(self) -> str:
        """The volume that it is of; a copy does not tell it."""
        return NO_VOLUME if self.copied else str(self.volume.id)

    def get_filter_value(self, filter_name: str, method_name: str | None = None) -> Any:
        """The value that a filter of DescribeSnapshots compares."""
        if filter_name == "volume-id":
            return self.volume_id
        return super().get_filter_value(filter_name, method_name)

    @property
    def state(self) -> str:
        """The status, under the name that CreateSnapshots gives it."""
        return str(self.status)

    @property
    def volume_size(self) -> int:
        """GiB that the volume had when the snapshot was taken."""
        return self._size

    @property
    def progress(self) -> str:
        """How far it is, as AWS writes it: `37%`; empty where it failed."""
        if self.status != "pending":
            return "100%" if self.status == "completed" else ""
        elapsed = self.ec2_backend.scene.clock.now() - self._began
        return f"{int(99 * elapsed / self._seconds) if self._seconds else 99}%"

    @property
    def full_snapshot_size_in_bytes(self) -> int:
        """The bytes of all its blocks; here every block of a volume is written."""
        return self._size * 1024**3

    @property
    def began(self) -> float:
        """Virtual time of its creation."""
        return float(self._began)
