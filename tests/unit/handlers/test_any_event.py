"""A handler answers any event with a result or a named error, and changes nothing for a wrong one."""

from __future__ import annotations

import base64
import json
import re
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from artifact.modules import handlers, sources
from golden_image.errors import GoldenImageError, InvalidInput
from golden_image.events import from_event
from golden_image.model.plan import Plan
from tests.unit.account import ACCOUNT_ID, RUN
from tests.unit.api_calls import body_of
from tests.unit.inputs import EVERY_FIELD, SMALLEST
from tests.unit.strategies import any_text, json_values, nested, right_inputs, wrong_once

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.account import Account

    Invoke = Callable[[str, object], Any]

pytestmark = pytest.mark.usefixtures("ledger_table")

EVENTS = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in Path("events").glob("*.json")}
MODULES = {name.rpartition(".")[2]: name for name in handlers(sources(Path("functions")))}
FOR_CALLERS = {
    "approve_run",
    "describe_run",
    "get_openapi",
    "go_back",
    "list_generations",
    "list_runs",
    "reject_run",
    "start_run",
    "stop_run",
}
STEPS = sorted(set(EVENTS) - FOR_CALLERS)
# Their events have fields that may be missing, or of another type.
OPTIONAL = {"answer_approval", "start_scheduled_run", "sweep_runs"}
UNPAIRED = re.compile("[\ud800-\udfff]")
NO_OBJECTS: list[object] = [None, [], "", "x", 0, 1.5, True, [{}]]


