"""Spot instance requests of instances that RunInstances launched: what DescribeSpotInstanceRequests shows."""

from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.ec2.models.core import TaggedEC2Resource
from moto.ec2.responses.spot_instances import SpotInstances
from moto.ec2.utils import generic_filter

if TYPE_CHECKING:
    from ec2world.ec2.instances import TimedInstance


class FulfilledSpotRequest(TaggedEC2Resource):  # type: ignore[misc]
    """The request that a Spot instance was launched by."""

    def __init__(self, backend: Any, instance: "TimedInstance", options: dict[str, Any]) -> None:
        self.ec2_backend = backend
        self.id = instance.spot_instance_request_id
        self.instance = instance
        self.create_time = utcnow()
        self.type = instance.spot_type
        self.state = "active"
        self.status = {"Code": "fulfilled", "Message": "Your Spot request is fulfilled."}
        self.spot_price = options.get("MaxPrice")
        self.instance_interruption_behavior = options.get("InstanceInterruptionBehavior", "terminate")
        self.product_description = "Linux/UNIX"

    @property
    def spot_instance_request_id(self) -> str | None:
        """The id, under the API's name."""
        return self.id

    @property
    def instance_id(self) -> str:
        """The instance that fulfils the request."""
        return self.instance.id  # type: ignore[no-any-return]


def record_spot_request(backend: Any, instance: "TimedInstance", options: dict[str, Any]) -> None:
    """Keep the request of a Spot instance."""
    request = FulfilledSpotRequest(backend, instance, options)
    backend.fulfilled_spot_requests[request.id] = request


class SpotCalls(SpotInstances):  # type: ignore[misc]
    """DescribeSpotInstanceRequests over those requests as well as moto's."""

    def request_spot_instances(self) -> ActionResult:
        """moto's requests, which are not monitored unless the call says so."""
        answer = super().request_spot_instances()
        for request in answer.result["SpotInstanceRequests"]:
            request.launch_specification.monitored = bool(request.launch_specification.monitored)
        return answer

    def describe_spot_instance_requests(self) -> ActionResult:
        """moto's requests and those of RunInstances."""
        wanted = self._get_param("SpotInstanceRequestIds", [])
        backend = self.ec2_backend
        everything = [*backend.fulfilled_spot_requests.values(), *backend.spot_instance_requests.values()]
        requests = [one for one in everything if not wanted or one.id in wanted]
        return ActionResult(
            {"SpotInstanceRequests": generic_filter(self._filters_from_querystring(), requests)}
        )
