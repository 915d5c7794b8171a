from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from golden_image.api import start
from handlers.api.stop_run import handler
from tests.unit.api_calls import body_of, local_event, proxy_event
from tests.unit.inputs import SMALLEST

if TYPE_CHECKING:
    from tests.unit.conftest import Context

pytestmark = pytest.mark.usefixtures("state_machine")


def test_a_run_is_stopped_once(context: Context) -> None:
    name = start.start(SMALLEST).name
    event = {**proxy_event("delete-refresh"), "pathParameters": {"name": name}}
    first, second = handler(event, context), handler(event, context)
    assert first["statusCode"] == 202
    assert body_of(first, "Refresh")["status"] == "ABORTED"
    assert second["statusCode"] == 409
    assert body_of(second, "Error")["error"] == "RunOver"


@pytest.mark.parametrize("event", [proxy_event("delete-refresh"), local_event("stop_run")])
def test_an_unknown_run_is_not_found(event: dict[str, object], context: Context) -> None:
    answer = handler(event, context)
    assert answer["statusCode"] == 404
    assert body_of(answer, "Error")["error"] == "RunNotFound"
