"""The REST API over HTTP, signed as IAM asks, in front of the deployed functions."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from openapi_spec_validator import validate

from sandbox.client import Client
from tests.workflow.conftest import called, eventually, left_of, source_state


@dataclass(frozen=True)
class Answer:
    """The answer to an HTTP request: status, headers in lower case, decoded body."""

    status: int
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True)
class Api:
    """The deployed API, called as an SDK does."""

    client: Client

    def call(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """One request, to a path of the API or a URL; header names are written with underscores."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return Answer(*called(self.client, method, path, body, sent))


@pytest.fixture
def api(sandbox: Client) -> Api:
    """The deployed API."""
    return Api(sandbox)


@pytest.fixture
def run_input(sandbox: Client, group: str) -> dict[str, Any]:
    """The smallest input, of a source of its own."""
    return {"sourceInstanceId": sandbox.seed()["instanceId"], "autoScalingGroupName": group}


def test_a_run_is_started_followed_and_found_in_the_list(api: Api, run_input: dict[str, Any]) -> None:
    started = api.call("POST", "/refreshes", run_input)

    assert started.status == 202
    name = started.body["name"]
    assert started.headers["location"] == started.body["links"]["self"]
    assert api.call("GET", started.body["links"]["self"]).body["name"] == name

    seen = []

    def over() -> bool:
        answer = api.call("GET", f"/refreshes/{name}")
        assert answer.status == 200
        seen.append(answer.body)
        return bool(answer.body["status"] != "RUNNING")

    eventually(over)
    assert seen[-1]["status"] == "SUCCEEDED"
    assert seen[-1]["output"]["group"]["name"] == run_input["autoScalingGroupName"]
    assert any(body.get("state") for body in seen[:-1])
    listed = api.call("GET", "/refreshes?limit=100&status=SUCCEEDED")
    assert name in {refresh["name"] for refresh in listed.body["refreshes"]}
    links = {refresh["name"]: refresh["links"]["self"] for refresh in listed.body["refreshes"]}
    assert links[name] == started.body["links"]["self"]


def test_the_list_is_paged(api: Api, run_input: dict[str, Any]) -> None:
    names = {api.call("POST", "/refreshes", run_input | {"dryRun": True}).body["name"] for _ in range(3)}

    found: set[str] = set()
    path = "/refreshes?limit=1"
    while path:
        page = api.call("GET", path).body
        assert len(page["refreshes"]) == 1
        found |= {refresh["name"] for refresh in page["refreshes"]}
        token = page.get("nextToken")
        path = f"/refreshes?limit=1&nextToken={quote(token, safe='')}" if token else ""
    assert names <= found


def test_the_same_idempotency_key_is_the_same_run(api: Api, run_input: dict[str, Any], group: str) -> None:
    dry = run_input | {"dryRun": True}

    first = api.call("POST", "/refreshes", dry, Idempotency_Key=group)
    second = api.call("POST", "/refreshes", dry, Idempotency_Key=group)
    other = api.call("POST", "/refreshes", dry | {"rollout": "none"}, Idempotency_Key=group)

    assert second.body["name"] == first.body["name"]
    assert second.status in {200, 202}
    assert (other.status, other.body["error"]) == (409, "IdempotencyKeyReused")


def test_a_bad_body_gets_one_entry_for_each_wrong_field(api: Api) -> None:
    answer = api.call(
        "POST", "/refreshes", {"sourceInstanceId": "web", "rollout": "all", "group": {"minSize": -1}, "x": 1}
    )

    assert (answer.status, answer.body["error"]) == (400, "InvalidInput")
    assert {entry["field"] for entry in answer.body["fields"]} >= {
        "sourceInstanceId",
        "rollout",
        "group.minSize",
        "x",
    }


def test_a_body_that_is_no_json_gets_400(api: Api) -> None:
    assert api.call("POST", "/refreshes", b"{").status == 400


def test_an_unknown_run_gets_404(api: Api) -> None:
    answer = api.call("GET", "/refreshes/never-started")

    assert (answer.status, answer.body["error"]) == (404, "RunNotFound")


def test_a_run_is_stopped_and_cannot_be_stopped_again(
    api: Api, sandbox: Client, run_input: dict[str, Any]
) -> None:
    sandbox.control("PUT", "durations", {"stop": 3000})
    name = api.call("POST", "/refreshes", run_input).body["name"]
    eventually(lambda: source_state(sandbox, run_input["sourceInstanceId"]) == "stopping")

    stopped = api.call("DELETE", f"/refreshes/{name}")

    assert stopped.status in {200, 202}
    assert api.call("GET", f"/refreshes/{name}").body["status"] == "ABORTED"
    assert api.call("DELETE", f"/refreshes/{name}").status == 409


def test_the_openapi_document_is_valid(api: Api) -> None:
    answer = api.call("GET", "/openapi.json")

    validate(answer.body)
    assert {"/refreshes", "/refreshes/{name}"} <= set(answer.body["paths"])


@pytest.mark.parametrize("path", ["/refreshes", "/refreshes/any", "/openapi.json"])
def test_an_unsigned_request_is_refused(sandbox: Client, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(sandbox.endpoints.apiUrl + path, timeout=120)  # noqa: S310

    assert refused.value.code == 403
    told = json.loads(refused.value.read())
    assert told["error"] == "Forbidden"
    assert "not signed" in told["message"]
    assert "POST /refreshes" in told["message"]


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/refresh"), ("PUT", "/refreshes"), ("POST", "/openapi.json")]
)
def test_a_wrong_path_and_a_wrong_method_are_told_the_routes(api: Api, method: str, path: str) -> None:
    answer = api.call(method, path)

    assert (answer.status, answer.body["error"]) == (403, "Forbidden")
    assert "GET /refreshes/{name}" in answer.body["message"]


def test_a_wrong_signature_is_refused_in_the_api_s_shape(sandbox: Client) -> None:
    signed = "AWS4-HMAC-SHA256 Credential=AKIA/20261122/ap-northeast-2/execute-api/aws4_request, "
    headers = {"Authorization": f"{signed}SignedHeaders=host, Signature=0"}
    url = f"{sandbox.endpoints.apiUrl}/refreshes"
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=120)  # noqa: S310

    assert refused.value.code == 403
    assert json.loads(refused.value.read()).keys() == {"error", "message"}


def test_a_run_started_over_http_is_undone_like_any_other(
    api: Api, sandbox: Client, run_input: dict[str, Any]
) -> None:
    sandbox.faults(
        {
            "service": "ec2",
            "action": "RegisterImage",
            "contains": run_input["sourceInstanceId"],
            "when": "before",
            "effect": "error",
            "code": "InvalidBlockDeviceMapping",
            "status": 400,
        }
    )
    name = api.call("POST", "/refreshes", run_input).body["name"]

    run = sandbox.wait(sandbox.endpoints.stateMachineArn.replace("stateMachine", "execution") + f":{name}")

    body = api.call("GET", f"/refreshes/{name}").body
    assert (body["status"], body["error"]) == ("FAILED", "RequestRefused")
    assert "InvalidBlockDeviceMapping" in body["cause"]
    assert left_of(sandbox, run.arn) == []
