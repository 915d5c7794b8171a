"""The calls of Elastic Load Balancing, version 2: moto's, but for the health of targets."""

from moto.core.responses import ActionResult
from moto.elbv2.exceptions import TargetGroupNotFoundError
from moto.elbv2.responses import ELBV2Response

from ec2world.load_balancing.targets import health
from ec2world.wire.answers import XmlAnswer
from ec2world.wire.responses import WorldResponse


class WorldLoadBalancingResponse(WorldResponse, ELBV2Response):  # type: ignore[misc]
    """All of Elastic Load Balancing, version 2."""

    writer = XmlAnswer("query", ELBV2Response.RESPONSE_KEY_PATH_TO_TRANSFORMER)

    def describe_target_health(self) -> ActionResult:
        """The health of a target group's targets, those that Auto Scaling registered included."""
        group = self.elbv2_backend.target_groups.get(self._get_param("TargetGroupArn"))
        if group is None:
            raise TargetGroupNotFoundError
        wanted = [target["Id"] for target in self._get_param("Targets", [])]
        return ActionResult({"TargetHealthDescriptions": health(group, wanted)})
