"""Spot instance requests of instances that RunInstances launched: shown, cancelled, and fulfilled again.

Sources: "Spot Instance request types" and "Terminate a Spot Instance" in the EC2 User Guide.
"""

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.ec2.models.core import TaggedEC2Resource
from moto.ec2.responses.spot_instances import SpotInstances
from moto.ec2.utils import generic_filter


class FulfilledSpotRequest(TaggedEC2Resource):  # type: ignore[misc]
    """The request that a Spot instance was launched by; `fulfil` launches another instance for it."""

    def __init__(
        self, backend: Any, instance: Any, options: dict[str, Any], fulfil: Callable[[], Any]
    ) -> None:
        self.ec2_backend = backend
        self.id: str | None = instance.spot_instance_request_id
        self.instance = instance
        self.create_time = utcnow()
        self.type = instance.spot_type
        self.fulfil = fulfil
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


def record_spot_request(
    backend: Any, instance: Any, options: dict[str, Any], fulfil: Callable[[], Any]
) -> None:
    """Keep the request of a Spot instance."""
    request = FulfilledSpotRequest(backend, instance, options, fulfil)
    backend.fulfilled_spot_requests[request.id] = request


def end_spot_request(backend: Any, instance: Any) -> None:
    """Close the request of an instance that was terminated; a persistent one launches the next instance.

    The world's next instance has a request of its own, which AWS's has not.
    """
    request = backend.fulfilled_spot_requests.get(instance.spot_instance_request_id)
    if request is None or request.state != "active":
        return
    request.state = "closed"
    if request.type == "persistent":
        request.fulfil()


class SpotCalls(SpotInstances):  # type: ignore[misc]
    """DescribeSpotInstanceRequests over those requests as well as moto's."""

    def request_spot_instances(self) -> ActionResult:
        """moto's requests, which are not monitored unless the call says so."""
        answer = super().request_spot_instances()
        for request in answer.result["SpotInstanceRequests"]:
            request.launch_specification.monitored = bool(request.launch_specification.monitored)
        return answer

    def cancel_spot_instance_requests(self) -> ActionResult:
        """moto's requests and those of RunInstances; the instances run on."""
        wanted = self._get_param("SpotInstanceRequestIds", [])
        own = [self.ec2_backend.fulfilled_spot_requests[one] for one in wanted if self._is_fulfilled(one)]
        for request in own:
            request.state = "cancelled"
        others = [one for one in wanted if not self._is_fulfilled(one)]
        cancelled = [*own, *self.ec2_backend.cancel_spot_instance_requests(others)]
        shown = [{"SpotInstanceRequestId": one.id, "State": "cancelled"} for one in cancelled]
        return ActionResult({"CancelledSpotInstanceRequests": shown})

    def _is_fulfilled(self, request_id: str) -> bool:
        return request_id in self.ec2_backend.fulfilled_spot_requests

    def describe_spot_instance_requests(self) -> ActionResult:
        """moto's requests and those of RunInstances."""
        wanted = self._get_param("SpotInstanceRequestIds", [])
        backend = self.ec2_backend
        everything = [*backend.fulfilled_spot_requests.values(), *backend.spot_instance_requests.values()]
        requests = [one for one in everything if not wanted or one.id in wanted]
        return ActionResult(
            {"SpotInstanceRequests": generic_filter(self._filters_from_querystring(), requests)}
        )
