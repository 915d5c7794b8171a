"""A program's view of a sandbox that is up: AWS clients, runs, and the EC2 world's own verbs."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_autoscaling import AutoScalingClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_stepfunctions.type_defs import HistoryEventTypeDef

    from sandbox.endpoints import Endpoints

_ADMINISTRATOR = Credentials("test", "test")
_POLL_SECONDS = 0.1
# The pace of AWS's own client for a person; the sandbox answers in milliseconds.
_CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 3}, max_pool_connections=50)


@dataclass(frozen=True)
class StateVisit:
    """A state that a run was in; `exited` is None where the run ended in it."""

    name: str
    entered: str
    exited: str | None


@dataclass(frozen=True)
class Run:
    """A run that is over."""

    arn: str
    status: str
    """SUCCEEDED, FAILED, TIMED_OUT or ABORTED."""
    output: Any
    """Of a run that succeeded, else None."""
    error: str | None
    cause: str | None
    states: list[StateVisit]
    """Those of the run's children too."""
    seconds: float

    @property
    def state_names(self) -> list[str]:
        """The names of the states in the order they were entered, each visit counted."""
        return [visit.name for visit in self.states]


class Client:
    """A sandbox's client for `run`, `demo` and the tests. Safe to share between threads."""

    def __init__(self, endpoints: Endpoints) -> None:
        """For the sandbox at these endpoints."""
        self.endpoints = endpoints
        self._session = boto3.Session("test", "test", region_name=endpoints.region)
        self._clients: dict[str, Any] = {}

    def aws(self, service: str) -> Any:
        """A boto3 client of any service, as the account's administrator."""
        if service not in self._clients:
            # IAM's instance profiles are known to the world by the calls that pass through it.
            through_world = service in ("ec2", "autoscaling", "elbv2", "iam")
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

    def start(self, run_input: object, name: str | None = None) -> str:
        """Start a run and answer its ARN."""
        named = {"name": name} if name else {}
        started = self.stepfunctions.start_execution(
            stateMachineArn=self.endpoints.stateMachineArn, input=json.dumps(run_input), **named
        )
        return started["executionArn"]

    def arn_of(self, name: str) -> str:
        """The ARN of a run of that name."""
        return f"{self.endpoints.stateMachineArn.replace(':stateMachine:', ':execution:')}:{name}"

    def stop(self, arn: str) -> None:
        """Abort a run."""
        self.stepfunctions.stop_execution(executionArn=arn)

    def wait(self, arn: str, seconds: float = 120) -> Run:
        """Wait until a run is over.

        Raises:
            TimeoutError: it is not over after so many real seconds; the message names its states.
        """
        deadline = time.monotonic() + seconds
        while (described := self.stepfunctions.describe_execution(executionArn=arn))["status"] == "RUNNING":
            if time.monotonic() > deadline:
                names = [visit.name for visit in self.visits(arn)]
                raise TimeoutError(f"{arn} is not over after {seconds} s: {', '.join(names)}")
            time.sleep(_POLL_SECONDS)
        output = described.get("output")
        succeeded = described["status"] == "SUCCEEDED"
        return Run(
            arn=arn,
            status=described["status"],
            output=json.loads(output) if output and succeeded else None,
            error=described.get("error"),
            cause=described.get("cause"),
            states=self.visits(arn),
            seconds=(described["stopDate"] - described["startDate"]).total_seconds(),
        )

    def run(self, run_input: object, name: str | None = None, seconds: float = 120) -> Run:
        """Start a run and wait until it is over."""
        return self.wait(self.start(run_input, name), seconds)

    def history(self, arn: str) -> Iterator[HistoryEventTypeDef]:
        """An execution's own events so far."""
        pages = self.stepfunctions.get_paginator("get_execution_history")
        for page in pages.paginate(executionArn=arn, PaginationConfig={"PageSize": 1000}):
            yield from page["events"]

    def events(self, arn: str) -> Iterator[HistoryEventTypeDef]:
        """A run's events as they happen, to the last one; those of a child after the one that names it."""
        seen = 0
        while True:
            over = self.stepfunctions.describe_execution(executionArn=arn)["status"] != "RUNNING"
            for event in list(self.history(arn))[seen:]:
                seen += 1
                yield event
                if child := child_of(event):
                    yield from self.events(child)
            if over:
                return
            time.sleep(_POLL_SECONDS)

    def visits(self, arn: str) -> list[StateVisit]:
        """The states of an execution so far, those of its children where they ran."""
        visits: list[StateVisit] = []
        open_visits: dict[str, int] = {}
        for event in self.history(arn):
            at = event["timestamp"].isoformat()
            if "stateEnteredEventDetails" in event:
                name = event["stateEnteredEventDetails"]["name"]
                open_visits[name] = len(visits)
                visits.append(StateVisit(name, at, None))
            elif "stateExitedEventDetails" in event:
                index = open_visits.pop(event["stateExitedEventDetails"]["name"], None)
                if index is not None:
                    visits[index] = StateVisit(visits[index].name, visits[index].entered, at)
            elif child := child_of(event):
                visits += self.visits(child)
        return visits

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
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        url = path if path.startswith("http") else self.endpoints.apiUrl + path
        request = AWSRequest(method, url, {"Content-Type": "application/json", **(headers or {})}, data)
        SigV4Auth(_ADMINISTRATOR, "execute-api", self.endpoints.region).add_auth(request)
        signed = urllib.request.Request(url, data, dict(request.headers), method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(signed, timeout=30) as response:  # noqa: S310
                status, found, text = response.status, response.headers, response.read()
        except urllib.error.HTTPError as error:
            status, found, text = error.code, error.headers, error.read()
        with suppress(ValueError):
            text = json.loads(text)
        return status, {name.lower(): value for name, value in found.items()}, text

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
            with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
                text = response.read()
        except urllib.error.HTTPError as error:
            text = error.read().decode(errors="replace")
            raise ValueError(f"{method} {url}: {error.code} {text}") from None
        return json.loads(text) if text else None


def child_of(event: HistoryEventTypeDef) -> str | None:
    """The ARN of the execution that an event says was started; None where it says no such thing."""
    if "taskSubmittedEventDetails" not in event:
        return None
    arn: str | None = json.loads(event["taskSubmittedEventDetails"]["output"]).get("ExecutionArn")
    return arn
