from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from golden_image.api import runs
from golden_image.errors import InvalidInput, RequestThrottled
from handlers.api.start_scheduled_run import handler
from tests.unit.api_calls import local_event, throttled

if TYPE_CHECKING:
    from tests.unit.conftest import Context

pytestmark = pytest.mark.usefixtures("state_machine")


def test_a_scheduled_time_starts_one_run_however_often_it_is_delivered(context: Context) -> None:
    event = local_event("start_scheduled_run")
    names = {handler(event, context)["name"] for _ in range(3)}
    assert [run.name for run in runs.page().runs] == [*names]


def test_a_wrong_input_fails_by_name_so_that_it_ends_in_the_dead_letter_queue(context: Context) -> None:
    with pytest.raises(InvalidInput, match="rollot"):
        handler({**local_event("start_scheduled_run"), "input": {"rollot": "drain"}}, context)


def test_a_throttled_start_fails_so_that_lambda_tries_again(context: Context) -> None:
    with throttled("start_execution"), pytest.raises(RequestThrottled):
        handler(local_event("start_scheduled_run"), context)
