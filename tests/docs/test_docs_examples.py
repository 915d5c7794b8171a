"""Examples of inputs, events, requests and Python in the pages are what the product takes and answers."""

from __future__ import annotations

import ast
import importlib
import json
import re
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import boto3
import pytest
from moto import mock_aws
from samtranslator.yaml_helper import yaml_parse

from ec2world.control.verbs import VERBS
from ec2world.trouble.faults import Faults
from golden_image.approval import rows
from golden_image.events import from_event
from golden_image.model.approval import Question
from golden_image.run import request
from handlers.api import start_scheduled_run
from tests.docs.markdown import OWN_PAGES, ROOT, definitions, page, states
from tests.unit.api_calls import body_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_MACHINE = '{"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 60, "End": true}}}'
_ROUTES = {
    ("POST", "/refreshes"): ("start_run", "Refresh"),
    ("GET", "/refreshes"): ("list_runs", "RefreshPage"),
    ("GET", "/refreshes/{name}"): ("describe_run", "Refresh"),
    ("DELETE", "/refreshes/{name}"): ("stop_run", "Refresh"),
    ("POST", "/refreshes/{name}/approve"): ("approve_run", "Refresh"),
    ("POST", "/refreshes/{name}/reject"): ("reject_run", "Refresh"),
}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00")
_CONTEXT = SimpleNamespace(
    function_name="handler",
    memory_limit_in_mb=256,
    invoked_function_arn="arn:aws:lambda:ap-northeast-2:123456789012:function:handler",
    aws_request_id="11111111-2222-3333-4444-555555555555",
)


@dataclass(frozen=True)
class Message:
    """An HTTP request or answer as a page writes it."""

    first_line: str
    headers: dict[str, str]
    body: str

    @classmethod
    def parse(cls, text: str) -> Message:
        head, _, body = text.partition("\n\n")
        first, *rest = head.splitlines()
        return cls(first.strip(), dict(line.split(": ", 1) for line in rest), body)


