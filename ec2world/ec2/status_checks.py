"""The status checks of instances, which are `initializing` for the first minutes of each run.

Source: "Status checks for Amazon EC2 instances" in the EC2 User Guide.
"""

from typing import Any

from moto.ec2.models.instances import Instance

# Virtual seconds; at AWS some minutes.
INITIALIZING_SECONDS = 120


class StatusChecks(Instance):  # type: ignore[misc]
    """An instance's checks; `running_since` is the virtual time at which it last became running."""

    running_since = 0.0

    @property
    def instance_status(self) -> dict[str, Any]:
        """The check of the instance itself."""
        return self._check()

    @property
    def system_status(self) -> dict[str, Any]:
        """The check of its host."""
        return self._check()

    @property
    def attached_ebs_status(self) -> dict[str, Any]:
        """The check of its volumes."""
        return self._check()

    def _check(self) -> dict[str, Any]:
        if self.state != "running":
            return {"Status": "not-applicable"}
        elapsed = self.ec2_backend.scene.clock.now() - self.running_since
        if elapsed < INITIALIZING_SECONDS:
            return {
                "Status": "initializing",
                "Details": [{"Name": "reachability", "Status": "initializing"}],
            }
        return {"Status": "ok", "Details": [{"Name": "reachability", "Status": "passed"}]}
