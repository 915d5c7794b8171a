"""What a key policy says to one call of one role: yes, no, or what nobody can tell beforehand.

Sources: "Key policies in AWS KMS", "IAM JSON policy elements", "Policy evaluation logic".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# True, False, or None where a condition asks for what is known only when the call is made.
Verdict = bool | None


@dataclass(frozen=True)
class KeyCall:
    """A call on a key, as KMS asks its policy about it.

    Attributes:
        action: such as `kms:CreateGrant`.
        role: the ARN of the role that makes it.
        key: the key's ARN.
        context: the condition keys that are known, in lower case; None: surely not there. All others are
            not known.
        by_iam: whether the role's own policies allow the call, so that a statement for its account does too.
    """

    action: str
    role: str
    key: str
    context: Mapping[str, str | None]
    by_iam: bool = False

    @property
    def account(self) -> str:
        """The account of the role."""
        return self.role.split(":")[4]


def allowed(policy: Mapping[str, Any], call: KeyCall) -> Verdict:
    """Whether a statement allows the call; what denies it is another question.

    An account as the principal leaves it to IAM; a service-linked role has no kms actions there.
    """
    return _any(_applies(statement, call) for statement in _statements(policy, "Allow"))


def denied(policy: Mapping[str, Any], call: KeyCall) -> Verdict:
    """Whether a statement denies the call, which no grant and no other statement outweighs."""
    return _any(_applies(statement, call) for statement in _statements(policy, "Deny"))


def _statements(policy: Mapping[str, Any], effect: str) -> list[dict[str, Any]]:
    return [one for one in _listed(policy.get("Statement", [])) if one.get("Effect") == effect]


def _applies(statement: dict[str, Any], call: KeyCall) -> Verdict:
    return _all(
        [
            _names(statement, "Action", call.action.lower(), str.lower),
            _names(statement, "Resource", call.key, str),
            _principal(statement, call),
            *_conditions(statement.get("Condition", {}), call),
        ]
    )


def _names(statement: dict[str, Any], element: str, value: str, folded: Any) -> bool:
    """Whether `Action` or `NotAction`, `Resource` or `NotResource`, takes a value in."""
    excepted = f"Not{element}" in statement
    patterns = _listed(statement.get(f"Not{element}" if excepted else element, "*"))
    return excepted != any(_like(folded(pattern), value) for pattern in patterns)


def _principal(statement: dict[str, Any], call: KeyCall) -> Verdict:
    """Whether `Principal` or `NotPrincipal` takes the role in.

    A Deny for an account is for all in it. A Deny that excepts a role has to except the session's name, too,
    which is Auto Scaling's to choose.
    """
    denies, excepts = statement["Effect"] == "Deny", "NotPrincipal" in statement
    named = statement["NotPrincipal"] if excepts else statement.get("Principal", {})
    left_to_iam = call.by_iam and not denies and not excepts
    among = _among(named, call, whole_account=denies != excepts or left_to_iam)
    if not excepts:
        return among
    return None if among is None or (among and denies) else not among


def _among(principal: Any, call: KeyCall, *, whole_account: bool) -> Verdict:
    """Whether the role is one of the named; with `whole_account`, its account stands for it."""
    named = _listed(principal if isinstance(principal, str) else principal.get("AWS", []))
    partition = call.role.split(":")[1]
    accounts = {call.account, f"arn:{partition}:iam::{call.account}:root"}
    if "*" in named or call.role in named or (whole_account and accounts & set(named)):
        return True
    session = f"arn:{partition}:sts::{call.account}:assumed-role/{call.role.rpartition('/')[2]}/"
    return None if any(str(one).startswith(session) for one in named) else False


def _conditions(block: Any, call: KeyCall) -> Iterator[Verdict]:
    """Whether each condition holds; what is not in the form of one cannot be judged."""
    if not isinstance(block, dict):
        yield None
        return
    for operator, tests in block.items():
        if not isinstance(tests, dict) or not tests:
            yield None
            continue
        for key, values in tests.items():
            yield _condition(operator, key.lower(), _listed(values), call)


def _condition(operator: str, key: str, values: list[Any], call: KeyCall) -> Verdict:
    quantifier, _, name = operator.rpartition(":")
    plain = name.removesuffix("IfExists")
    if plain in _OF_TRUTH:
        values = [str(value).lower() if isinstance(value, bool) else value for value in values]
    known = key in call.context and quantifier in _QUANTIFIERS
    if not known or not values or any(not isinstance(value, str) or "${" in value for value in values):
        return None
    found = call.context[key]
    if name == "Null":
        wanted = {value.lower() for value in values}
        return (found is None) == (wanted == {"true"}) if wanted in ({"true"}, {"false"}) else None
    test, negated = _TESTS.get(plain.replace("Not", "")), "Not" in plain
    if test is None:
        return None
    if found is None:
        return name != plain or quantifier == "ForAllValues" or (negated and quantifier != "ForAnyValue")
    return negated != any(test(value, found) for value in values)


def _like(pattern: str, value: str) -> bool:
    """AWS's wildcards: `*` for any text, `?` for any one character."""
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, value, re.DOTALL) is not None


def _arn_like(pattern: str, value: str) -> bool:
    parts, found = pattern.split(":", 5), value.split(":", 5)
    return len(parts) == len(found) and all(_like(part, one) for part, one in zip(parts, found, strict=True))


def _same_ignoring_case(pattern: str, value: str) -> bool:
    return pattern.lower() == value.lower()


_QUANTIFIERS = {"", "ForAllValues", "ForAnyValue"}
# Operators whose values a policy may write without quotes.
_OF_TRUTH = {"Bool", "Null"}
_TESTS = {
    "StringEquals": str.__eq__,
    "StringEqualsIgnoreCase": _same_ignoring_case,
    "StringLike": _like,
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
    "Bool": _same_ignoring_case,
}


def _all(verdicts: list[Verdict]) -> Verdict:
    return False if False in verdicts else None if None in verdicts else True


def _any(verdicts: Iterable[Verdict]) -> Verdict:
    found = list(verdicts)
    return True if True in found else None if None in found else False


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
