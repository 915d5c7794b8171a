"""The EC2 calls that differ from moto's: instances, snapshots and the rest of the block store."""

from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.core.serialize import return_if_not_empty
from moto.ec2.responses import EC2Response

from ec2world.ec2.console import ConsoleCalls
from ec2world.ec2.ebs_keys import withheld_key
from ec2world.ec2.image_calls import ImageCalls
from ec2world.ec2.image_references import ImageReferenceCalls
from ec2world.ec2.image_retention import RetentionCalls
from ec2world.ec2.instance_attributes import InstanceAttributeCalls
from ec2world.ec2.network_calls import NetworkCalls
from ec2world.ec2.sharing import SharingCalls
from ec2world.ec2.spot import SpotCalls
from ec2world.ec2.template_calls import TemplateCalls
from ec2world.wire.answers import XmlAnswer
from ec2world.wire.errors import AWSError
from ec2world.wire.pages import page
from ec2world.wire.responses import WorldResponse


class InstanceCalls(EC2Response):  # type: ignore[misc]
    """Run, stop, start, terminate and describe."""

    def describe_instances(self) -> ActionResult:
        """Instances by id, or pages of all that pass the filters."""
        ids, size = self._get_param("InstanceIds", []), self._get_param("MaxResults")
        if ids and size:
            raise AWSError(
                "InvalidParameterCombination",
                "The parameter instancesSet cannot be used with the parameter maxResults",
            )
        filters = self._filters_from_querystring()
        backend = self.ec2_backend
        found = (
            backend.get_reservations_by_instance_ids(ids, filters)
            if ids
            else backend.all_reservations(filters)
        )
        reservations, token = page(found, self._get_param("NextToken"), size)
        return ActionResult({"Reservations": reservations, "NextToken": token})

    def describe_key_pairs(self) -> ActionResult:
        """Key pairs; their public keys only where they are asked for."""
        answer = super().describe_key_pairs()
        if self._get_param("IncludePublicKey"):
            return answer
        shown = ("key_name", "key_type", "key_fingerprint", "create_time")
        pairs = [
            {"KeyPairId": one.id, "Tags": one.get_tags(), **{name: getattr(one, name) for name in shown}}
            for one in answer.result["KeyPairs"]
        ]
        return ActionResult({"KeyPairs": pairs})

    def run_instances(self) -> ActionResult:
        """Launch; a dry run goes as far as the checks."""
        params = self.ec2_backend.resolved(self.params)
        image = self.ec2_backend.check_launch(params)
        self.error_on_dryrun()
        launched = self.ec2_backend.launch(params, int(self._get_param("MaxCount", 1)))
        if withheld_key(self.ec2_backend, image, _is_of_account):
            for instance in launched.instances:
                instance.fail_launch()
        return ActionResult(launched)

    def stop_instances(self) -> ActionResult:
        """Stop; with Hibernate only what was launched for it."""
        self.error_on_dryrun()
        ids = self._ids()
        if self._get_param("Hibernate"):
            for instance in self.ec2_backend.get_multi_instances_by_id(ids):
                if not instance.hibernation_options["Configured"]:
                    raise AWSError(
                        "UnsupportedHibernationConfiguration",
                        f"The instance '{instance.id}' is not configured for hibernation.",
                    )
        return _changes("StoppingInstances", self.ec2_backend.stop_instances(ids))

    def start_instances(self) -> ActionResult:
        """Start."""
        self.error_on_dryrun()
        ids = self._ids()
        return _changes("StartingInstances", self.ec2_backend.start_instances(ids))

    def terminate_instances(self) -> ActionResult:
        """Terminate."""
        self.error_on_dryrun()
        ids = self._ids()
        return _changes("TerminatingInstances", self.ec2_backend.terminate_instances(ids))

    def _ids(self) -> list[str]:
        ids: list[str] = self._get_param("InstanceIds", [])
        if not ids:
            raise AWSError("InvalidParameterCombination", "No instances specified")
        return ids


class BlockStoreCalls(EC2Response):  # type: ignore[misc]
    """Snapshots, with tags in the creating call."""

    def get_ebs_default_kms_key_id(self) -> ActionResult:
        """The key of new volumes where they are encrypted by default: AWS's own unless another was set."""
        return ActionResult({"KmsKeyId": self.ec2_backend.default_kms_key_id or "alias/aws/ebs"})

    def create_snapshot(self) -> ActionResult:
        """A snapshot of one volume."""
        self.error_on_dryrun()
        snapshot = self.ec2_backend.create_snapshot(
            self._get_param("VolumeId"), self._get_param("Description")
        )
        snapshot.add_tags(self._parse_tag_specification().get("snapshot", {}))
        return ActionResult(snapshot)

    def create_snapshots(self) -> ActionResult:
        """A crash-consistent set of an instance's volumes."""
        self.error_on_dryrun()
        snapshots = self.ec2_backend.create_snapshots(
            self._get_param("InstanceSpecification", {}),
            self._get_param("Description", ""),
            self._parse_tag_specification().get("snapshot", {}),
            copy_tags=self._get_param("CopyTagsFromSource") == "volume",
        )
        return ActionResult({"Snapshots": snapshots})

    def describe_snapshots(self) -> ActionResult:
        """Snapshots by id, or pages of all that pass owners and filters."""
        found = self.ec2_backend.describe_snapshots(
            self._get_param("SnapshotIds", []),
            self._filters_from_querystring(),
            self._get_param("OwnerIds", []),
        )
        snapshots, token = page(found, self._get_param("NextToken"), self._get_param("MaxResults"))
        return ActionResult({"Snapshots": snapshots, "NextToken": token})

    def delete_snapshot(self) -> ActionResult:
        """Delete a snapshot that no image needs."""
        self.error_on_dryrun()
        self.ec2_backend.delete_snapshot(self._get_param("SnapshotId"))
        return EmptyResult()


class WorldEC2Response(
    InstanceCalls,
    ConsoleCalls,
    InstanceAttributeCalls,
    BlockStoreCalls,
    RetentionCalls,
    SharingCalls,
    ImageReferenceCalls,
    ImageCalls,
    TemplateCalls,
    NetworkCalls,
    SpotCalls,
    WorldResponse,
    EC2Response,  # type: ignore[misc]
):
    """All of EC2."""

    writer = XmlAnswer(
        "ec2",
        {
            **EC2Response.RESPONSE_KEY_PATH_TO_TRANSFORMER,
            "InstanceNetworkInterface.Association": return_if_not_empty,
            # moto's requests have none where they do not ask for it.
            "LaunchSpecification.Monitoring.Enabled": bool,
            # moto has the state within the state.
            "Ipv6CidrBlockState.State": lambda state: state["State"] if isinstance(state, dict) else state,
        },
    )


def _is_of_account(principal: str) -> bool:
    """Whether a principal may be who calls RunInstances: this world knows no policies of IAM."""
    return bool(principal) and "aws-service-role" not in principal


def _changes(key: str, changed: list[tuple[Any, Any]]) -> ActionResult:
    return ActionResult(
        {
            key: [
                {
                    "InstanceId": instance.id,
                    "CurrentState": {"Code": instance.state_code, "Name": instance.state},
                    "PreviousState": {"Code": before.code, "Name": before.name},
                }
                for instance, before in changed
            ]
        }
    )
