"""What an instance has written to its console.

GetConsoleOutput answers what was there shortly after the instance last changed its state: nothing at first,
and not what came later. `Latest` answers what is there now, for instances on the Nitro system alone. Source:
GetConsoleOutput in the EC2 API Reference.
"""

import base64
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult
from moto.ec2.models.instance_types import INSTANCE_TYPES
from moto.ec2.responses import EC2Response

from ec2world.wire.errors import AWSError

if TYPE_CHECKING:
    from ec2world.ec2.instances import TimedInstance

# Virtual seconds after its start until what an instance wrote is shown; at AWS some minutes.
SHOWN_AFTER = 150
_NITRO = "nitro"
_BOOT = "[    0.000000] Linux version 6.1\r\n[    1.200000] Booting {id} from {image}\r\n"
_PANIC = "[    2.500000] Kernel panic - not syncing: VFS: Unable to mount root fs\r\n"
_LOGIN = "[   21.400000] cloud-init finished\r\n{id} login: \r\n"


class ConsoleCalls(EC2Response):  # type: ignore[misc]
    """The console of an instance."""

    def get_console_output(self) -> ActionResult:
        """The output in base64; none of an instance that has not run long enough."""
        self.error_on_dryrun()
        instance = self.ec2_backend.get_instance(self._get_param("InstanceId"))
        latest = bool(self._get_param("Latest"))
        if latest and INSTANCE_TYPES.get(instance.instance_type, {}).get("Hypervisor") != _NITRO:
            text = f"The instance type {instance.instance_type} does not support the latest console output."
            raise AWSError("UnsupportedOperation", text)
        answer: dict[str, Any] = {
            "InstanceId": instance.id,
            "Timestamp": datetime.now(UTC).replace(tzinfo=None),
        }
        if shown := _written(instance, latest=latest):
            answer["Output"] = base64.b64encode(shown.encode()).decode()
        return ActionResult(answer)


def _written(instance: "TimedInstance", *, latest: bool) -> str:
    if instance.state == "pending" or (instance.state == "running" and not latest and _is_young(instance)):
        return ""
    end = _PANIC if "instance" in instance.failing_checks else _LOGIN
    return (_BOOT + end).format(id=instance.id, image=instance.image_id)


def _is_young(instance: "TimedInstance") -> bool:
    return instance.seconds_running < SHOWN_AFTER