@pytest.fixture
def invoke(account: Account, context: Any, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Invokes a handler in an account with a state machine."""
    machine = account.client("stepfunctions").create_state_machine(
        name="refresh", definition="{}", roleArn=f"arn:aws:iam::{ACCOUNT_ID}:role/machine"
    )["stateMachineArn"]
    for name, value in {
        "STATE_MACHINE_ARN": machine,
        "PROVE_IMAGE_ARN": machine,
        "ROLL_OUT_ARN": machine,
        "RUN_DOCUMENT_ARN": machine,
        "DEFAULT_GROUP_NAME": "",
    }.items():
        monkeypatch.setenv(name, value)

    def invoke(name: str, event: object) -> Any:
        account.forget_calls()
        answer = import_module(MODULES[name]).handler(event, context)
        return json.loads(json.dumps(answer, allow_nan=False))

    return invoke


def refusal(call: Callable[[], object]) -> GoldenImageError | None:
    """What a call is refused with. It is looked at after its `except`: pytest-xdist takes no traceback with a
    message that UTF-8 cannot hold.
    """
    try:
        call()
    except GoldenImageError as refused:
        return refused
    return None


# Plan Refresh


def plans_or_refuses(account: Account, invoke: Invoke, event: object) -> None:
    refused = refusal(lambda: from_event(Plan, invoke("plan_refresh", event)))
    assert not UNPAIRED.search(str(refused))
    assert account.changes() == []


@settings(max_examples=150)
@given(st.data())
def test_any_input_is_planned_or_refused_by_name_and_changes_nothing(
    account: Account, invoke: Invoke, source_id: str, data: st.DataObject
) -> None:
    inputs = st.sampled_from([SMALLEST, EVERY_FIELD]).flatmap(lambda right: wrong_once(own(right, source_id)))
    wanted = data.draw(inputs | json_values)
    plans_or_refuses(account, invoke, {"run": RUN, "input": wanted})


@given(right_inputs)
def test_any_input_within_the_limits_is_planned(
    account: Account, invoke: Invoke, source_id: str, wanted: dict[str, Any]
) -> None:
    plan = from_event(Plan, invoke("plan_refresh", {"run": RUN, "input": own(wanted, source_id)}))
    assert plan.group.name == wanted["autoScalingGroupName"]
    assert plan.image.tags == wanted.get("image", {}).get("tags", {})
    assert account.changes() == []


@settings(max_examples=60)
@given(st.data())
def test_any_event_of_the_plans_step_is_planned_or_refused_by_name(
    account: Account, invoke: Invoke, source_id: str, data: st.DataObject
) -> None:
    right = {"run": RUN, "input": own(SMALLEST, source_id)}
    plans_or_refuses(account, invoke, data.draw(wrong_once(right) | json_values))


@pytest.fixture
def source_id(account: Account) -> str:
    return account.seed()


def own(wanted: dict[str, Any], source_id: str) -> dict[str, Any]:
    return {**wanted, "sourceInstanceId": source_id}


# The other steps


@pytest.mark.parametrize("step", STEPS)
def test_an_event_that_is_no_object_is_refused_without_a_change(
    account: Account, invoke: Invoke, step: str
) -> None:
    for event in NO_OBJECTS:
        with pytest.raises(InvalidInput, match="must be of the type dict"):
            invoke(step, event)
        assert account.changes() == []


@pytest.mark.parametrize("step", sorted(set(STEPS) - OPTIONAL))
def test_a_field_that_is_missing_or_of_another_type_is_named_without_a_change(
    account: Account, invoke: Invoke, step: str
) -> None:
    for key in sorted(EVENTS[step]):
        without = {name: value for name, value in EVENTS[step].items() if name != key}
        for wrong in (without, {**without, key: nested(3)}, {**without, key: [True]}):
            with pytest.raises(InvalidInput, match=r"is missing|must be"):
                invoke(step, wrong)
            assert account.changes() == []


@pytest.mark.parametrize("step", STEPS)
@settings(max_examples=25)
@given(st.data())
def test_an_event_that_is_wrong_in_one_place_is_answered_or_refused_by_name(
    account: Account, invoke: Invoke, step: str, data: st.DataObject
) -> None:
    event = data.draw(wrong_once(EVENTS[step]))
    refused = refusal(lambda: invoke(step, event))
    assert not UNPAIRED.search(str(refused))
    if isinstance(refused, InvalidInput):
        assert account.changes() == []


# The API


def check_answer(account: Account, answer: dict[str, Any], kind: str) -> None:
    """An answer for callers: of the document's form, without anything of how it came about."""
    assert answer["statusCode"] in {200, 202, 400, 404, 409, 415}
    body_of(answer, kind if answer["statusCode"] < 300 else "Error")
    assert not any(word in answer["body"] for word in ("Traceback", 'File "', "/var/task"))
    started = answer["statusCode"] == 202
    assert account.changes() == (["StartExecution"] if started else [])


bodies = (
    any_text
    | st.none()
    | st.binary(max_size=20).map(lambda body: base64.b64encode(body).decode())
    | st.sampled_from(
        ["[" * 100_000, "1" * 5000, "NaN", '{"a": 1, "a": 2}', '"\\ud800"', "\ufeff{}", "{}" * 9]
    )
    | json_values.map(json.dumps)
    | st.sampled_from([SMALLEST, EVERY_FIELD]).flatmap(wrong_once).map(json.dumps)
)
names = any_text | st.sampled_from(["content-type", "Content-Type", "Idempotency-Key", "IDEMPOTENCY-KEY"])
values = any_text | st.sampled_from(
    ["application/json", "text/xml", "application/json; charset=utf-8", "k" * 256]
)


@settings(max_examples=150)
@given(bodies, st.none() | st.dictionaries(names, values, max_size=3), st.booleans())
def test_any_body_starts_a_run_or_is_refused_by_name(
    account: Account,
    invoke: Invoke,
    body: str | None,
    headers: dict[str, str] | None,
    encoded: bool,
) -> None:
    event = {**EVENTS["start_run"], "body": body, "headers": headers, "isBase64Encoded": encoded}
    answer = invoke("start_run", event)
    if answer["statusCode"] != 200:
        check_answer(account, answer, "Refresh")


@settings(max_examples=60)
@given(
    st.dictionaries(
        st.sampled_from(["limit", "status", "nextToken"]) | any_text, any_text | st.just("9" * 20)
    )
)
def test_any_query_is_a_page_or_is_refused_by_name(
    account: Account, invoke: Invoke, query: dict[str, str]
) -> None:
    answer = invoke("list_runs", {**EVENTS["list_runs"], "queryStringParameters": query})
    check_answer(account, answer, "RefreshPage")


@pytest.mark.parametrize("route", ["approve_run", "describe_run", "reject_run", "stop_run"])
@settings(max_examples=60)
@given(st.text(st.characters(), min_size=1) | st.just("x" * 5000))
def test_any_name_of_no_run_is_not_found(account: Account, invoke: Invoke, route: str, name: str) -> None:
    answer = invoke(route, {**EVENTS[route], "pathParameters": {"name": name}})
    assert answer["statusCode"] == 404
    check_answer(account, answer, "Refresh")


@pytest.mark.parametrize("route", sorted(FOR_CALLERS - {"get_openapi"}))
def test_an_event_of_no_request_is_answered_too(account: Account, invoke: Invoke, route: str) -> None:
    for event in NO_OBJECTS:
        assert invoke(route, event)["statusCode"] == 400
        assert account.changes() == []
