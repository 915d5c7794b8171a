"""Stop Source as Powertools' own examples write a handler: the cold start that others are held against."""

from typing import Annotated, Any

import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, Field

logger = Logger()
tracer = Tracer()
metrics = Metrics(namespace="GoldenImageRefresh")
ec2 = boto3.client("ec2")


class StopSource(BaseModel):
    """The step's event."""

    instance_id: Annotated[str, Field(alias="instanceId", pattern=r"^i-[0-9a-f]{8,17}$")]


@logger.inject_lambda_context
@tracer.capture_lambda_handler
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> None:  # noqa: ARG001
    """Takes `instanceId`."""
    request = StopSource.model_validate(event)
    ec2.stop_instances(InstanceIds=[request.instance_id])
    metrics.add_metric(name="SourcesStopped", unit=MetricUnit.Count, value=1)