@pytest.fixture
def step_functions(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A state machine in this process, told to the handlers as the template does."""
    settings = {
        "AWS_DEFAULT_REGION": "ap-northeast-2",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "DEFAULT_GROUP_NAME": "",
        "STACK_NAME": "refresh",
        "LEDGER_TABLE": "refresh-ledger",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        machine = boto3.client("stepfunctions").create_state_machine(
            name="GoldenImageRefresh", definition=_MACHINE, roleArn="arn:aws:iam::123456789012:role/machine"
        )
        monkeypatch.setenv("STATE_MACHINE_ARN", machine["stateMachineArn"])
        boto3.client("dynamodb").create_table(
            TableName=settings["LEDGER_TABLE"],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield


def _objects(name: str) -> list[dict[str, Any]]:
    return [json.loads(block) for block in page(name).blocks("json")]


@pytest.mark.parametrize("name", OWN_PAGES)
def test_each_example_of_an_input_is_valid(name: str) -> None:
    bodies = [Message.parse(block).body for block in page(name).blocks("http")]
    inputs = [value for value in _objects(name) if "autoScalingGroupName" in value]
    inputs += [value.get("input", value) for value in _objects(name) if "scheduledTime" in value]
    for value in inputs:
        source = {} if "goBackTo" in value else {"sourceInstanceId": "i-0123456789abcdef0"}
        assert request.parse({**source, **value}).auto_scaling_group_name == "web"
    assert all(json.loads(body) for body in bodies if body)


def test_the_guide_for_korean_readers_shows_every_field_of_the_wizard() -> None:
    shown = max(_objects("docs/guides/guide.ko.md"), key=len)
    every = json.loads((ROOT / "events/execution/10-every-field.json").read_text())
    assert shown.keys() == every.keys()
    assert shown["group"].keys() == every["group"].keys()


@pytest.mark.usefixtures("step_functions")
def test_the_api_answers_as_api_md_shows() -> None:
    messages = [Message.parse(block) for block in page("docs/reference/api.md").blocks("http")]
    asked, shown = messages[::2], messages[1::2]
    assert len(asked) == len(shown) > 0
    for question, expected in zip(asked, shown, strict=True):
        if question.first_line.endswith("/approve"):
            _have_asked(json.loads(expected.body))
        answer, kind = _ask(question)
        assert f"HTTP/1.1 {answer['statusCode']}" == expected.first_line
        assert answer["headers"] == expected.headers
        body = body_of(answer, kind if answer["statusCode"] < 300 else "Error")
        assert _lasting(body) == _lasting(json.loads(expected.body))


def _have_asked(run: dict[str, Any]) -> None:
    """Have the run wait for the approval that is shown; moto takes any answer to its token."""
    pk = {"pk": {"S": f"run#{run['executionArn']}"}}
    boto3.client("dynamodb").put_item(TableName="refresh-ledger", Item=pk)
    rows.ask(run["executionArn"], from_event(Question, run["approval"]), "the token")


def _ask(question: Message) -> tuple[dict[str, Any], str]:
    method, url = question.first_line.split()
    parts = urlsplit(url)
    collection, _, named = parts.path.lstrip("/").partition("/")
    name, slash, action = named.partition("/")
    resource = f"/{collection}/{{name}}{slash}{action}" if name else f"/{collection}"
    module, kind = _ROUTES[method, resource]
    host = "a1b2c3d4e5.execute-api.ap-northeast-2.amazonaws.com"
    context = {
        "path": f"/v1{parts.path}",
        "resourcePath": resource,
        "identity": {"userArn": "arn:aws:sts::123456789012:assumed-role/Operators/ops"},
    }
    event = {
        "headers": {**question.headers, "Host": host},
        "requestContext": context,
        "pathParameters": {"name": name},
        "queryStringParameters": dict(parse_qsl(parts.query)),
        "body": question.body,
    }
    answer: dict[str, Any] = importlib.import_module(f"handlers.api.{module}").handler(event, _CONTEXT)
    return answer, kind


def _lasting(value: Any) -> Any:
    """Without times, and without the state and progress, which are another run's here."""
    if isinstance(value, str):
        return _TIME.sub("<time>", value)
    if isinstance(value, list):
        return [_lasting(item) for item in value]
    if not isinstance(value, dict):
        return value
    changing = {"startedAt", "stoppedAt", "answeredAt", "state", "progress"}
    return {key: _lasting(item) for key, item in value.items() if key not in changing}


@pytest.mark.usefixtures("step_functions")
def test_the_schedule_event_of_run_md_starts_the_run_that_it_names() -> None:
    [event] = [value for value in _objects("docs/guides/run.md") if "scheduledTime" in value]
    assert event == json.loads((ROOT / "events/start_scheduled_run.json").read_text())
    assert f"`{start_scheduled_run.handler(event, _CONTEXT)['name']}`" in page("docs/guides/run.md").text


def test_output_md_has_the_fields_of_the_definition() -> None:
    wanted = definitions()["golden_image_refresh"]["States"]["Refresh Complete"]["Output"]
    [shown] = [value for value in _objects("docs/reference/output.md") if "timings" in value]
    assert list(shown) == list(wanted)
    for name in ("image", "group", "source"):
        assert list(shown[name]) == list(wanted[name])


def test_the_demo_s_page_goes_through_states_of_the_definition() -> None:
    rolled, undone = page("docs/explanations/demo.md").blocks("text")[0].split("\n2. ")
    for told, reached, not_reached in (
        (rolled, "Commit Refresh", "Roll Back"),
        (undone, "Roll Back", "Commit Refresh"),
    ):
        listed = re.findall(r"^ *[✓▸✗] ((?:[A-Z][a-z]+ ?)+)", told, re.MULTILINE)
        stages = [stage.strip() for stage in listed]
        assert stages[0] == definitions()["golden_image_refresh"]["StartAt"]
        assert set(stages) <= states().keys()
        assert reached in stages
        assert not_reached not in stages


@pytest.mark.parametrize("name", OWN_PAGES)
def test_each_python_example_compiles_and_imports_what_exists(name: str) -> None:
    for block in page(name).blocks("python"):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom):
                module = importlib.import_module(str(node.module))
                assert all(hasattr(module, alias.name) for alias in node.names)


def test_the_variables_for_sam_local_are_those_of_the_functions() -> None:
    template: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())
    everywhere = template["Globals"]["Function"]["Environment"]["Variables"].keys()
    [variables] = [value["Parameters"] for value in _objects("docs/guides/run.md") if "Parameters" in value]
    assert variables.keys() - {"STATE_MACHINE_ARN"} <= everywhere


def test_the_sandbox_takes_the_fault_rule_of_internals_md() -> None:
    faults = Faults()
    faults.replace(_objects("docs/explanations/internals.md"))
    assert [rule["action"] for rule in faults.to_json()] == ["CreateSnapshots"]


def test_the_sandbox_has_the_verbs_of_internals_md() -> None:
    told = re.findall(
        r"`((?:GET|PUT|POST)[^`]*)/_sandbox/(\w+)`", page("docs/explanations/internals.md").text
    )
    assert told
    assert {f"{method.split('`')[0].strip()} {verb}" for method, verb in told} <= VERBS.keys()
