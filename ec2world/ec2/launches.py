"""Launching: from RunInstances parameters and a launch template to instances with volumes.

Used by RunInstances, by the groups and by the seeding, so that an instance is the same wherever it came from.
"""

import copy
import hashlib
from functools import partial
from typing import Any

from moto.core.types import Base64EncodedString
from moto.core.utils import utcnow
from moto.ec2.exceptions import (
    InvalidInputError,
    InvalidSecurityGroupNotFoundError,
    MissingInputError,
    VPCIdNotSpecifiedError,
)
from moto.ec2.models.instance_types import INSTANCE_TYPES
from moto.ec2.models.instances import Reservation
from moto.ec2.utils import (
    convert_tag_spec,
    parse_user_data,
    random_reservation_id,
    random_spot_request_id,
)

from ec2world.ec2 import launch_settings
from ec2world.ec2.images import Image
from ec2world.ec2.instance_store import TimedInstances
from ec2world.ec2.instances import TimedInstance, boots_uefi
from ec2world.ec2.launch_checks import (
    refuse_address,
    refuse_mismatch,
    refuse_place,
    refuse_unknown_names,
)
from ec2world.ec2.launch_volumes import attach_new_volume, mappings
from ec2world.ec2.network_calls import refuse_unknown_placement
from ec2world.ec2.spot import record_spot_request
from ec2world.wire.errors import AWSError

DEFAULT_TYPE = "m1.small"
# Virtual seconds until an image shows that it was launched (LastLaunchedTime in the API Reference).
LAUNCH_SHOWN_AFTER = 24 * 3600.0


