from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from golden_image.api import start
from handlers.api.describe_run import handler
from tests.unit.api_calls import body_of, local_event, proxy_event
from tests.unit.inputs import SMALLEST

if TYPE_CHECKING:
    from tests.unit.conftest import Context

pytestmark = pytest.mark.usefixtures("state_machine")


def test_a_run_is_described(context: Context) -> None:
    name = start.start(SMALLEST).name
    answer = handler({**proxy_event("get-refresh"), "pathParameters": {"name": name}}, context)
    body = body_of(answer, "Refresh")
    assert answer["statusCode"] == 200
    assert (body["name"], body["status"], body["state"]) == (name, "RUNNING", "A State")


@pytest.mark.parametrize("event", [proxy_event("get-refresh"), local_event("describe_run")])
def test_an_unknown_run_is_not_found(event: dict[str, object], context: Context) -> None:
    answer = handler(event, context)
    assert answer["statusCode"] == 404
    assert body_of(answer, "Error")["error"] == "RunNotFound"
