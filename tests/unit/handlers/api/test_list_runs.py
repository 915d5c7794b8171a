from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from golden_image.api import start
from handlers.api.list_runs import handler
from tests.unit.api_calls import body_of, local_event, proxy_event
from tests.unit.inputs import SMALLEST

if TYPE_CHECKING:
    from tests.unit.conftest import Context

pytestmark = pytest.mark.usefixtures("state_machine")


@pytest.mark.parametrize("event", [proxy_event("get-refreshes"), local_event("list_runs")])
def test_a_page_without_a_next_one_has_no_token(event: dict[str, object], context: Context) -> None:
    name = start.start(SMALLEST).name
    body = body_of(handler(event, context), "RefreshPage")
    assert [refresh["name"] for refresh in body["refreshes"]] == [name]
    assert "nextToken" not in body


def test_the_token_of_a_page_leads_to_the_next(context: Context) -> None:
    names = {start.start(SMALLEST).name for _ in range(3)}
    query = {"limit": "2"}
    first = body_of(handler({"queryStringParameters": query}, context), "RefreshPage")
    query["nextToken"] = first["nextToken"]
    second = body_of(handler({"queryStringParameters": query}, context), "RefreshPage")
    assert {refresh["name"] for refresh in first["refreshes"] + second["refreshes"]} == names


def test_a_wrong_query_is_answered_parameter_by_parameter(context: Context) -> None:
    answer = handler({"queryStringParameters": {"limit": "many", "state": "RUNNING"}}, context)
    assert answer["statusCode"] == 400
    assert {entry["field"] for entry in body_of(answer, "Error")["fields"]} == {"limit", "state"}
