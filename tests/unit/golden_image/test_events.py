from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from golden_image import events


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
