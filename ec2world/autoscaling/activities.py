"""Scaling activities: the answers of DescribeScalingActivities about launches and terminations."""

import json
from typing import Any

from moto.autoscaling.models import Activity, FakeAutoScalingGroup
from moto.core.utils import utcnow


class ScalingActivity(Activity):  # type: ignore[misc]
    """One activity; open until it is ended."""

    def __init__(
        self, group: FakeAutoScalingGroup, description: str, cause: str, status: str = "InProgress"
    ) -> None:
        super().__init__(description, cause, group, status_code=status)
        self.end_time = None
        self.progress = 50
        self.status_message: str | None = None
        self.details = json.dumps({"Subnet ID": group.vpc_zone_identifier or ""})
        self.auto_scaling_group_state: str | None = None

    @property
    def auto_scaling_group_arn(self) -> Any:
        """The group's ARN."""
        return self.auto_scaling_group.arn

    @property
    def is_open(self) -> bool:
        """Whether it is still under way."""
        return self.end_time is None

    def end(self, status: str = "Successful", message: str | None = None) -> None:
        """End it, once."""
        if self.is_open:
            self.status_code, self.status_message = status, message
            self.end_time, self.progress = utcnow(), 100
