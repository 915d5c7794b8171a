from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import pytest

from golden_image import events
from golden_image.errors import InvalidInput


@dataclass(frozen=True)
class Disk:
    device_name: str
    kms_key_id: str | None = None


@dataclass(frozen=True)
class Machine:
    root: Disk
    disks: tuple[Disk, ...]
    tags: dict[str, str]
    spare: Disk | None = None
    names: tuple[str, ...] | None = None
    target_cpu: float | None = None


FULL = Machine(
    root=Disk("/dev/sda1", "key"),
    disks=(Disk("/dev/sdf"),),
    tags={"snake_case key": "버전"},
    spare=Disk("/dev/sdg"),
    names=("a", "b"),
    target_cpu=50.0,
)
BARE = Machine(root=Disk("/dev/sda1"), disks=(), tags={})


@pytest.mark.parametrize("machine", [FULL, BARE])
def test_a_value_comes_back_from_its_json_as_it_was(machine: Machine) -> None:
    text = json.dumps(events.to_event(machine))
    assert events.from_event(Machine, json.loads(text)) == machine


def test_fields_are_spelled_in_camel_case_and_keys_of_tags_as_they_are() -> None:
    event = events.to_event(FULL)
    assert event["root"] == {"deviceName": "/dev/sda1", "kmsKeyId": "key"}
    assert event["tags"] == {"snake_case key": "버전"}


def test_a_key_that_is_missing_takes_the_default() -> None:
    assert events.from_event(Disk, {"deviceName": "/dev/sda1"}) == Disk("/dev/sda1")


def test_a_key_of_a_later_version_is_passed_over() -> None:
    assert events.from_event(Disk, {"deviceName": "/dev/sda1", "new": 1}) == Disk("/dev/sda1")


def test_an_empty_tuple_differs_from_one_that_is_not_given() -> None:
    event = events.to_event(Machine(Disk("/dev/sda1"), (), {}, names=()))
    assert events.from_event(Machine, event).names == ()
    assert events.from_event(Machine, event | {"names": None}).names is None


# Arguments


def act(instance_id: str, disks: list[Disk], tags: dict[str, str], input_: Any, waited: int = 0) -> None:
    """A function of every kind of parameter."""
    raise AssertionError(instance_id, disks, tags, input_, waited)


EVENT = {"instanceId": "i-1", "disks": [{"deviceName": "/dev/sda1"}], "tags": {"a b": "c"}, "input": None}


def test_a_function_gets_its_arguments_from_an_events_keys() -> None:
    assert events.arguments(act, EVENT | {"waited": 5, "other": 1}) == {
        "instance_id": "i-1",
        "disks": [Disk("/dev/sda1")],
        "tags": {"a b": "c"},
        "input_": None,
        "waited": 5,
    }


def test_a_parameter_with_a_default_may_be_missing() -> None:
    assert "waited" not in events.arguments(act, EVENT)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"instanceId": 1}, "instanceId: must be of the type str, found int"),
        ({"instanceId": None}, "instanceId: must be of the type str, found NoneType"),
        ({"disks": {}}, "disks: must be of the type list, found dict"),
        ({"disks": [{}]}, "disks[0].deviceName: is missing"),
        (
            {"disks": [{"deviceName": "a"}, {"deviceName": []}]},
            "disks[1].deviceName: must be of the type str",
        ),
        ({"tags": {"a": 1}}, "tags.a: must be of the type str, found int"),
        ({"waited": True}, "waited: must be of the type int, found bool"),
        ({"waited": 0.5}, "waited: must be of the type int, found float"),
    ],
)
def test_what_is_of_another_type_is_named_by_its_path(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=f"^{re.escape(message)}"):
        events.arguments(act, EVENT | wrong)


@pytest.mark.parametrize("key", EVENT)
def test_what_is_missing_is_named(key: str) -> None:
    with pytest.raises(InvalidInput, match=f"^{key}: is missing$"):
        events.arguments(act, {name: value for name, value in EVENT.items() if name != key})


@pytest.mark.parametrize("event", [None, [], "x", 1])
def test_an_event_that_is_no_object_has_no_arguments(event: object) -> None:
    with pytest.raises(InvalidInput, match="must be of the type dict"):
        events.arguments(act, event)
