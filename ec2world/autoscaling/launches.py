"""How a group launches: from its template, into its subnets, again and again where it fails."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from moto.autoscaling.models import ASG_NAME_TAG, FakeAutoScalingGroup, InstanceState, LifecycleHook

from ec2world.autoscaling.activities import ScalingActivity
from ec2world.autoscaling.desired_configuration import launching_from
from ec2world.autoscaling.errors import validation_error
from ec2world.autoscaling.keys import key_withheld_from_auto_scaling
from ec2world.autoscaling.refresh_states import InstanceRefresh
from ec2world.autoscaling.subnets import existing, listed
from ec2world.ec2.launch_checks import zones_of
from ec2world.ec2.launches import DEFAULT_TYPE
from ec2world.wire.errors import AWSError

if TYPE_CHECKING:
    from ec2world.ec2.instances import TimedInstance
    from ec2world.virtual_time.scene import Scene

RETRY_LIMIT = 3600.0


class LaunchingGroup(FakeAutoScalingGroup):  # type: ignore[misc]
    """The half of a group that launches, as its members and its warm pool know it.

    `launch_failure` makes every launch fail with that message. `surge` is how many instances an instance
    refresh wants for now beside the desired ones.
    """

    scene: "Scene"
    activities: list[ScalingActivity]
    status: str | None
    launch_failure: str | None = None
    last_launch_error: str | None = None
    instance_refreshes: list[InstanceRefresh]
    instance_states: list[Any]
    surge = 0
    _retry_seconds: float | None = None
    _retry_due = 0.0
    _subnet_turn = 0

    def moment(self) -> str:
        """The time as activities write it."""
        return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"

    def note(self, description: str, cause: str, status: str = "InProgress") -> ScalingActivity:
        """Begin an activity."""
        activity = ScalingActivity(self, description, cause, status)
        self.activities.append(activity)
        return activity

    def suspends(self, process: str) -> bool:
        """Whether a process is suspended; a group that is being deleted suspends nothing."""
        return self.status is None and process in self._suspended_processes

    def hook(self, transition: str) -> LifecycleHook | None:
        """The lifecycle hook of a transition, if there is one."""
        hooks = self.autoscaling_backend.describe_lifecycle_hooks(self.name)
        return next((one for one in hooks if one.lifecycle_transition == transition), None)

    def reconcile(self) -> None:
        """Bring what there is nearer to what is wanted."""
        raise NotImplementedError

    def remove(self, gone: InstanceState) -> None:
        """Forget a member whose instance is no more."""
        raise NotImplementedError

    def count_members(self) -> None:
        """Take notice that a member, or how many are desired, has changed."""

    @property
    def refresh(self) -> InstanceRefresh | None:
        """The instance refresh that has not ended, if there is one."""
        latest = self.instance_refreshes[-1] if self.instance_refreshes else None
        return latest if latest is not None and latest.active else None

    @property
    def waits_to_retry(self) -> bool:
        """Whether a launch has failed, and it is not yet time to try again."""
        return self._retry_seconds is not None and self.scene.clock.now() < self._retry_due

    def forget_retry(self) -> None:
        """Try again without waiting, for what is launched is something else by now."""
        self._retry_seconds = None

    def launch_parameters(self) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """What to launch by now, and the template version that says so: a refresh's where it launches."""
        refresh = self.refresh
        forward = refresh is not None and not refresh.going_back and refresh.launch_mark is not None
        with launching_from(self, refresh.desired if refresh and forward else None):
            return self.own_launch_parameters()

    def own_launch_parameters(self) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """What the group's own configuration says, and its template version."""
        ec2, version = self.ec2_backend, None
        if self.ec2_launch_template is not None:
            overrides = (self.mixed_instances_policy or {}).get("LaunchTemplate", {}).get("Overrides", [])
            first = overrides[0] if overrides else {}
            reference = first.get("LaunchTemplateSpecification") or {
                "LaunchTemplateId": self.ec2_launch_template.id,
                "Version": self.launch_template_version,
            }
            resolved = ec2.resolved({"LaunchTemplate": reference})
            used = ec2.template_version(reference)
            version = {
                "LaunchTemplateId": used.template.id,
                "LaunchTemplateName": used.template.name,
                "Version": str(used.number),
            }
            resolved |= {key: first[key] for key in ("InstanceType", "ImageId") if key in first}
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

    def checked_launch_parameters(self) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """The same, or the error that a launch would end in."""
        params, version = self.launch_parameters()
        refresh, image = self.refresh, self.ec2_backend.check_launch(params)
        failure = self.launch_failure or (refresh.fault if refresh and refresh.launch_mark else None)
        if failure is not None:
            raise validation_error(failure)
        if key := key_withheld_from_auto_scaling(self.ec2_backend, image):
            raise AWSError("Client.InternalError", f"Client error on launch: no access to KMS key {key}")
        return params, version

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
            placed["NetworkInterfaces"] = [{**first, "SubnetId": self._next_subnet(params)}, *others]
        else:
            placed["SubnetId"] = self._next_subnet(params)
        return self.ec2_backend.launch(placed).instances[0]  # type: ignore[no-any-return]

    def _launch_failed(self, message: str) -> None:
        self.last_launch_error = f"{message}. Launching EC2 instance failed."
        activity = self.note(
            "Launching a new EC2 instance",
            f"At {self.moment()} an instance was started in response to a difference between desired and "
            "actual capacity.",
        )
        activity.description += f".  Status Reason: {message}. Launching EC2 instance failed."
        activity.end("Failed", f"{message}. Launching EC2 instance failed.")
        clock = self.scene.clock
        seconds = self._retry_seconds or clock.durations.launch or 1
        self._retry_seconds, self._retry_due = min(2 * seconds, RETRY_LIMIT), clock.now() + seconds
        clock.after(seconds, self._try_again)

    def _try_again(self) -> None:
        if self._retry_seconds is not None and self.autoscaling_backend.has(self):
            self.reconcile()

    def _next_subnet(self, params: dict[str, Any]) -> str:
        """The next of the subnets whose zones have the type; any where no zone has it, for EC2 to refuse.

        One that was deleted meanwhile is passed over while there are others.
        """
        subnets = listed(self.vpc_zone_identifier)
        subnets = existing(self.ec2_backend, subnets) or subnets
        if not subnets:
            defaults = self.ec2_backend.get_default_subnets()
            subnets = [defaults[zone].id for zone in self.availability_zones]
        zones = zones_of(params.get("InstanceType", DEFAULT_TYPE), self.ec2_backend.region_name)
        subnets = [
            one for one in subnets if self.ec2_backend.get_subnet(one).availability_zone in zones
        ] or subnets
        self._subnet_turn += 1
        return str(subnets[(self._subnet_turn - 1) % len(subnets)])
