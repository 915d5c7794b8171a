"""Faults set from outside: rules that pick calls, and what is to happen to those."""

import fnmatch
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import UnknownServiceError
from moto.core.utils import get_service_model

from ec2world.trouble.acts import Act, WrongAct, parse_act
from ec2world.wire.call import Call
from ec2world.wire.errors import http_status
from ec2world.wire.trace import root_of

EFFECTS = ("error", "drop", "delay", "stale", "fail", "act")
# A state machine's states are "called" by the interpreter when they are entered: service `workflow`, action
# the state's name. There the run is aborted or times out, its function is killed after its work, or somebody
# acts first. In a state of a child the `target` is the child's run, or the child alone: "execution". Where
# `children` is false, what ends leaves its own child running.
WORKFLOW = "workflow"
WORKFLOW_TARGETS = ("run", "execution")
WORKFLOW_EFFECTS = ("abort", "timeout", "kill", "act")
# The effects of faults after the call.
FAILING_LATER = {
    "CreateSnapshot",
    "CreateSnapshots",
    "RegisterImage",
    "CreateImage",
    "CreateAutoScalingGroup",
    "UpdateAutoScalingGroup",
    "SetDesiredCapacity",
    "StartInstances",
    "StartInstanceRefresh",
    "RollbackInstanceRefresh",
}
# Of a delay, in real seconds, and of staleness, in virtual ones. A drop may take real seconds, too.
DEFAULT_SECONDS = 5
_KEYS: dict[str, Any] = {
    "service": str,
    "action": str,
    "match": dict,
    "contains": str,
    "role": str,
    "run": str,
    "replaced": dict,
    "skip": int,
    "times": (int, type(None)),
    "when": str,
    "effect": str,
    "code": str,
    "status": int,
    "message": str,
    "seconds": (int, float),
    "reads": int,
    "target": str,
    "children": bool,
    "acts": list,
}


# The percent that the instance refresh of a group has replaced; None where none goes forward.
Replaced = Callable[[str], int | None]


class WrongRule(ValueError):
    """A rule that says something impossible."""


@dataclass
class Rule:
    """One fault. `seen` counts the calls that it picks, `hits` those that it was applied to.

    `run` is the ARN of the execution whose calls it is about. `replaced` has a `group`, and the
    `least` percent of it that an instance refresh has to have replaced: until then, and while none goes
    forward, nothing is picked.
    """

    given: dict[str, Any]
    service: str = "*"
    action: str = "*"
    match: dict[str, Any] = field(default_factory=dict)
    contains: str | None = None
    role: str | None = None
    run: str | None = None
    replaced: dict[str, Any] = field(default_factory=dict)
    skip: int = 0
    times: int | None = 1
    when: str = "before"
    effect: str = "error"
    code: str = "InternalError"
    status: int = 500
    message: str = "A fault that was asked for."
    seconds: float | None = None
    reads: int | None = None
    target: str = "run"
    children: bool = True
    acts: list[Act] = field(default_factory=list)
    seen: int = 0
    hits: int = 0

    def picks(self, call: Call) -> bool:
        """Whether the rule is about this call."""
        return (
            fnmatch.fnmatchcase(call.service, self.service)
            and fnmatch.fnmatchcase(call.action, self.action)
            and (self.role is None or self.role == call.role)
            and (self.run is None or root_of(self.run) == call.trace)
            and (self.contains is None or _contains(call.params, self.contains))
            and all(_matches(wanted, call.params.get(key)) for key, wanted in self.match.items())
        )

    def take(self, call: Call, replaced: "Replaced") -> bool:
        """Count the call, and answer whether the fault applies to it."""
        if not self.picks(call) or not self._is_due(replaced):
            return False
        self.seen += 1
        return self.seen > self.skip and (self.times is None or self.hits < self.times)

    def _is_due(self, replaced: "Replaced") -> bool:
        if not self.replaced:
            return True
        percent = replaced(self.replaced["group"])
        return percent is not None and percent >= self.replaced["least"]

    def to_json(self) -> dict[str, Any]:
        """The rule as given, with its counts."""
        return {**self.given, "seen": self.seen, "hits": self.hits}


class Faults:
    """The rules in force. Each counts for itself; the first that applies to a call is applied."""

    def __init__(self, replaced: Replaced = lambda _: None) -> None:
        self.rules: list[Rule] = []
        self._replaced = replaced

    def replace(self, given: Any) -> None:
        """Put these rules in the place of all; WrongRule says which is wrong and why, and changes nothing."""
        if not isinstance(given, list):
            raise WrongRule("the rules are a JSON list")
        self.rules = [parse_rule(number, one) for number, one in enumerate(given)]

    def add(self, given: Any) -> None:
        """Put these rules after those in force; WrongRule as for replace."""
        others, self.rules = self.rules, []
        try:
            self.replace(given)
        finally:
            self.rules = others + self.rules

    def remove(self, run: str) -> list[dict[str, Any]]:
        """Take away the rules about one run, and answer them with their counts."""
        removed = [rule.to_json() for rule in self.rules if rule.run == run]
        self.rules = [rule for rule in self.rules if rule.run != run]
        return removed

    def to_json(self) -> list[dict[str, Any]]:
        """The rules with their counts."""
        return [rule.to_json() for rule in self.rules]

    def pick(self, call: Call) -> Rule | None:
        """The rule to apply to this call, counted as a hit."""
        chosen = None
        for rule in self.rules:
            if rule.take(call, self._replaced) and chosen is None:
                chosen = rule
        if chosen is not None:
            chosen.hits += 1
        return chosen


