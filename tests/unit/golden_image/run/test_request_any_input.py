from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from golden_image.errors import InvalidInput
from golden_image.run.input_schema import schema
from golden_image.run.request import RunRequest, parse
from tests.unit.inputs import EVERY_FIELD, leaves, with_value
from tests.unit.strategies import any_text, json_values, nested, wrong_once


def parses_or_is_refused(raw: object) -> None:
    try:
        assert isinstance(parse(raw, "web"), RunRequest)
    except InvalidInput as refused:
        assert refused.fields
        for error in refused.fields:
            assert len(f"{error.field}: {error.message}".encode()) < 4000


@given(json_values)
def test_any_json_value_is_a_request_or_is_refused_by_name(raw: object) -> None:
    parses_or_is_refused(raw)


@given(st.sampled_from(sorted(leaves(schema()))), json_values)
def test_any_json_value_in_any_field_is_a_request_or_is_refused_by_name(
    path: tuple[str, ...], value: object
) -> None:
    raw = with_value(EVERY_FIELD, path, value)
    parses_or_is_refused(raw)
    if not Draft7Validator(schema()).is_valid(raw):
        with pytest.raises(InvalidInput):
            parse(raw)


@given(wrong_once(EVERY_FIELD))
def test_an_input_that_is_wrong_in_one_place_is_a_request_or_is_refused_by_name(raw: object) -> None:
    parses_or_is_refused(raw)


@pytest.mark.parametrize("path", sorted(leaves(schema())), ids=".".join)
def test_nesting_is_refused_in_every_field_however_deep(path: tuple[str, ...]) -> None:
    for depth in (1, 500, 20_000):
        with pytest.raises(InvalidInput):
            parse(with_value(EVERY_FIELD, path, nested(depth)))


@given(st.sampled_from(["", "image", "group", "timeouts"]), any_text, json_values)
def test_any_unknown_key_is_refused(section: str, key: str, value: object) -> None:
    path = (section, key) if section else (key,)
    known = schema()["properties"][section]["properties"] if section else schema()["properties"]
    if key not in known:
        with pytest.raises(InvalidInput):
            parse(with_value(EVERY_FIELD, path, value))
