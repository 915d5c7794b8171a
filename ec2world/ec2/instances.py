"""Instances that take their time to stop, start and go, and that keep what their image and launch said.

Sources: the EC2 User Guide on the instance life cycle, and the error codes of the EC2 API Reference.
"""

from functools import partial
from typing import TYPE_CHECKING, Any

from moto.core.utils import utcnow
from moto.ec2.models.instance_types import INSTANCE_TYPES
from moto.ec2.models.instances import InstanceState, StateReason

from ec2world.ec2.spot import end_spot_request
from ec2world.ec2.status_checks import StatusChecks
from ec2world.wire.errors import AWSError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ec2world.virtual_time.clock import Appointment

STATE_CODES = {
    "pending": 0,
    "running": 16,
    "shutting-down": 32,
    "terminated": 48,
    "stopping": 64,
    "stopped": 80,
}


class TimedInstance(StatusChecks):
    """An instance whose changes of state take time.

    `state_hook`, if set, is called with each state that the instance enters.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.state_reason = None
        self.boot_mode: str | None = None
        self.current_instance_boot_mode = "legacy-bios"
        self.nitro_tpm: str | None = None
        self.ena_support: bool | None = True
        # DescribeInstances shows nothing of it, DescribeInstanceAttribute does.
        self.sriov_net_support = None
        self.enhanced_networking: str | None = None
        self.platform_details = "Linux/UNIX"
        self.usage_operation = "RunInstances"
        self.usage_operation_update_time = self.launch_time
        self.uefi_data: str | None = None
        self.spot_type: str | None = None
        self.spot_instance_request_id: str | None = None
        self.state_hook: Callable[[str], None] | None = None
        self.remembered = False
        self._change: Appointment | None = None
        self._start_failure: str | None = None

    @property
    def instance_id(self) -> str:
        """The id, under the name that DescribeInstanceStatus gives it."""
        return str(self.id)

    @property
    def tpm_support(self) -> str | None:
        """What DescribeInstances shows of its TPM: nothing once its image is gone."""
        return self.nitro_tpm if self.image_id in self.ec2_backend.amis else None

    @property
    def instance_lifecycle(self) -> str | None:
        """`spot`, or nothing for On-Demand."""
        lifecycle: str | None = self.lifecycle
        return lifecycle

    def begin(self, passing: str, settled: str, seconds: float) -> None:
        """Enter the state `passing` now and `settled` after so many virtual seconds."""
        if self._change is not None:
            self._change.cancel()
        self._change = self.ec2_backend.scene.clock.after(seconds, partial(self._settle, settled))
        self.put_into(passing)

    def rest_in(self, state: str) -> None:
        """Be in a state at once, whatever was under way."""
        if self._change is not None:
            self._change.cancel()
        self._settle(state)

    def put_into(self, state: str) -> None:
        """Show a state from now on."""
        self._state = InstanceState(state, STATE_CODES[state])
        if state == "running":
            self.running_since = self.ec2_backend.scene.clock.now()
        if self.state_hook is not None:
            self.state_hook(state)

    def start(self) -> Any:
        """Start a stopped instance; answers its state from before."""
        before = self._state
        if before.name in ("running", "pending"):
            return before
        if before.name != "stopped":
            raise self._incorrect_state("started")
        self.launch_time = utcnow()
        self._reason, self.state_reason = "", None
        for nic in self.nics.values():
            nic.start()
        self._start_failure = self.ec2_backend.scene.failure
        settled = "running" if self._start_failure is None else "stopped"
        self.begin("pending", settled, self.ec2_backend.scene.clock.durations.start)
        return before

    def check_stoppable(self) -> None:
        """Raise what StopInstances answers for an instance that cannot be stopped."""
        if self._state.name not in ("running", "stopping", "stopped"):
            raise self._incorrect_state("stopped")
        if self.disable_api_stop:
            raise AWSError(
                "OperationNotPermitted",
                f"The instance '{self.id}' may not be stopped. Modify its 'disableApiStop' instance "
                "attribute and try again.",
            )
        if self.root_device_type == "instance-store":
            raise AWSError(
                "UnsupportedOperation",
                f"The instance '{self.id}' does not have an 'ebs' root device type and cannot be stopped.",
            )
        if self.spot_type == "one-time":
            raise AWSError(
                "UnsupportedOperation",
                f"You can't stop the Spot Instance '{self.id}' because it is associated with a one-time Spot "
                "Instance request. You can only stop Spot Instances associated with persistent Spot Instance "
                "requests.",
            )

    def stop(self) -> Any:
        """Stop a running instance; answers its state from before."""
        before = self._state
        if before.name == "running":
            self._end_by_user()
            self.begin("stopping", "stopped", self.ec2_backend.scene.clock.durations.stop)
        return before

    def terminate(self) -> Any:
        """Terminate the instance; answers its state from before."""
        before = self._state
        if before.name not in ("shutting-down", "terminated"):
            self._end_by_user()
            self.begin("shutting-down", "terminated", self.ec2_backend.scene.clock.durations.terminate)
        return before

    def fail_launch(self) -> None:
        """End before it runs, as where its caller may not use the key of a volume: the call was accepted."""
        code = "Client.InternalError"
        self.state_reason = StateReason(f"{code}: Client error on launch", code)
        self._reason = "Server.InternalError"
        self.begin("pending", "terminated", self.ec2_backend.scene.clock.durations.start)

    def reboot(self) -> None:
        """Reboot: no state that the API shows changes."""

    def _end_by_user(self) -> None:
        self._reason = f"User initiated ({utcnow():%Y-%m-%d %H:%M:%S} GMT)"
        reason = "Client.UserInitiatedShutdown"
        self.state_reason = StateReason(f"{reason}: User initiated shutdown", reason)

    def _incorrect_state(self, wanted: str) -> AWSError:
        return AWSError(
            "IncorrectInstanceState",
            f"The instance '{self.id}' is not in a state from which it can be {wanted}.",
        )

    def _tell_failed_start(self) -> None:
        """Give the reason of a start that EC2 accepted and had no capacity for (API_StateReason)."""
        if self._start_failure is not None:
            code = "Server.InsufficientInstanceCapacity"
            self.state_reason = StateReason(f"{code}: {self._start_failure}", code)
            self._reason, self._start_failure = code, None

    def _settle(self, state: str) -> None:
        if state == "terminated":
            reason, self_reason = self._reason, self.state_reason
            super().terminate()  # moto's: detaches and deletes what goes with the instance
            self._reason, self.state_reason = reason, self_reason
            self.ec2_backend.forget_later(self)
            end_spot_request(self.ec2_backend, self)
        elif state == "stopped":
            for nic in self.nics.values():
                nic.stop()
            self._tell_failed_start()
        self.put_into(state)


def architectures_of_type(instance_type: str) -> list[str]:
    """The architectures that an instance type runs; empty for a type that moto does not know."""
    known = INSTANCE_TYPES.get(instance_type, {})
    return list(known.get("ProcessorInfo", {}).get("SupportedArchitectures", []))


def boots_uefi(instance_type: str) -> bool:
    """Whether a type can boot UEFI; true for a type that moto does not know."""
    known = INSTANCE_TYPES.get(instance_type)
    return known is None or "uefi" in known.get("SupportedBootModes", [])
