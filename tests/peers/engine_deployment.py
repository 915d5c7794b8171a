"""Deploys a template with LocalStack's CloudFormation onto the services of a sandbox; runs in .tools/engine.

Takes `template`, `stack`, `account`, `region` and `aws` (the sandbox's URL) as JSON on standard input, and
answers `resources` (type and physical id by logical id), `outputs`, and `failure` where there was one.
"""

import json
import sys
from typing import Any, ClassVar

import boto3
from localstack import config
from localstack.services.cloudformation import resource_provider
from localstack.services.cloudformation.engine.v2.change_set_model_executor import ChangeSetModelExecutor
from localstack.services.cloudformation.resource_provider import (
    OperationStatus,
    ProgressEvent,
    ResourceProvider,
    ResourceProviderExecutor,
)
from localstack.services.cloudformation.v2.entities import ChangeSet, Stack, UpdateModelInputs

GIVEN = json.load(sys.stdin)


class Clients:
    """What a resource's provider calls: the sandbox, by AWS's own SDK."""

    def __getattr__(self, service: str) -> Any:
        made = boto3.client(
            service.rstrip("_"),
            endpoint_url=GIVEN["aws"],
            region_name=GIVEN["region"],
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        made.meta.events.register(
            "provide-client-params.*.*", resource_provider._handler_provide_client_params
        )
        return made


class Provider(ResourceProvider):  # type: ignore[misc]
    """A provider of a type that LocalStack's engine lacks, or makes by calls that the sandbox lacks."""

    SCHEMA: ClassVar = {"primaryIdentifier": ["/properties/Id"]}

    def create(self, request: Any) -> ProgressEvent:
        """Make it; its id is what Ref answers."""
        model = request.desired_state
        model["Id"] = self.made(request, model)
        return ProgressEvent(OperationStatus.SUCCESS, resource_model=model)

    def made(self, request: Any, model: dict[str, Any]) -> str:
        """The physical id of what was made."""
        raise NotImplementedError


class StateMachineVersion(Provider):
    """AWS::StepFunctions::StateMachineVersion."""

    def made(self, request: Any, model: dict[str, Any]) -> str:
        """The version's ARN."""
        states = request.aws_client_factory.stepfunctions
        published = states.publish_state_machine_version(stateMachineArn=model["StateMachineArn"])
        return str(published["stateMachineVersionArn"])


class MetricFilter(Provider):
    """AWS::Logs::MetricFilter."""

    def made(self, request: Any, model: dict[str, Any]) -> str:
        """The filter's name."""
        transformations = [
            {key[0].lower() + key[1:]: value for key, value in one.items()}
            for one in model["MetricTransformations"]
        ]
        name = f"{request.stack_name}-{request.logical_resource_id}"
        request.aws_client_factory.logs.put_metric_filter(
            logGroupName=model["LogGroupName"],
            filterName=name,
            filterPattern=model["FilterPattern"],
            metricTransformations=transformations,
        )
        return name


class Dashboard(Provider):
    """AWS::CloudWatch::Dashboard."""

    def made(self, request: Any, model: dict[str, Any]) -> str:
        """The dashboard's name."""
        shown = {name: model[name] for name in ("DashboardName", "DashboardBody")}
        request.aws_client_factory.cloudwatch.put_dashboard(**shown)
        return str(model["DashboardName"])


class RestApi(Provider):
    """AWS::ApiGateway::RestApi with the body as the engine has resolved it.

    The sandbox has no PutRestApi, which LocalStack's provider calls; only its CloudFormation imports a body.
    """

    def made(self, request: Any, model: dict[str, Any]) -> str:
        """The API's id."""
        stacks, name = request.aws_client_factory.cloudformation, f"{request.stack_name}-api"
        resources = {"Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": model}}
        stacks.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": resources}))
        stacks.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
        found = stacks.describe_stack_resource(StackName=name, LogicalResourceId="Api")
        return str(found["StackResourceDetail"]["PhysicalResourceId"])


class CustomResource(Provider):
    """A custom resource: not asked, as the engine does not wait for answers."""

    def made(self, request: Any, _model: dict[str, Any]) -> str:
        """Its name."""
        return str(request.logical_resource_id)


OWN: dict[str, type[Provider]] = {
    "AWS::ApiGateway::RestApi": RestApi,
    "AWS::StepFunctions::StateMachineVersion": StateMachineVersion,
    "AWS::CloudWatch::Dashboard": Dashboard,
    "AWS::Logs::MetricFilter": MetricFilter,
}
load = ResourceProviderExecutor.try_load_resource_provider


def loaded(kind: str) -> ResourceProvider:
    """The engine's own provider, but for the types above."""
    if kind.startswith("Custom::"):
        return CustomResource()
    return OWN[kind]() if kind in OWN else load(kind)


def main() -> None:
    """Deploy, and print what was made."""
    # As LocalStack's server sets it.
    config.CFN_NO_WAIT_ITERATIONS = 5
    resource_provider._cfn_resource_client_factory = lambda **_: Clients()
    ResourceProviderExecutor.try_load_resource_provider = staticmethod(loaded)
    stack = Stack(GIVEN["account"], GIVEN["region"], {"StackName": GIVEN["stack"]})
    made = ChangeSet(stack, {"ChangeSetName": "create", "ChangeSetType": "CREATE"}, "", GIVEN["template"])
    made.compute_update_model(
        UpdateModelInputs(
            before_template=None,
            after_template=GIVEN["template"],
            before_parameters=None,
            after_parameters={},
        )
    )
    result = ChangeSetModelExecutor(made).execute()
    resources = {
        name: {"type": one["Type"], "physical": one.get("PhysicalResourceId")}
        for name, one in result.resources.items()
    }
    outputs = {one["OutputKey"]: one["OutputValue"] for one in result.outputs}
    answer = {"resources": resources, "outputs": outputs, "failure": result.failure_message}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
