from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from golden_image.source.key_policy import KeyCall, allowed, denied
from tests.unit.strategies import any_text, json_values

ROLE = "arn:aws:iam::123456789012:role/r"
CALL = KeyCall(
    "kms:Decrypt", ROLE, "arn:aws:kms:us-east-1:123456789012:key/k", {"a:there": "x", "a:not": None}
)

_names = st.sampled_from(
    ["ArnLike", "ArnNotEquals", "Bool", "DateLessThan", "Null", "StringEquals", "StringNotLike"]
)
_operators = st.builds(
    "{}{}{}".format,
    st.sampled_from(["", "ForAnyValue:", "ForAllValues:", "For:Any:"]),
    _names,
    st.sampled_from(["", "IfExists"]),
)
_keys = st.sampled_from(["a:there", "A:There", "a:not", "a:unknown"])
_strange = st.none() | st.integers() | st.floats() | st.just([]) | st.dictionaries(any_text, json_values)
_tests = st.dictionaries(_keys | any_text, json_values | st.sampled_from(["true", "x", "*", True, ["${a}"]]))
conditions = json_values | st.dictionaries(_operators | any_text, _tests | json_values)


def verdicts(condition: Any) -> tuple[bool | None, bool | None]:
    """Of one statement that allows, and of one that denies."""
    own = {"Principal": {"AWS": ROLE}, "Action": "kms:*", "Resource": "*", "Condition": condition}
    of_allow, of_deny = ({"Statement": [{**own, "Effect": effect}]} for effect in ("Allow", "Deny"))
    assert denied(of_allow, CALL) is allowed(of_deny, CALL) is False
    return allowed(of_allow, CALL), denied(of_deny, CALL)


@given(conditions)
def test_any_condition_has_a_verdict(condition: Any) -> None:
    given, taken = verdicts(condition)
    assert given is taken
    assert given in (True, False, None)


@given(_operators, _keys, _strange, st.booleans())
def test_a_value_that_is_no_text_is_not_judged(operator: str, key: str, value: Any, is_listed: bool) -> None:
    condition = {operator: {key: ["x", value] if is_listed else value}}
    assert verdicts(condition) == (None, None)
