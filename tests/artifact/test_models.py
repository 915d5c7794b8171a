"""botocore's data in the artifact: enough for every call, and for nothing else."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from botocore.loaders import Loader
from botocore.session import Session

from artifact import models
from artifact.calls import Code
from tools import project

if TYPE_CHECKING:
    from pathlib import Path

CODE = Code.of(project.FUNCTIONS)
HANDLERS = sorted(project.functions(project.template()).values())
CALLS = {call for name in HANDLERS for call in CODE.calls(f"{name}.handler")}
OPERATIONS = sorted({(call.service, call.operation) for call in CALLS})
SERVICES = sorted({call.service for call in CALLS})
WHOLE = Loader()
REGIONS = ("us-east-1", "us-gov-west-1", "cn-north-1", "ap-northeast-2", "xx-new-1")


@pytest.fixture(scope="session")
def trimmed(artifact: Path) -> Loader:
    return loader_of(artifact / "models")


def loader_of(directory: Path) -> Loader:
    return Loader([str(directory)], include_default_search_paths=False)


@cache
def client(service: str, region: str, loader: Loader) -> Any:
    session = Session()
    session.register_component("data_loader", loader)
    session.set_credentials("test", "test")
    return session.create_client(service, region, config=Config(retries={"mode": "standard"}))


def described(shape: Any, seen: tuple[str, ...] = ()) -> Any:
    """All that serialization, validation and parsing read of a shape."""
    if shape is None or shape.name in seen:
        return shape and shape.name
    seen = (*seen, shape.name)
    inner = [part for part in ("member", "key", "value") if hasattr(shape, part)]
    parts = {part: described(getattr(shape, part), seen) for part in inner}
    members = {name: described(member, seen) for name, member in getattr(shape, "members", {}).items()}
    return [shape.name, shape.type_name, shape.serialization, shape.metadata, parts, members]


@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
def test_an_operation_is_as_in_the_whole_model(trimmed: Loader, service: str, operation: str) -> None:
    ours = client(service, "us-east-1", trimmed).meta.service_model.operation_model(operation)
    whole = client(service, "us-east-1", WHOLE).meta.service_model.operation_model(operation)

    assert described(ours.input_shape) == described(whole.input_shape)
    assert described(ours.output_shape) == described(whole.output_shape)
    assert list(map(described, ours.error_shapes)) == list(map(described, whole.error_shapes))
    assert ours.http == whole.http
    assert ours.idempotent_members == whole.idempotent_members
    assert ours.metadata == whole.metadata


@pytest.mark.parametrize("service", SERVICES)
def test_a_client_has_the_calls_of_the_code_and_no_others(trimmed: Loader, service: str) -> None:
    made = client(service, "us-east-1", trimmed)

    assert set(made.meta.method_to_api_mapping.values()) == {o for s, o in OPERATIONS if s == service}


@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
def test_pages_are_those_of_the_whole_model(trimmed: Loader, service: str, operation: str) -> None:
    def pages(loader: Loader) -> Any:
        return loader.load_service_model(service, "paginators-1")["pagination"].get(operation)

    assert pages(trimmed) == pages(WHOLE)


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("service", SERVICES)
def test_requests_go_where_those_of_the_whole_model_go(trimmed: Loader, service: str, region: str) -> None:
    ours, whole = client(service, region, trimmed), client(service, region, WHOLE)

    assert ours.meta.endpoint_url == whole.meta.endpoint_url
    assert ours.meta.config.signature_version == whole.meta.config.signature_version
    assert ours.meta.partition == whole.meta.partition


def test_a_call_that_the_build_did_not_find_is_missing(tmp_path: Path) -> None:
    models.write(tmp_path, [call for call in CALLS if call.operation != "StopInstances"])

    made = client("ec2", "us-east-1", loader_of(tmp_path))

    assert hasattr(made, "start_instances")
    assert not hasattr(made, "stop_instances")


def test_documentation_is_left_out_but_not_a_member_of_that_name() -> None:
    model = {
        "metadata": {},
        "documentation": "Long.",
        "operations": {
            "Read": {"name": "Read", "documentation": "Long.", "output": {"shape": "Answer"}},
            "Write": {"name": "Write", "input": {"shape": "Other"}},
        },
        "shapes": {
            "Answer": {
                "type": "structure",
                "documentation": "Long.",
                "members": {"documentation": {"shape": "Text", "documentation": "Long."}},
            },
            "Text": {"type": "string"},
            "Other": {"type": "structure", "members": {}},
        },
    }

    assert models.service_model(model, {"Read"}) == {
        "metadata": {},
        "operations": {"Read": {"name": "Read", "output": {"shape": "Answer"}}},
        "shapes": {
            "Answer": {"type": "structure", "members": {"documentation": {"shape": "Text"}}},
            "Text": {"type": "string"},
        },
    }


def test_a_handler_makes_the_clients_of_its_calls_when_it_starts(artifact: Path) -> None:
    clients = json.loads((artifact / "models/clients.json").read_text())

    assert set(clients) == set(HANDLERS)
    for handler, made in clients.items():
        called = {call.service for call in CODE.calls(f"{handler}.handler")}
        assert {name.removesuffix("_once") for name in made} == called
    assert clients["handlers.golden_image_refresh.create_snapshots"] == ["dynamodb", "ec2", "ec2_once"]
