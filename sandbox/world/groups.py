"""Auto Scaling groups that work towards their desired capacity in their own time.

Sources: the Auto Scaling User Guide on capacity limits, health checks, suspended processes, scale-in
protection, and lifecycle hooks.
"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from moto.autoscaling.models import ASG_NAME_TAG, FakeAutoScalingGroup, LifecycleHook
from moto.core.exceptions import ServiceException
from moto.core.utils import camelcase_to_underscores

from sandbox.world.activities import ScalingActivity
from sandbox.world.errors import AWSError
from sandbox.world.keys import key_withheld_from_auto_scaling
from sandbox.world.members import Member

if TYPE_CHECKING:
    from sandbox.world.scene import Scene

RETRY_LIMIT = 3600.0
# What is kept and shown as given.
KEPT = (
    "DefaultCooldown",
    "HealthCheckType",
    "HealthCheckGracePeriod",
    "PlacementGroup",
    "TerminationPolicies",
    "NewInstancesProtectedFromScaleIn",
    "MaxInstanceLifetime",
    "CapacityRebalance",
    "Context",
    "DesiredCapacityType",
    "DefaultInstanceWarmup",
    "InstanceMaintenancePolicy",
    "AvailabilityZoneDistribution",
    "AvailabilityZoneImpairmentPolicy",
    "DeletionProtection",
)


def validation_error(message: str) -> AWSError:
    """Auto Scaling's error for nearly everything."""
    return AWSError("ValidationError", message)


class Group(FakeAutoScalingGroup):  # type: ignore[misc]
    """A group with members that come and go over time.

    `launch_failure` makes every launch fail with that message.
    """

    def __init__(self, backend: Any, scene: "Scene", params: dict[str, Any]) -> None:
        self.scene = scene
        self.status: str | None = None
        self.activities: list[ScalingActivity] = []
        self.launch_failure: str | None = None
        self.traffic_sources: list[dict[str, str]] = list(params.get("TrafficSources", []))
        self.warm_pool_size: int | None = None
        self._retry_seconds: float | None = None
        self._subnet_turn = 0
        self.instance_states: list[Member] = []
        super().__init__(
            name=params["AutoScalingGroupName"],
            availability_zones=params.get("AvailabilityZones", []),
            desired_capacity=None,
            max_size=params["MaxSize"],
            min_size=params["MinSize"],
            launch_config_name=params.get("LaunchConfigurationName", ""),
            launch_template=params.get("LaunchTemplate", {}),
            vpc_zone_identifier=params.get("VPCZoneIdentifier"),
            default_cooldown=None,
            health_check_period=params.get("HealthCheckGracePeriod", 0),
            health_check_type=params.get("HealthCheckType"),
            load_balancers=list(params.get("LoadBalancerNames", [])),
            target_group_arns=list(params.get("TargetGroupARNs", [])),
            placement_group=None,
            termination_policies=[],
            autoscaling_backend=backend,
            ec2_backend=backend.ec2_backend,
            tags=params.get("Tags", []),
            mixed_instances_policy=params.get("MixedInstancesPolicy"),
            capacity_rebalance=False,
        )
        self.keep(params)
        self.created_time = datetime.now(UTC).replace(tzinfo=None)
        self.desired_capacity: int = params.get("DesiredCapacity", self.min_size)

    def keep(self, params: dict[str, Any]) -> None:
        """Take over the parameters that are only kept and shown."""
        for name in KEPT:
            if name in params:
                setattr(self, camelcase_to_underscores(name), params[name])

    def set_desired_capacity(self, new_capacity: int | None) -> None:
        """Want so many instances; getting there takes its time."""
        self.desired_capacity = self.min_size if new_capacity is None else new_capacity
        if hasattr(self, "warm_pool"):  # not while moto is still constructing
            self.reconcile()

    def moment(self) -> str:
        """The time as activities write it."""
        return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"

    def suspends(self, process: str) -> bool:
        """Whether a process is suspended; a group that is being deleted suspends nothing."""
        return self.status is None and process in self._suspended_processes

    def hook(self, transition: str) -> LifecycleHook | None:
        """The lifecycle hook of a transition, if there is one."""
        hooks = self.autoscaling_backend.describe_lifecycle_hooks(self.name)
        return next((one for one in hooks if one.lifecycle_transition == transition), None)

    def note(self, description: str, cause: str, status: str = "InProgress") -> ScalingActivity:
        """Begin an activity."""
        activity = ScalingActivity(self, description, cause, status)
        self.activities.append(activity)
        return activity

    def member(self, instance_id: str) -> Member:
        """The member of that instance id."""
        for one in self.instance_states:
            if one.instance_id == instance_id:
                return one
        raise validation_error(f"The instance {instance_id} is not part of Auto Scaling group {self.name}.")

    def reconcile(self) -> None:
        """Bring what there is nearer to what is wanted, as far as no process is suspended."""
        if not self.suspends("Terminate") and not self.suspends("ReplaceUnhealthy"):
            for one in list(self.instance_states):
                if one.counts and one.health_status == "Unhealthy":
                    one.leave("it was found unhealthy")
        missing = self.desired_capacity - sum(one.counts for one in self.instance_states)
        if missing > 0 and not self.suspends("Launch"):
            self._launch(missing)
        elif missing < 0 and not self.suspends("Terminate"):
            for one in self._least_wanted()[:-missing]:
                one.leave(f"a difference between desired and actual capacity, {self.desired_capacity} wanted")

    def _least_wanted(self) -> list[Member]:
        """Members that may be scaled in: those of the oldest template version first, then the oldest."""

        def rank(one: Member) -> tuple[int, Any]:
            return int((one.launch_template or {}).get("Version", 0)), one.instance.launch_time

        return sorted(
            (one for one in self.instance_states if one.counts and not one.protected_from_scale_in), key=rank
        )

    def remove(self, gone: Member) -> None:
        """Forget a member whose instance is no more."""
        self.instance_states = [one for one in self.instance_states if one is not gone]
        if self.status is not None and not self.instance_states:
            self.autoscaling_backend.forget_group(self)
        else:
            self.reconcile()

    def delete(self) -> None:
        """Terminate everything, protected or not, and go once the last instance is gone."""
        self.status = "Delete in progress"
        self.min_size = self.max_size = self.desired_capacity = 0
        for one in list(self.instance_states):
            if not one.is_leaving or one.waiting_for:
                one.leave("the group is being deleted", hooks=False)
        if not self.instance_states:
            self.autoscaling_backend.forget_group(self)

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
                "UserData": config.user_data,
                "BlockDeviceMappings": config.block_device_mapping_dict or [],
            }
        return resolved, version

    def _launch(self, count: int) -> None:
        try:
            params, version = self.launch_parameters()
            image = self.ec2_backend.check_launch(params)
            if self.launch_failure is not None:
                raise validation_error(self.launch_failure)
            if key := key_withheld_from_auto_scaling(self.ec2_backend, image):
                raise AWSError("Client.InternalError", f"Client error on launch: no access to KMS key {key}")
            for _ in range(count):
                self._launch_one(params, version)
        except ServiceException as error:
            self._launch_failed(error.message)
        else:
            self._retry_seconds = None

    def _launch_one(self, params: dict[str, Any], version: dict[str, Any] | None) -> None:
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
        instance = self.ec2_backend.launch(placed).instances[0]
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
