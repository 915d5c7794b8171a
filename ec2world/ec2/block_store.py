"""Volumes that keep what they were made with, and the snapshots of them.

Sources: the EBS User Guide on snapshots, and the error codes of the EC2 API Reference.
"""

from typing import TYPE_CHECKING, Any

from moto.ec2.exceptions import InvalidSnapshotInUse
from moto.ec2.models.elastic_block_store import EBSBackend, Snapshot, Volume, VolumeAttachment

from ec2world.ec2.descriptions import check_description
from ec2world.ec2.filters import passing
from ec2world.ec2.snapshots import TimedSnapshot
from ec2world.wire.errors import AWSError

if TYPE_CHECKING:
    from ec2world.virtual_time.scene import Scene

SECONDS_BETWEEN_SNAPSHOTS_OF_A_VOLUME = 15
PENDING_SNAPSHOTS_OF_A_VOLUME = 5
GP3_DEFAULT_THROUGHPUT = 125
# I/O operations a second of a gp2 volume: for each GiB, at least, at most.
GP2_IOPS = 3, 100, 16_000


class Attachment(VolumeAttachment):  # type: ignore[misc]
    """An attachment that says whether its volume goes with the instance."""

    @property
    def delete_on_termination(self) -> bool:
        """As the instance's block device has it now."""
        return bool(self.instance.block_device_mapping[self.device].delete_on_termination)


