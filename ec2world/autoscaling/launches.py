"""How a group launches: from its template, into its subnets, again and again where it fails."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from moto.autoscaling.models import ASG_NAME_TAG, FakeAutoScalingGroup
from moto.core.exceptions import ServiceException

from ec2world.autoscaling.activities import ScalingActivity
from ec2world.autoscaling.keys import key_withheld_from_auto_scaling
from ec2world.autoscaling.members import Member
from ec2world.wire.errors import AWSError

if TYPE_CHECKING:
    from ec2world.ec2.instances import TimedInstance
    from ec2world.virtual_time.scene import Scene

RETRY_LIMIT = 3600.0


def validation_error(message: str) -> AWSError:
    """Auto Scaling's error for nearly everything."""
    return AWSError("ValidationError", message)


class LaunchingGroup(FakeAutoScalingGroup):  # type: ignore[misc]
    """The half of a group that launches.

    `launch_failure` makes every launch fail with that message.
    """

    scene: "Scene"
    activities: list[ScalingActivity]
    instance_states: list[Member]
    launch_failure: str | None = None
    _retry_seconds: float | None = None
    _subnet_turn = 0

    def moment(self) -> str:
        """The time as activities write it."""
        return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"

    def note(self, description: str, cause: str, status: str = "InProgress") -> ScalingActivity:
        """Begin an activity."""
        activity = ScalingActivity(self, description, cause, status)
        self.activities.append(activity)
        return activity

    def launch_parameters(self) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """What to launch by now, and the template version that says so."""
        ec2, version = self.ec2_backend, None
        if self.ec2_launch_template is not None:
            reference = {
                "LaunchTemplateId": self.ec2_launch_template.id,
                "Version": self.launch_template_version,
            }
            resolved = ec2.resolved({"LaunchTemplate": reference})
            number = ec2.template_version(reference).number
            version = {
                "LaunchTemplateId": self.ec2_launch_template.id,
                "LaunchTemplateName": self.ec2_launch_template.name,
                "Version": str(number),
            }
            overrides = (self.mixed_instances_policy or {}).get("LaunchTemplate", {}).get("Overrides", [])
            if overrides:
                resolved["InstanceType"] = overrides[0].get("InstanceType", resolved.get("InstanceType"))
        else:
            config = self.launch_config
            resolved = {
                "ImageId": config.image_id,
                "InstanceType": config.instance_type,
                "KeyName": config.key_name,
                "SecurityGroupIds": [one for one in config.security_groups if one.startswith("sg-")],
                "SecurityGroups": [one for one in config.security_groups if not one.startswith("sg-")],
                "UserData": config.user_data,
                "BlockDeviceMappings": config.block_device_mapping_dict or [],
            }
        return resolved, version

    def launch_members(self, count: int) -> None:
        """Launch so many members, or note why not and try again later."""
        try:
            params, version = self.checked_launch_parameters()
            for _ in range(count):
                self._launch_member(params, version)
        except ServiceException as error:
            self._launch_failed(error.message)
        else:
            self._retry_seconds = None

    def checked_launch_parameters(self) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """The same, or the error that a launch would end in."""
        params, version = self.launch_parameters()
        image = self.ec2_backend.check_launch(params)
        if self.launch_failure is not None:
            raise validation_error(self.launch_failure)
        if key := key_withheld_from_auto_scaling(self.ec2_backend, image):
            raise AWSError("Client.InternalError", f"Client error on launch: no access to KMS key {key}")
        return params, version

    def _launch_member(self, params: dict[str, Any], version: dict[str, Any] | None) -> None:
        instance = self.launch_instance(params)
        member = Member(self, instance, "Pending", version)
        actual = sum(one.counts for one in self.instance_states)
        self.instance_states.append(member)
        member.activity = self.note(
            f"Launching a new EC2 instance: {instance.id}",
            f"At {self.moment()} an instance was started in response to a difference between desired and "
            f"actual capacity, increasing the capacity from {actual} to {actual + 1}.",
            "PreInService",
        )
        member.enter()

    def launch_instance(self, params: dict[str, Any]) -> "TimedInstance":
        """One instance with the group's tags, in the subnet whose turn it is."""
        tags = {**self.get_propagated_tags(), ASG_NAME_TAG: self.name}
        specification = {
            "ResourceType": "instance",
            "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
        }
        placed = {**params, "TagSpecifications": [*params.get("TagSpecifications", []), specification]}
        if params.get("NetworkInterfaces"):
            first, *others = params["NetworkInterfaces"]
            placed["NetworkInterfaces"] = [{**first, "SubnetId": self._next_subnet()}, *others]
        else:
            placed["SubnetId"] = self._next_subnet()
        return self.ec2_backend.launch(placed).instances[0]  # type: ignore[no-any-return]

    def _launch_failed(self, message: str) -> None:
        activity = self.note(
            "Launching a new EC2 instance",
            f"At {self.moment()} an instance was started in response to a difference between desired and "
            "actual capacity.",
        )
        activity.description += f".  Status Reason: {message}. Launching EC2 instance failed."
        activity.end("Failed", f"{message}. Launching EC2 instance failed.")
        clock = self.scene.clock
        seconds = self._retry_seconds or clock.durations.launch or 1
        self._retry_seconds = min(2 * seconds, RETRY_LIMIT)
        clock.after(seconds, self._try_again)

    def _try_again(self) -> None:
        if self._retry_seconds is not None and self.autoscaling_backend.has(self):
            self.reconcile()

    def _next_subnet(self) -> str:
        subnets = (self.vpc_zone_identifier or "").replace(" ", "").split(",")
        if subnets == [""]:
            defaults = self.ec2_backend.get_default_subnets()
            subnets = [defaults[zone].id for zone in self.availability_zones]
        self._subnet_turn += 1
        return str(subnets[(self._subnet_turn - 1) % len(subnets)])
