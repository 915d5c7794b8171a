"""Auto Scaling groups that work towards their desired capacity in their own time.

Sources: the Auto Scaling User Guide on capacity limits, health checks, suspended processes, scale-in
protection, and lifecycle hooks.
"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import ServiceException
from moto.core.utils import camelcase_to_underscores

from ec2world.autoscaling.errors import validation_error
from ec2world.autoscaling.launches import LaunchingGroup
from ec2world.autoscaling.members import Member
from ec2world.autoscaling.warm_pool import WarmPool

if TYPE_CHECKING:
    from ec2world.autoscaling.activities import ScalingActivity
    from ec2world.virtual_time.scene import Scene

# Parameters that are kept and returned as given.
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
    "InstanceLifecyclePolicy",
    "AvailabilityZoneDistribution",
    "AvailabilityZoneImpairmentPolicy",
    "DeletionProtection",
)


class Group(LaunchingGroup):
    """A group with members that come and go over time."""

    warm_pool: WarmPool | None

    def __init__(self, backend: Any, scene: "Scene", params: dict[str, Any]) -> None:
        self.scene = scene
        self.status: str | None = None
        self.activities: list[ScalingActivity] = []
        self.instance_refreshes = []
        self.traffic_sources: list[dict[str, str]] = list(params.get("TrafficSources", []))
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
            self.count_members()
            self.reconcile()

    def count_members(self) -> None:
        """Note how many members there are in each state."""
        if hasattr(self, "warm_pool"):
            self.autoscaling_backend.timeline.note(self)

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
        wanted = self.desired_capacity + self.surge
        missing = wanted - sum(one.counts for one in self.instance_states)
        if missing > 0 and not self.suspends("Launch"):
            self._launch_members(missing)
        elif missing < 0 and not self.suspends("Terminate"):
            for one in self._least_wanted()[:-missing]:
                one.leave(f"a difference between desired and actual capacity, {wanted} wanted")
        if self.warm_pool is not None:
            self.warm_pool.adjust()

    def _launch_members(self, count: int) -> None:
        """Launch so many members, or note why not and try again later."""
        try:
            params, version = self.checked_launch_parameters()
            for _ in range(count):
                self._launch_member(params, version)
        except ServiceException as error:
            self._launch_failed(error.message)
        else:
            self._retry_seconds = None

    def _launch_member(self, params: dict[str, Any], version: dict[str, Any] | None) -> None:
        instance = self.launch_instance(params)
        member = Member(self, instance, "Pending", version)
        member.launched_in = self.refresh.launch_mark if self.refresh else None
        actual = sum(one.counts for one in self.instance_states)
        self.instance_states.append(member)
        self.count_members()
        member.activity = self.note(
            f"Launching a new EC2 instance: {instance.id}",
            f"At {self.moment()} an instance was started in response to a difference between desired and "
            f"actual capacity, increasing the capacity from {actual} to {actual + 1}.",
            "PreInService",
        )
        member.enter()

    def settle_surge(self) -> None:
        """Want no more instances than desired, without those that were not yet in service first."""
        self.surge = 0
        surplus = sum(one.counts for one in self.instance_states) - self.desired_capacity
        waiting = [one for one in self.instance_states if one.counts and not one.serves]
        for one in waiting[: max(0, surplus)]:
            one.leave("an instance refresh has ended")
        self.reconcile()

    def _least_wanted(self) -> list[Member]:
        """Members that may be scaled in: those of the oldest template version first.

        Of one version those that are not in service yet go first, then the oldest.
        """

        def order(member: Member) -> tuple[int, bool, Any]:
            version, launched = member.age()
            return version, member.serves, launched

        able = [one for one in self.instance_states if one.counts and not one.protected_from_scale_in]
        return sorted(able, key=order)

    def remove(self, gone: Member) -> None:
        """Forget a member whose instance is no more."""
        self.instance_states = [one for one in self.instance_states if one is not gone]
        self.count_members()
        if self.status is not None and not self.instance_states:
            self.autoscaling_backend.forget_group(self)
        else:
            self.reconcile()

    def put_warm_pool(self, *args: Any, **kwargs: Any) -> None:
        """A warm pool, or other settings of the one there is."""
        held = self.warm_pool.members if self.warm_pool is not None else []
        self.warm_pool = WarmPool(self, *args, **kwargs)
        self.warm_pool.members = held
        self.reconcile()

    def drop_warm_pool(self) -> None:
        """No warm pool, and none of its instances."""
        pool, self.warm_pool = self.warm_pool, None
        if pool is not None:
            pool.shrink_to(0)

    @property
    def launch_template(self) -> dict[str, Any] | None:
        """The template as it is shown; that of a mixed instances policy is shown in the policy alone."""
        shown: dict[str, Any] | None = None if self.mixed_instances_policy else super().launch_template
        return shown

    @property
    def warm_pool_size(self) -> int | None:
        """How many instances the warm pool holds."""
        return None if self.warm_pool is None else len(self.warm_pool.members)

    def delete(self) -> None:
        """Terminate everything, protected or not, and go once the last instance is gone."""
        self.status = "Delete in progress"
        self.min_size = self.max_size = self.desired_capacity = 0
        self.drop_warm_pool()
        for one in list(self.instance_states):
            if not one.is_leaving or one.waiting_for:
                one.leave("the group is being deleted", hooks=False)
        if not self.instance_states:
            self.autoscaling_backend.forget_group(self)
