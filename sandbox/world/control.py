"""The HTTP verbs under /_sandbox/: time, faults, the record, identities, throttling, seeds."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sandbox.world.clock import Clock
from sandbox.world.faults import WrongRule
from sandbox.world.seed import WrongSeed, seed
from sandbox.world.world import World


def control(world: World, method: str, path: str, body: bytes) -> tuple[int, str]:
    """Do what a control request asks: HTTP status and JSON."""
    url = urlsplit(path)
    verb = (method, url.path.removeprefix("/_sandbox/").rstrip("/"))
    try:
        given = json.loads(body) if body else None
        with world.lock:
            world.clock.settle()
            return _answer(world, verb, given, parse_qs(url.query))
    except (ValueError, WrongRule, WrongSeed) as error:
        return 400, json.dumps({"error": str(error)})


def _answer(world: World, verb: tuple[str, str], given: Any, query: dict[str, list[str]]) -> tuple[int, str]:
    match verb:
        case ("GET", "durations"):
            return 200, json.dumps(_durations(world.clock))
        case ("PUT", "durations"):
            _change_durations(world.clock, given)
            return 200, json.dumps(_durations(world.clock))
        case ("GET", "faults"):
            return 200, json.dumps([rule.to_json() for rule in world.faults.rules])
        case ("PUT", "faults"):
            world.faults.replace(given)
            return 200, json.dumps([rule.to_json() for rule in world.faults.rules])
        case ("GET", "calls"):
            return 200, world.record.to_json(int(query.get("since", ["0"])[0]))
        case ("DELETE", "calls"):
            world.record.clear()
            return 200, "{}"
        case ("GET", "identities"):
            return 200, json.dumps(world.identities)
        case ("PUT", "identities"):
            world.identities = _names(given)
            return 200, json.dumps(world.identities)
        case ("GET", "throttle"):
            return 200, json.dumps({"enabled": world.throttle.enabled, "refused": world.throttle.refused})
        case ("PUT", "throttle"):
            world.throttle.clear()
            world.throttle.enabled = _flag(given)
            return 200, json.dumps({"enabled": world.throttle.enabled})
        case ("POST", "seed"):
            return 200, json.dumps(seed(world, given))
        case ("POST", "reset"):
            world.reset()
            return 200, "{}"
    return 404, json.dumps({"error": f"there is no {verb[0]} /_sandbox/{verb[1]}"})


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
