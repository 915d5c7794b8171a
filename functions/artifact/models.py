"""botocore's data, trimmed to the calls that the functions make.

A client of EC2 parses a model of 750 operations with their documentation, and the endpoints of all services:
most of a cold start, for one to ten operations of one to five services.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.loaders import Loader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from artifact.calls import Call

Model = dict[str, Any]

# What every client reads, whatever its service; endpoints.json is trimmed.
_COMMON = ("_retry", "partitions", "sdk-default-configuration")
_TEXT = "documentation"


def write(directory: Path, calls: Iterable[Call]) -> None:
    """Make a directory that suffices botocore's Loader for clients that make these calls."""
    # Not the user's own models, which may lie in ~/.aws.
    loader = Loader([Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)
    operations: dict[str, set[str]] = {}
    for call in calls:
        operations.setdefault(call.service, set()).add(call.operation)
    prefixes = set()
    for service, names in operations.items():
        place = directory / service / loader.determine_latest_version(service, "service-2")
        model = loader.load_service_model(service, "service-2")
        prefixes.add(str(model["metadata"]["endpointPrefix"]))
        _dump(place / "service-2.json", service_model(model, names))
        pages = loader.load_service_model(service, "paginators-1")["pagination"]
        used = {name: pages[name] for name in sorted(names & pages.keys())}
        _dump(place / "paginators-1.json", {"pagination": used})
        rules = loader.load_service_model(service, "endpoint-rule-set-1")
        _dump(place / "endpoint-rule-set-1.json", rules)
    for name in _COMMON:
        _dump(directory / f"{name}.json", loader.load_data(name))
    _dump(directory / "endpoints.json", _endpoints(loader.load_data("endpoints"), prefixes))


def service_model(model: Model, operations: set[str]) -> Model:
    """A service's model with these operations alone, what they take and give, and no documentation."""
    kept = {name: _plain(model["operations"][name]) for name in sorted(operations)}
    shapes: dict[str, Model] = {}
    left = [name for operation in kept.values() for name in _shapes_of_operation(operation)]
    while left:
        name = left.pop()
        if name not in shapes:
            shapes[name] = _plain_shape(model["shapes"][name])
            left += (reference["shape"] for reference in _references(shapes[name]))
    return _plain(model) | {"operations": kept, "shapes": dict(sorted(shapes.items()))}


def _shapes_of_operation(operation: Model) -> Iterator[str]:
    references = [operation.get("input"), operation.get("output"), *operation.get("errors", ())]
    return (reference["shape"] for reference in references if reference)


def _references(shape: Model) -> list[Model]:
    parts = [shape[part] for part in ("member", "key", "value") if part in shape]
    return [*parts, *shape.get("members", {}).values()]


def _plain_shape(shape: Model) -> Model:
    plain = _plain(shape)
    if "members" in plain:  # one of which may be named `documentation`
        plain["members"] = {name: _plain(member) for name, member in plain["members"].items()}
    return plain


def _plain(part: Model) -> Model:
    """Without documentation, that of the errors, the input and other parts included."""
    plain = {key: value for key, value in part.items() if key != _TEXT}
    for key in plain.keys() & {"input", "output", "member", "key", "value"}:
        plain[key] = _plain(plain[key])
    if "errors" in plain:
        plain["errors"] = [_plain(error) for error in plain["errors"]]
    return plain


def _endpoints(endpoints: Model, prefixes: set[str]) -> Model:
    return endpoints | {"partitions": [_partition(one, prefixes) for one in endpoints["partitions"]]}


def _partition(partition: Model, prefixes: set[str]) -> Model:
    services = partition["services"]
    return partition | {"services": {name: services[name] for name in sorted(prefixes & services.keys())}}


def _dump(path: Path, data: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, separators=(",", ":")), encoding="utf-8")
