"""Sharing images and snapshots with other accounts.

Sources: ModifyImageAttribute, ModifySnapshotAttribute and DisableImage in the EC2 API Reference; both
messages are EC2's in public reports.
"""

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses.amis import AmisResponse
from moto.ec2.responses.elastic_block_store import ElasticBlockStore

from ec2world.ec2.ebs_keys import is_managed_by_aws, known_key
from ec2world.wire.errors import AWSError


class SharingCalls(AmisResponse, ElasticBlockStore):  # type: ignore[misc]
    """ModifyImageAttribute and ModifySnapshotAttribute."""

    def modify_image_attribute(self) -> ActionResult:
        """Share an image; one that is disabled or encrypted with `aws/ebs` cannot be."""
        backend = self.ec2_backend
        image = backend.own_images.get(self._get_param("ImageId"))
        if image is not None and self._adds("LaunchPermission"):
            if image.state == "disabled":
                raise AWSError("InvalidAMIID.Unavailable", f"The AMI ID '{image.id}' is disabled.")
            if any(_is_unsharable(backend, backend.get_snapshot(one)) for one in image.snapshot_ids()):
                raise AWSError(
                    "InvalidParameter",
                    "Snapshots encrypted with the AWS Managed CMK can't be shared. Specify another snapshot.",
                )
        return super().modify_image_attribute()

    def modify_snapshot_attribute(self) -> ActionResult:
        """Share a snapshot; one that is encrypted with `aws/ebs` cannot be."""
        self.error_on_dryrun()
        snapshot = self.ec2_backend.get_snapshot(self._get_param("SnapshotId"))
        if self._adds("CreateVolumePermission") and _is_unsharable(self.ec2_backend, snapshot):
            raise AWSError(
                "OperationNotPermitted", "Encrypted snapshots with EBS default key cannot be shared"
            )
        permissions = self._get_param("CreateVolumePermission", {})
        for change in ("Add", "Remove"):
            for kind, kept in (
                ("UserId", snapshot.create_volume_permission_userids),
                ("Group", snapshot.create_volume_permission_groups),
            ):
                named = {one[kind] for one in permissions.get(change, []) if kind in one}
                (kept.update if change == "Add" else kept.difference_update)(named)
        return super().modify_snapshot_attribute()

    def _adds(self, permission: str) -> bool:
        return self._get_param("OperationType") == "add" or bool(self._get_param(permission, {}).get("Add"))


def _is_unsharable(backend: Any, snapshot: Any) -> bool:
    key = known_key(backend, snapshot.kms_key_id) if snapshot.encrypted else None
    return key is not None and is_managed_by_aws(key)
