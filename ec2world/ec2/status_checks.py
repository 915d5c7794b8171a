"""The status checks of instances, which are `initializing` for the first minutes of each run.

Sources: "Status checks for Amazon EC2 instances" in the EC2 User Guide, and InstanceStatus in the EC2 API
Reference.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from moto.ec2.models.instances import Instance

# Virtual seconds; at AWS some minutes.
INITIALIZING_SECONDS = 120
# The checks, by the names of the control interface.
CHECKS = ("system", "instance", "attachedEbs")


class StatusChecks(Instance):  # type: ignore[misc]
    """An instance's checks; `running_since` is the virtual time at which it last became running."""

    running_since = 0.0

    @property
    def instance_status(self) -> dict[str, Any]:
        """The check of the instance itself."""
        return self._check("instance")

    @property
    def system_status(self) -> dict[str, Any]:
        """The check of its host."""
        return self._check("system")

    @property
    def attached_ebs_status(self) -> dict[str, Any]:
        """The check of its volumes."""
        return self._check("attachedEbs")

    @property
    def seconds_running(self) -> float:
        """How long it has been running; only of one that is."""
        return float(self.ec2_backend.scene.clock.now() - self.running_since)

    @property
    def failing_checks(self) -> set[str]:
        """Those that were said to fail for this instance, or for all that have a tag."""
        tags = self.ec2_backend.tags.get(self.id, {})
        said = self.ec2_backend.scene.failing_checks
        return {
            check
            for kind, name, check in said
            if (kind, name) == ("id", self.id) or (kind == "tag" and name in tags.items())
        }

    def _check(self, name: str) -> dict[str, Any]:
        if self.state != "running":
            return {"Status": "not-applicable"}
        running = self.seconds_running
        if running < INITIALIZING_SECONDS:
            return _status("initializing", "initializing")
        if name not in self.failing_checks:
            return _status("ok", "passed")
        scale = self.ec2_backend.scene.clock.scale
        since = datetime.now(UTC) - timedelta(seconds=(running - INITIALIZING_SECONDS) * scale)
        return _status("impaired", "failed", ImpairedSince=since.replace(tzinfo=None))


def _status(status: str, reachability: str, **more: Any) -> dict[str, Any]:
    return {"Status": status, "Details": [{"Name": "reachability", "Status": reachability, **more}]}


def say_failing(said: set[tuple[str, Any, str]], given: Any) -> None:
    """Have a check of an instance, or of all that have a tag, fail from now on, or pass again.

    `given` has an `instanceId` or a `tag` with `key` and `value`, the `check` and whether it is `failing`
    (true unless given).
    """
    check = given["check"]
    if check not in CHECKS:
        raise ValueError(f"check is one of {', '.join(CHECKS)}, not {check!r}")
    if "tag" in given:
        about = ("tag", (given["tag"]["key"], given["tag"]["value"]), check)
    else:
        about = ("id", given["instanceId"], check)
    if given.get("failing", True):
        said.add(about)
    else:
        said.discard(about)