class Launches(TimedInstances):
    """The part of the EC2 backend that launching needs."""

    def resolved(self, params: dict[str, Any]) -> dict[str, Any]:
        """The parameters with the launch template's data under them, tags of both joined."""
        reference = params.get("LaunchTemplate")
        if not reference:
            return dict(params)
        version = self.template_version(reference)
        merged = {**copy.deepcopy(version.data), **{k: v for k, v in params.items() if k != "LaunchTemplate"}}
        tags = convert_tag_spec(version.data.get("TagSpecifications", []))
        for kind, more in convert_tag_spec(params.get("TagSpecifications", [])).items():
            tags.setdefault(kind, {}).update(more)
        tags.setdefault("instance", {}).update(
            {
                "aws:ec2launchtemplate:id": version.template.id,
                "aws:ec2launchtemplate:version": str(version.number),
            }
        )
        merged["TagSpecifications"] = [
            {"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in some.items()]}
            for kind, some in tags.items()
        ]
        return merged

    def check_launch(self, params: dict[str, Any]) -> Image:
        """Raise what RunInstances says about resolved parameters that cannot be launched.

        What does not go together is refused before anything that is named is looked up.
        """
        launch_settings.refuse_combinations(params)
        if not params.get("ImageId"):
            raise AWSError("MissingParameter", "The request must contain the parameter ImageId")
        image: Image = self.image_for_launch(params["ImageId"], params.get("InstanceType", DEFAULT_TYPE))
        instance_type = params.get("InstanceType", DEFAULT_TYPE)
        if instance_type not in INSTANCE_TYPES:
            raise AWSError("InvalidParameterValue", f"Invalid value '{instance_type}' for InstanceType.")
        refuse_mismatch(params, image, instance_type)
        _user_data(params)
        refuse_unknown_names(self, params)
        refuse_unknown_placement(self, params.get("Placement", {}))
        launch_settings.refuse_for_type(params)
        groups = self._security_groups(params)
        zone = params.get("Placement", {}).get("AvailabilityZone")
        if zone and zone not in self._zones():
            raise AWSError("InvalidParameterValue", f"Invalid availability zone: [{zone}]")
        nics = params.get("NetworkInterfaces", [])
        for subnet_id in [params.get("SubnetId"), *(nic.get("SubnetId") for nic in nics)]:
            if subnet_id:
                refuse_place(self, self.get_subnet(subnet_id), groups, instance_type)
        return image

    def _zones(self) -> set[str]:
        return {one.name for one in self.describe_availability_zones()}

    def _default_subnet(self, zone: str | None) -> Any:
        """The default subnet of a zone, or of the first; MissingInput or VPCIdNotSpecified without any."""
        subnets = self.get_default_subnets()
        if not subnets and (vpc := self.get_default_vpc()) is not None:
            raise MissingInputError(
                f"No subnets found for the default VPC '{vpc.id}'. Please specify a subnet."
            )
        if not subnets:
            raise VPCIdNotSpecifiedError
        if (zone or min(subnets)) not in subnets:
            raise InvalidInputError(f"No default subnet for availability zone: '{zone}'.")
        return subnets[zone or min(subnets)]

    def launch(self, params: dict[str, Any], count: int = 1) -> Reservation:
        """Start `count` instances from parameters that `resolved` has made complete."""
        return self.start(params, self.check_launch(params), count, public=True)

    def start(
        self, params: dict[str, Any], image: Image, count: int = 1, *, public: bool = False
    ) -> Reservation:
        """Launch what has been checked, or what a seed says.

        `public` gives an instance of one interface, of which nothing else is said, the public address that
        its subnet gives.
        """
        reservation = Reservation(random_reservation_id(), self.account_id)
        tags = convert_tag_spec(params.get("TagSpecifications", []))
        for index in range(count):
            instance = self._instance(params, image, index, public=public)
            reservation.instances.append(instance)
            instance.add_tags(tags.get("instance", {}))
        self.add_reservation(reservation)
        if isinstance(image, Image):
            said = f"{utcnow():%Y-%m-%dT%H:%M:%S.000Z}"
            self.scene.clock.after(LAUNCH_SHOWN_AFTER, partial(setattr, image, "last_launched_time", said))
        for instance in reservation.instances:
            for mapping in mappings(params, image, instance):
                attach_new_volume(self, instance, mapping, tags.get("volume", {}))
            instance.begin("pending", "running", self.scene.clock.durations.start)
        return reservation

    def _security_groups(self, params: dict[str, Any]) -> list[Any]:
        """The groups that are named for the instance or for its first network interface."""
        groups = []
        first_nic: dict[str, Any] = next(iter(params.get("NetworkInterfaces", [])), {})
        for group_id in [*params.get("SecurityGroupIds", []), *first_nic.get("Groups", [])]:
            group = self.get_security_group_from_id(group_id)
            if group is None:
                raise InvalidSecurityGroupNotFoundError(group_id)
            groups.append(group)
        for name in params.get("SecurityGroups", []):
            group = self.get_security_group_by_name_or_id(name)
            if group is None:
                raise InvalidSecurityGroupNotFoundError(name)
            groups.append(group)
        return groups

    def _instance(self, params: dict[str, Any], image: Image, index: int, *, public: bool) -> TimedInstance:
        zone = params.get("Placement", {}).get("AvailabilityZone")
        nics = [{"DeleteOnTermination": True, **nic} for nic in params.get("NetworkInterfaces", [])]
        subnet_id = params.get("SubnetId") or next(
            (nic["SubnetId"] for nic in nics if "SubnetId" in nic), None
        )
        if not subnet_id:
            subnet_id = self._default_subnet(zone).id
        subnet = self.get_subnet(subnet_id)
        refuse_address(subnet, params.get("PrivateIpAddress"))
        nics = nics or [{"DeviceIndex": 0, "SubnetId": subnet_id, "DeleteOnTermination": True}]
        if public and len(nics) == 1:
            nics[0].setdefault("AssociatePublicIpAddress", subnet.map_public_ip_on_launch is True)
        instance = TimedInstance(
            self,
            image.id,
            _user_data(params),
            self._security_groups(params) or [self.get_default_security_group(subnet.vpc_id)],
            instance_type=params.get("InstanceType", DEFAULT_TYPE),
            region_name=self.region_name,
            subnet_id=subnet_id,
            nics=nics,
            key_name=params.get("KeyName"),
            private_ip=params.get("PrivateIpAddress"),
            ebs_optimized=params.get("EbsOptimized", False),
            disable_api_stop=params.get("DisableApiStop", False),
            disable_api_termination=params.get("DisableApiTermination", False),
            instance_initiated_shutdown_behavior=params.get("InstanceInitiatedShutdownBehavior"),
            hibernation_options={"Configured": params.get("HibernationOptions", {}).get("Configured", False)},
            monitoring_state="enabled" if params.get("Monitoring", {}).get("Enabled") else "disabled",
            metadata_options=params.get("MetadataOptions", {}),
            client_token=params.get("ClientToken", ""),
            ami_launch_index=index,
        )
        # Called on the class, for it serves moto's public images as well.
        Image.give_to(image, instance, uefi_capable=boots_uefi(instance.instance_type))
        instance.iam_instance_profile = self._profile(params.get("IamInstanceProfile"))
        launch_settings.keep(instance, params)
        self._make_spot(instance, params, image)
        return instance

    def _profile(self, given: dict[str, str] | None) -> dict[str, str] | None:
        if not given:
            return None
        arn = given.get("Arn") or f"arn:aws:iam::{self.account_id}:instance-profile/{given.get('Name')}"
        return {"Arn": arn, "Id": "AIPA" + hashlib.sha256(arn.encode()).hexdigest()[:17].upper()}

    def _make_spot(self, instance: TimedInstance, params: dict[str, Any], image: Image) -> None:
        market = params.get("InstanceMarketOptions", {})
        if market.get("MarketType") == "spot":
            instance.lifecycle = "spot"
            instance.spot_type = market.get("SpotOptions", {}).get("SpotInstanceType", "one-time")
            instance.spot_instance_request_id = random_spot_request_id()
            again = partial(self.start, params, image, public=True)
            record_spot_request(self, instance, market.get("SpotOptions", {}), again)


def _user_data(params: dict[str, Any]) -> Base64EncodedString | None:
    """The user data of a launch; InvalidUserData.Malformed where it is not in base64."""
    given = params.get("UserData")
    return given if isinstance(given, Base64EncodedString) else parse_user_data(given)
