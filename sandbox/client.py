"""A program's view of a sandbox that is up: AWS clients, runs, and the EC2 world's own verbs."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.credentials import Credentials

from sandbox.executions import Executions
from sandbox.signed_http import signed_call

if TYPE_CHECKING:
    from mypy_boto3_autoscaling import AutoScalingClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_stepfunctions import SFNClient

    from sandbox.endpoints import Endpoints

_ADMINISTRATOR = Credentials("test", "test")
_POLL_SECONDS = 0.1
# The pace of AWS's own client for a person; the sandbox answers in milliseconds.
_CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 3}, max_pool_connections=50)


class Client(Executions):
    """A sandbox's client for `run`, `demo` and the tests. Safe to share between threads."""

    def __init__(self, endpoints: Endpoints) -> None:
        """For the sandbox at these endpoints."""
        self.endpoints = endpoints
        self._session = boto3.Session("test", "test", region_name=endpoints.region)
        self._clients: dict[str, Any] = {}
        super().__init__(self.stepfunctions, endpoints.stateMachineArn, _POLL_SECONDS)

    def aws(self, service: str) -> Any:
        """A boto3 client of any service, as the account's administrator."""
        if service not in self._clients:
            # The world answers Run Command, and knows instance profiles by the calls that pass through it.
            through_world = service in ("ec2", "autoscaling", "elbv2", "iam", "ssm")
            url = self.endpoints.ec2 if through_world else self.endpoints.aws
            self._clients[service] = self._session.client(service, endpoint_url=url, config=_CONFIG)  # type: ignore[call-overload]
        return self._clients[service]

    @cached_property
    def ec2(self) -> EC2Client:
        """EC2's client."""
        return self.aws("ec2")  # type: ignore[no-any-return]

    @cached_property
    def autoscaling(self) -> AutoScalingClient:
        """Auto Scaling's client."""
        return self.aws("autoscaling")  # type: ignore[no-any-return]

    @cached_property
    def stepfunctions(self) -> SFNClient:
        """Step Functions' client."""
        return self.aws("stepfunctions")  # type: ignore[no-any-return]

    def make_profile(self, name: str) -> None:
        """Make an instance profile with a role."""
        iam = self.aws("iam")
        iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")
        iam.create_instance_profile(InstanceProfileName=name)
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)

    def seed(self, **source: Any) -> dict[str, Any]:
        """Make a source instance; see `POST /_sandbox/seed`. Answers its ids."""
        answer: dict[str, Any] = self.control("POST", "seed", source)
        return answer

    def target_group(self, arn: str, **wanted: Any) -> str:
        """Make a target group or change it (see ec2world/load_balancing/targets.py); answers its ARN."""
        self.control("PUT", "targets", {"targetGroupArn": arn, **wanted})
        return arn

    def faults(self, *rules: dict[str, Any]) -> None:
        """Replace the world's fault rules by these."""
        self.control("PUT", "faults", list(rules))

    def calls(self, since: int = 0) -> list[dict[str, Any]]:
        """The calls that the world has recorded after number `since`."""
        recorded = self.control("GET", f"calls?since={since}")
        calls: list[dict[str, Any]] = recorded["calls"] if isinstance(recorded, dict) else recorded
        return calls

    def calls_of(self, run: str) -> list[dict[str, Any]]:
        """The calls that the world has recorded of a run, its children and whoever acted in it."""
        calls: list[dict[str, Any]] = self.control("GET", f"calls?run={run}")
        return calls

    def api(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], Any]:
        """Call the product's REST API, signed as the account's administrator; path may be a whole URL.

        Answers the status, the headers with names in lower case, and the body, from JSON where it is JSON.
        """
        url = path if path.startswith("http") else self.endpoints.apiUrl + path
        return signed_call(method, url, self.endpoints.region, _ADMINISTRATOR, body, headers)

    def control(self, method: str, verb: str, body: object = None) -> Any:
        """Use one of the world's `/_sandbox/` verbs.

        Raises:
            ValueError: it refused; the message is its answer.
        """
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        url = f"{self.endpoints.ec2}/_sandbox/{verb}"
        request = urllib.request.Request(url, data, headers, method=method)  # noqa: S310 - http://127.0.0.1
        try:
            with urllib.request.urlopen(request, timeout=120) as response:  # noqa: S310
                text = response.read()
        except urllib.error.HTTPError as error:
            text = error.read().decode(errors="replace")
            raise ValueError(f"{method} {url}: {error.code} {text}") from None
        return json.loads(text) if text else None
