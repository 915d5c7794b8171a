"""The examples of calls in AWS's API References, which come with botocore, and how they fit an answer."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.loaders import Loader
from botocore.model import ServiceModel

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVICES = ("ec2", "autoscaling")
LISTED = tomllib.loads((Path(__file__).parent / "examples.toml").read_text())


@dataclass(frozen=True)
class Example:
    """A call with its parameters, and the answer where the example has one."""

    service: str
    operation: str
    id: str
    input: dict[str, Any]
    output: dict[str, Any] | None


def examples() -> list[Example]:
    """All of EC2's and Auto Scaling's, without those that examples.toml leaves out."""
    out = [pattern for group in LISTED["left_out"] for pattern in group["operations"]]
    return [
        Example(service, operation, one["id"], one.get("input") or {}, one.get("output"))
        for service in SERVICES
        for operation, some in Loader().load_service_model(service, "examples-1")["examples"].items()
        for one in some
        if not any(fnmatch(operation, pattern) for pattern in out)
    ]


def differences_of(example: Example) -> set[str]:
    """What is known to differ."""
    return {
        what
        for group in LISTED.get("differs", [])
        for example_id, some in group["examples"].items()
        if example_id == example.id
        for what in some
    }


def lacking(example: Example, answer: dict[str, Any]) -> set[str]:
    """The members that the example's answer shows and this one lacks, each by its path.

    Values are not compared. A member that is empty in the example may be missing, and so may one that today's
    model no longer has.
    """
    shape = _model(example.service).operation_model(example.operation).output_shape
    return set(_lacking(shape, example.output or {}, answer, "")) if shape else set()


def _lacking(shape: Any, shown: Any, given: Any, path: str) -> Iterator[str]:
    if shape.type_name == "structure":
        for name, one in shown.items():
            if one in ("", [], {}, None) or name not in shape.members:
                continue
            if given.get(name) is None:
                yield f"{path}{name}"
            else:
                yield from _lacking(shape.members[name], one, given[name], f"{path}{name}.")
    elif shape.type_name == "list" and shape.member.type_name == "structure":
        for one in shown:
            ways = [list(_lacking(shape.member, one, other, path)) for other in given]
            yield from min(ways, key=len) if ways else [f"{path}[]"]


@cache
def _model(service: str) -> ServiceModel:
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)