class BlockStore(EBSBackend):  # type: ignore[misc]
    """moto's block store with time."""

    scene: "Scene"

    def create_volume(self, *args: Any, **kwargs: Any) -> Volume:
        """moto's volume, with the key of its snapshot and the throughput that AWS defaults to."""
        snapshot = self.get_snapshot(kwargs["snapshot_id"]) if kwargs.get("snapshot_id") else None
        if snapshot is not None and snapshot.status != "completed":
            raise AWSError("IncorrectState", f"Snapshot '{snapshot.id}' is not 'completed'.")
        if snapshot is not None and kwargs.get("size") is None:
            kwargs["size"] = snapshot.volume_size
        volume = super().create_volume(*args, **kwargs)
        if snapshot is not None and snapshot.encrypted:
            volume.kms_key_id = kwargs.get("kms_key_id") or snapshot.kms_key_id
        if volume.volume_type == "gp2":
            each, least, most = GP2_IOPS
            volume.iops = min(max(each * volume.size, least), most)
        if volume.volume_type == "gp3" and not volume.throughput:
            volume.throughput = GP3_DEFAULT_THROUGHPUT
        return volume

    def default_key(self) -> str:
        """The ARN of the key of what is encrypted where none is named; AWS's own unless another was set."""
        return str(self.default_kms_key_id or self._create_default_encryption_key())

    def get_snapshot(self, snapshot_id: str) -> Snapshot:
        """The snapshot of that id; InvalidSnapshot.NotFound where there is none."""
        if snapshot_id not in self.snapshots:
            raise AWSError("InvalidSnapshot.NotFound", f"The snapshot '{snapshot_id}' does not exist.")
        return self.snapshots[snapshot_id]

    def attach_volume(
        self, volume_id: str, instance_id: str, device_path: str, delete_on_termination: bool = False
    ) -> VolumeAttachment:
        """moto's AttachVolume."""
        attachment = super().attach_volume(volume_id, instance_id, device_path, delete_on_termination)
        attachment.__class__ = Attachment  # moto makes the object
        return attachment

    def detach_volume(self, volume_id: str, instance_id: str | None, device_path: str) -> Any:
        """moto's DetachVolume, which may leave out the instance."""
        attachment = self.get_volume(volume_id).attachment
        if not instance_id and attachment is not None:
            instance_id = attachment.instance.id
        return super().detach_volume(volume_id, instance_id, device_path)

    def create_snapshot(
        self, volume_id: str, description: str, owner_id: str | None = None, from_ami: str | None = None
    ) -> Snapshot:
        """A snapshot of one volume; the snapshots of moto's public images are there at once."""
        if from_ami is not None:
            return super().create_snapshot(volume_id, description, owner_id, from_ami)
        return self.new_snapshots([self.get_volume(volume_id)], description)[0]

    def new_snapshots(
        self, volumes: list[Volume], description: str | None, *, rated: bool = True
    ) -> list[TimedSnapshot]:
        """A snapshot of each volume, or none; `rated` holds them to AWS's rate per volume."""
        check_description(description)
        for volume in volumes if rated else []:
            self._check_rate(volume)
        made = [
            TimedSnapshot(self, volume, description, self.scene.clock.durations.snapshot(volume.size))
            for volume in volumes
        ]
        self.snapshots.update({one.id: one for one in made})
        for volume, snapshot in zip(volumes, made, strict=True):
            self.snapshots_of_volume.setdefault(volume.id, []).append(snapshot)
        return made

    def new_copies(self, volumes: list[Volume], description: str | None) -> list[TimedSnapshot]:
        """Copies of snapshots of these volumes, with no volume of their own."""
        made = self.new_snapshots(volumes, description, rated=False)
        for one in made:
            one.copied = True
        return made

    def copy_snapshot(
        self, source_snapshot_id: str, source_region: str, description: str, kms_key_id: str | None
    ) -> TimedSnapshot:
        """CopySnapshot within the region; only a completed snapshot can be copied."""
        if source_region != self.region_name:
            raise AWSError("InvalidParameterValue", "This world copies snapshots within one region.")
        source = self.get_snapshot(source_snapshot_id)
        if source.status != "completed":
            raise AWSError("IncorrectState", f"Snapshot '{source.id}' is not 'completed'.")
        copy = self.new_copies([source.volume], description)[0]
        copy.kms_key_id = kms_key_id or source.kms_key_id
        return copy

    def _check_rate(self, volume: Volume) -> None:
        now = self.scene.clock.now()
        earlier = self.snapshots_of_volume.get(volume.id, [])
        if any(now - one.began < SECONDS_BETWEEN_SNAPSHOTS_OF_A_VOLUME for one in earlier):
            raise AWSError(
                "SnapshotCreationPerVolumeRateExceeded",
                "The maximum per volume CreateSnapshot request rate has been exceeded. Use an increasing or "
                "variable sleep interval between requests.",
            )
        pending = [one for one in earlier if one.status == "pending" and one.id in self.snapshots]
        if len(pending) >= PENDING_SNAPSHOTS_OF_A_VOLUME:
            raise AWSError(
                "PendingSnapshotLimitExceeded",
                f"The maximum number of pending snapshots for volume {volume.id} has been reached.",
            )

    def create_snapshots(
        self,
        instance_spec: dict[str, Any],
        description: str,
        tags: dict[str, str],
        *,
        copy_tags: bool = False,
    ) -> list[TimedSnapshot]:
        """A crash-consistent set: one snapshot of each attached volume that is not excluded."""
        instance = self.get_instance(instance_spec["InstanceId"])
        if instance.state not in ("running", "stopping", "stopped"):
            raise AWSError(
                "IncorrectInstanceState", f"The instance '{instance.id}' is in the '{instance.state}' state."
            )
        excluded = set(instance_spec.get("ExcludeDataVolumeIds", []))
        volumes = [
            self.get_volume(block.volume_id)
            for name, block in instance.get_block_device_mapping
            if block.volume_id not in excluded
            and not (instance_spec.get("ExcludeBootVolume") and name == instance.root_device_name)
        ]
        if not volumes:
            raise AWSError("InvalidParameterValue", f"Instance '{instance.id}' has no volume to snapshot.")
        made = self.new_snapshots(volumes, description)
        for volume, snapshot in zip(volumes, made, strict=True):
            snapshot.add_tags({**(self.tags.get(volume.id, {}) if copy_tags else {}), **tags})
        return made

    def describe_snapshots(
        self,
        snapshot_ids: list[str] | None = None,
        filters: Any = None,
        owners: list[str] | None = None,
    ) -> list[Snapshot]:
        """The snapshots of these ids, or all that pass."""
        if snapshot_ids:
            found = [self.get_snapshot(one) for one in snapshot_ids]
        elif filters and "snapshot-id" in filters:
            found = [self.snapshots[one] for one in filters["snapshot-id"] if one in self.snapshots]
        else:
            found = list(self.snapshots.values())
        if not owners and any(name.startswith("tag") for name in filters or {}):
            owners = ["self"]  # no one sees the tags of another account's snapshots
        if owners:
            ids = {self.account_id if one == "self" else one for one in owners}
            found = [one for one in found if one.owner_id in ids]
        return passing(found, filters, self.tags)

    def describe_volumes(self, volume_ids: list[str] | None = None, filters: Any = None) -> list[Volume]:
        """moto's DescribeVolumes, with short cuts by id, instance and tag, and one more filter."""
        found = [self.get_volume(one) for one in volume_ids] if volume_ids else list(self.volumes.values())
        if instances := (filters or {}).get("attachment.instance-id"):
            found = [one for one in found if one.attachment and one.attachment.instance.id in instances]
        left = dict(filters or {})
        if flags := left.pop("attachment.delete-on-termination", []):
            attached = [one for one in found if one.attachment]
            found = [one for one in attached if str(one.attachment.delete_on_termination).lower() in flags]
        return passing(found, left, self.tags)

    def delete_snapshot(self, snapshot_id: str) -> Snapshot:
        """Delete a snapshot; InvalidSnapshot.InUse while an image needs it."""
        snapshot = self.get_snapshot(snapshot_id)
        for image in self.images_using(snapshot_id):
            raise InvalidSnapshotInUse(snapshot_id, image.id)
        self.snapshots.pop(snapshot_id)
        self.tags.pop(snapshot_id, None)
        return snapshot