def parse_rule(number: int, given: Any) -> Rule:
    """A rule from JSON; WrongRule names the rule and what is wrong with it."""
    where = f"rule {number}"
    if not isinstance(given, dict):
        raise WrongRule(f"{where} is no JSON object")
    for key, value in given.items():
        if key not in _KEYS:
            raise WrongRule(f"{where}: unknown key {key!r}; there are: {', '.join(_KEYS)}")
        if not isinstance(value, _KEYS[key]) or (isinstance(value, bool) and _KEYS[key] is not bool):
            raise WrongRule(f"{where}: {key} has the wrong type: {value!r}")
    values = dict(given)
    match = dict(values.get("match", {}))
    for key in ("role", "contains"):
        if key in match:
            values[key] = match.pop(key)
    values["match"] = match
    effect = values.get("effect", "error")
    if effect in ("stale", "fail"):
        values["when"] = "after"
    if "code" in values:
        values.setdefault("status", http_status(values["code"]))
    if effect in ("delay", "stale") and "reads" not in values:
        values.setdefault("seconds", DEFAULT_SECONDS)
    values["acts"] = _acts(where, values.get("acts", []))
    rule = Rule(given=given, **values)
    _check(where, rule)
    return rule


def _acts(where: str, given: list[Any]) -> list[Act]:
    try:
        return [parse_act(one) for one in given]
    except WrongAct as error:
        raise WrongRule(f"{where}: {error}") from None


def _check(where: str, rule: Rule) -> None:
    effects = WORKFLOW_EFFECTS if rule.service == WORKFLOW else EFFECTS
    if rule.effect not in effects:
        raise WrongRule(f"{where}: effect is one of {', '.join(effects)}, not {rule.effect!r}")
    if rule.target not in WORKFLOW_TARGETS:
        raise WrongRule(f"{where}: target is run or execution, not {rule.target!r}")
    if rule.when not in ("before", "after"):
        raise WrongRule(f"{where}: when is before or after, not {rule.when!r}")
    if rule.effect == "fail" and rule.action not in FAILING_LATER:
        raise WrongRule(f"{where}: fail is for {', '.join(sorted(FAILING_LATER))}, not {rule.action!r}")
    if rule.replaced and not (
        set(rule.replaced) == {"group", "least"} and isinstance(rule.replaced["least"], int)
    ):
        raise WrongRule(f"{where}: replaced has a group and the least percent, not {rule.replaced!r}")
    if bool(rule.acts) != (rule.effect == "act"):
        raise WrongRule(f"{where}: acts are for the effect act, which needs them")
    for name in ("skip", "times", "seconds", "reads"):
        value = getattr(rule, name)
        if value is not None and value < 0:
            raise WrongRule(f"{where}: {name} is below 0")
    if rule.service != WORKFLOW and not any(letter in rule.service + rule.action for letter in "*?["):
        _check_against_model(where, rule)


def _check_against_model(where: str, rule: Rule) -> None:
    """A misspelt service, action or parameter would be a fault that never happens."""
    try:
        model = get_service_model(rule.service)
    except (UnknownServiceError, ValueError):
        raise WrongRule(f"{where}: {rule.service!r} is no service of botocore's") from None
    if rule.action not in model.operation_names:
        raise WrongRule(f"{where}: {rule.service} has no action {rule.action!r}")
    shape = model.operation_model(rule.action).input_shape
    members = shape.members if shape is not None else {}
    for key in rule.match:
        if key not in members:
            raise WrongRule(
                f"{where}: {rule.action} has no parameter {key!r}; there are: {', '.join(members)}"
            )


def _matches(wanted: Any, actual: Any) -> bool:
    """Whether `wanted` is found in `actual`: a subset of an object, an element of a list, an equal value."""
    if isinstance(actual, list):
        if isinstance(wanted, list):
            return all(_matches(one, actual) for one in wanted)
        return any(_matches(wanted, one) for one in actual)
    if isinstance(wanted, dict):
        return isinstance(actual, dict) and all(_matches(one, actual.get(key)) for key, one in wanted.items())
    if isinstance(actual, dict):
        return any(_matches(wanted, one) for one in actual.values())
    return actual is not None and _text(wanted) == _text(actual)


def _contains(value: Any, text: str) -> bool:
    if isinstance(value, dict):
        return any(_contains(one, text) for one in value.values())
    if isinstance(value, list):
        return any(_contains(one, text) for one in value)
    return value is not None and text in _text(value)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
