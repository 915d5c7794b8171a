"""A group's members: Pending, InService, Terminating, and the waits of lifecycle hooks in between.

Source: "Amazon EC2 Auto Scaling instance lifecycle".
"""

from typing import TYPE_CHECKING, Any

from moto.autoscaling.models import InstanceState

if TYPE_CHECKING:
    from collections.abc import Callable

    from ec2world.autoscaling.activities import ScalingActivity
    from ec2world.autoscaling.launches import LaunchingGroup
    from ec2world.ec2.instances import TimedInstance
    from ec2world.virtual_time.clock import Appointment

LAUNCHING = "autoscaling:EC2_INSTANCE_LAUNCHING"
TERMINATING = "autoscaling:EC2_INSTANCE_TERMINATING"


class Member(InstanceState):  # type: ignore[misc]
    """One instance in a group.

    `launched_in` is the mark of the instance refresh that launched it, `registered` are its target groups,
    each with the virtual time since when.
    """

    def __init__(
        self,
        group: "LaunchingGroup",
        instance: "TimedInstance",
        lifecycle_state: str,
        launched_from: dict[str, Any] | None,
    ) -> None:
        instance.autoscaling_group = group
        self.group = group
        self.in_service_since = group.scene.clock.now()
        super().__init__(
            instance,
            lifecycle_state=lifecycle_state,
            protected_from_scale_in=group.new_instances_protected_from_scale_in,
            autoscaling_group=group,
        )
        self.launched_from = launched_from
        self.launched_in: str | None = None
        self.registered: dict[str, float] = {}
        self.activity: ScalingActivity | None = None
        self._wait: Appointment | None = None
        self._after_wait: Callable[[str], None] | None = None
        self.waiting_for: str | None = None
        instance.state_hook = self.instance_is

    @property
    def lifecycle_state(self) -> str:
        """The state in the group's life cycle."""
        return self._lifecycle_state

    @lifecycle_state.setter
    def lifecycle_state(self, state: str) -> None:
        self._lifecycle_state = state
        if state == "InService":
            self.in_service_since = self.group.scene.clock.now()
        self.group.count_members()

    @property
    def health_status(self) -> str:
        """Healthy, or Unhealthy."""
        return self._health_status

    @health_status.setter
    def health_status(self, status: str) -> None:
        self._health_status = status
        self.group.count_members()

    @property
    def serves(self) -> bool:
        """Whether it is in service and healthy."""
        return self._lifecycle_state == "InService" and self._health_status == "Healthy"

    def age(self) -> tuple[int, Any]:
        """The number of its template version and the time of its launch: the lowest goes first."""
        return int((self.launch_template or {}).get("Version", 0)), self.instance.launch_time

    @property
    def in_grace_period(self) -> bool:
        """Whether its health is not judged yet."""
        grace = int(getattr(self.group, "health_check_grace_period", None) or 0)
        return bool(self.group.scene.clock.now() < self.in_service_since + grace)

    @property
    def launch_template(self) -> dict[str, Any] | None:
        """The template and the number of the version that the instance was launched from."""
        return self.launched_from

    @property
    def image_id(self) -> Any:
        """The image of the instance."""
        return self.instance.image_id

    @property
    def is_leaving(self) -> bool:
        """Whether it is on its way out of the group."""
        return bool(self.lifecycle_state.startswith("Terminating"))

    @property
    def counts(self) -> bool:
        """Whether it counts as capacity: on its way in or in, not on standby, not on its way out."""
        return self.lifecycle_state in ("Pending", "Pending:Wait", "Pending:Proceed", "InService")

    def enter(self) -> None:
        """Go from Pending to InService in the time that a launch takes, through the launching hook."""

        def launched() -> None:
            if self.lifecycle_state == "Pending":
                self._through_hook(LAUNCHING, "Pending", self._entered)

        clock = self.group.scene.clock
        clock.after(clock.durations.launch, launched)

    def _entered(self, result: str) -> None:
        if result == "ABANDON":
            self.leave("the lifecycle action was abandoned")
            self.group.reconcile()
            return
        self.lifecycle_state = "InService"
        self.register(self.group.target_group_arns)
        if self.activity is not None:
            self.activity.end()

    def register(self, target_group_arns: list[str]) -> None:
        """Become a target of these groups, unless that process is suspended; it is not made up for later."""
        if not self.group.suspends("AddToLoadBalancer"):
            now = self.group.scene.clock.now()
            self.registered = dict.fromkeys(target_group_arns, now) | self.registered

    def deregister(self, target_group_arns: list[str]) -> None:
        """Be a target of these groups no longer."""
        self.registered = {arn: at for arn, at in self.registered.items() if arn not in target_group_arns}

    def leave(self, why: str, *, hooks: bool = True) -> None:
        """Go through the terminating hook to the end of the instance."""
        if self.activity is not None:
            self.activity.end("Cancelled")
        text = f"At {self.group.moment()} instance {self.instance_id} was taken out of service: {why}."
        self.activity = self.group.note(f"Terminating EC2 instance: {self.instance_id}", text)
        self._stop_waiting()
        self.lifecycle_state = "Terminating"
        if hooks:
            self._through_hook(TERMINATING, "Terminating", self._terminate)
        else:
            self._terminate("CONTINUE")

    def _terminate(self, _result: str) -> None:
        self.lifecycle_state = "Terminating"
        self.instance.disable_api_termination = False  # scaling in does not ask it
        self.instance.terminate()

    def _through_hook(self, transition: str, state: str, then: "Callable[[str], None]") -> None:
        hook = self.group.hook(transition)
        if hook is None:
            then("CONTINUE")
            return
        self.lifecycle_state = f"{state}:Wait"
        self.waiting_for, self._after_wait = hook.name, then
        self._wait = self.group.scene.clock.after(
            hook.heartbeat_timeout, lambda: self.complete_wait(hook.default_result)
        )

    def complete_wait(self, result: str) -> None:
        """End the wait of a lifecycle hook; nothing where there is none."""
        then = self._after_wait
        self._stop_waiting()
        if then is not None:
            then(result)

    def _stop_waiting(self) -> None:
        if self._wait is not None:
            self._wait.cancel()
        self._wait = self._after_wait = self.waiting_for = None

    def instance_is(self, state: str) -> None:
        """Take notice of the instance's own state."""
        if state == "stopped" and self.counts and not self.group.suspends("HealthCheck"):
            self.health_status = "Unhealthy"
            self.group.reconcile()
        elif state == "shutting-down" and not self.is_leaving:
            self.lifecycle_state = "Terminating"
            self.health_status = "Unhealthy"
            self.group.reconcile()
        elif state == "terminated":
            if self.activity is not None:
                self.activity.end()
            self.group.remove(self)
