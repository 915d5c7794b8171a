"""The HTTP verbs under /_sandbox/: time, faults, the record, identities, throttling, seeds."""

import json
import uuid
from collections.abc import Callable
from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qs, urlsplit

from moto.core.exceptions import ServiceException

from ec2world.autoscaling.alarms import put_alarm
from ec2world.control.seed import seed
from ec2world.ec2.status_checks import say_failing
from ec2world.load_balancing.targets import put_target_group
from ec2world.trouble.faults import WORKFLOW, Rule
from ec2world.trouble.limits import exceeded_limit
from ec2world.virtual_time.clock import Clock
from ec2world.wire.call import Call, Request, operation_of
from ec2world.wire.errors import http_status
from ec2world.wire.trace import root_of
from ec2world.world import World


def control(world: World, method: str, path: str, body: bytes) -> tuple[int, str]:
    """Do what a control request asks: HTTP status and JSON."""
    url = urlsplit(path)
    verb = f"{method} {url.path.removeprefix('/_sandbox/').rstrip('/')}"
    if verb not in VERBS:
        return 404, json.dumps({"error": f"there is no {verb}; there are: {', '.join(VERBS)}"})
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    try:
        given = json.loads(body) if body else None
        with world.lock:
            world.clock.settle()
            answer = VERBS[verb](world, given, query)
    except (ValueError, KeyError, TypeError, ServiceException) as error:
        return 400, json.dumps({"error": str(error)})
    return 200, answer if isinstance(answer, str) else json.dumps(answer)


def _durations(clock: Clock) -> dict[str, float]:
    return {"scale": clock.scale, **clock.durations.to_json()}


def _change_durations(clock: Clock, given: Any) -> None:
    if not isinstance(given, dict):
        raise ValueError("durations are a JSON object")
    durations = clock.durations.changed({name: value for name, value in given.items() if name != "scale"})
    if "scale" in given:
        clock.scale = given["scale"]
    clock.durations = durations


def _names(given: Any) -> dict[str, str]:
    if not isinstance(given, dict) or not all(isinstance(name, str) for name in given.values()):
        raise ValueError("identities are a JSON object of access key id to name")
    return given


def _flag(given: Any) -> bool:
    if not isinstance(given, dict) or not isinstance(given.get("enabled"), bool):
        raise ValueError('throttling is switched by {"enabled": true} or {"enabled": false}')
    return bool(given["enabled"])


def _put_durations(world: World, given: Any, _query: dict[str, str]) -> Any:
    _change_durations(world.clock, given)
    return _durations(world.clock)


def _post_time(world: World, given: Any, _query: dict[str, str]) -> Any:
    world.clock.skip(given["seconds"])
    return {"now": world.clock.now()}


def _put_faults(world: World, given: Any, _query: dict[str, str]) -> Any:
    world.faults.replace(given)
    return world.faults.to_json()


def _post_faults(world: World, given: Any, _query: dict[str, str]) -> Any:
    world.faults.add(given)
    return world.faults.to_json()


def _get_calls(world: World, _given: Any, query: dict[str, str]) -> str:
    if "run" in query:
        return world.record.of_trace(root_of(query["run"]))
    return world.record.to_json(int(query.get("since", 0)))


def _post_calls(world: World, given: Any, _query: dict[str, str]) -> Any:
    """A call that the state machine's interpreter makes itself: the rule that applies to it, or null.

    One that carries more than AWS takes gets a rule that refuses it.
    """
    service, action = given["service"], given["action"]
    operation, protocol = (None, "json") if service == WORKFLOW else operation_of(service, action)
    call = Call(
        Request("POST", "/", {}, b""),
        service=service,
        action=action,
        region=world.region,
        role=given["role"],
        protocol=protocol,
        operation=operation,
        trace=root_of(given["run"]),
        params=given.get("params", {}),
    )
    refusal = exceeded_limit(call)
    rule = _refusing(*refusal) if refusal else world.faults.pick(call)
    if rule is not None and rule.effect == "act":
        world.meddle(rule, call.trace)
        rule = None
    if call.service != WORKFLOW:
        failed = rule is not None and rule.effect in ("error", "drop")
        status, code = (rule.status, rule.code) if rule and failed else (200, None)
        world.record.add(
            call, world.record.params_of(call), status=status, code=code, request_id=str(uuid.uuid4())
        )
    return asdict(rule) if rule else None


def _refusing(code: str, message: str) -> Rule:
    return Rule({}, code=code, message=message, status=http_status(code))


def _put_identities(world: World, given: Any, _query: dict[str, str]) -> Any:
    world.identities = _names(given)
    return world.identities


def _put_throttle(world: World, given: Any, _query: dict[str, str]) -> Any:
    world.throttle.clear()
    world.throttle.enabled = _flag(given)
    return world.throttle.to_json()


def _put_targets(world: World, given: Any, _query: dict[str, str]) -> Any:
    put_target_group(world.account, world.region, given)
    return {}


def _put_alarms(world: World, given: Any, _query: dict[str, str]) -> Any:
    put_alarm(world.account, world.region, given)
    return {}


def _get_capacity(world: World, _given: Any, query: dict[str, str]) -> Any:
    """The counts of a group's members since a virtual time, and the fewest in service among them."""
    counts = world.autoscaling.timeline.since(query["group"], float(query.get("since", 0)))
    return {
        "now": world.clock.now(),
        "leastInService": min(one.in_service for one in counts),
        "changes": [one.to_json() for one in counts],
    }


def _put_checks(world: World, given: Any, _query: dict[str, str]) -> Any:
    say_failing(world.scene.failing_checks, given)
    return {}


def _put_command(world: World, given: Any, _query: dict[str, str]) -> Any:
    world.run_command.say_ending(given)
    return {}


def _delete_calls(world: World, _given: Any, _query: dict[str, str]) -> Any:
    world.record.clear()
    return {}


def _reset(world: World, _given: Any, _query: dict[str, str]) -> Any:
    world.reset()
    return {}


# A verb answers JSON, or what is to become JSON.
VERBS: dict[str, Callable[[World, Any, dict[str, str]], Any]] = {
    "GET durations": lambda world, _given, _query: _durations(world.clock),
    "PUT durations": _put_durations,
    "POST time": _post_time,
    "GET faults": lambda world, _given, _query: world.faults.to_json(),
    "PUT faults": _put_faults,
    "POST faults": _post_faults,
    "DELETE faults": lambda world, _given, query: world.faults.remove(query["run"]),
    "GET calls": _get_calls,
    "POST calls": _post_calls,
    "DELETE calls": _delete_calls,
    "GET identities": lambda world, _given, _query: world.identities,
    "PUT identities": _put_identities,
    "GET throttle": lambda world, _given, _query: world.throttle.to_json(),
    "PUT throttle": _put_throttle,
    "PUT targets": _put_targets,
    "PUT alarms": _put_alarms,
    "GET capacity": _get_capacity,
    "PUT checks": _put_checks,
    "PUT command": _put_command,
    "POST seed": lambda world, given, _query: seed(world, given),
    "POST reset": _reset,
}
