from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from openapi_spec_validator import validate

from handlers.api.get_openapi import handler
from tests.unit.api_calls import local_event, proxy_event

if TYPE_CHECKING:
    from tests.unit.conftest import Context


@pytest.mark.parametrize("event", [proxy_event("get-openapi"), local_event("get_openapi")])
def test_the_answer_is_a_valid_openapi_document(event: dict[str, object], context: Context) -> None:
    answer = handler(event, context)
    assert answer["statusCode"] == 200
    validate(json.loads(answer["body"]))
