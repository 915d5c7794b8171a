"""Which calls to AWS each function's code makes, read from the syntax trees of functions/.

From a function, everything that it names is followed: functions, methods, and the functions of the domain's
modules. That finds too much rather than too little. A call to AWS is a method of `aws.client("…")`,
`aws.ec2_once()` or `aws.ssm_once()`, of a name bound to one of them, or of a parameter that such a name was
given to; what is called through another road is not seen, so `clients_out_of_sight` finds it.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from botocore import xform_name
from botocore.loaders import Loader
from botocore.model import ServiceModel

from artifact.modules import sources

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CLIENT = "golden_image.aws.client"
_ONCE = {"golden_image.aws.ec2_once": "ec2", "golden_image.aws.ssm_once": "ssm"}
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
Modules = dict[str, ast.Module]


@dataclass(frozen=True)
class Call:
    """One operation of an AWS service, and the names and texts in the function it is in."""

    service: str
    operation: str
    words: frozenset[str]


# Where a service's actions are not called as it signs.
_PREFIXES = {"monitoring": "cloudwatch"}


@cache
def _service(client: str) -> tuple[str, dict[str, str]]:
    """The IAM prefix of a boto3 client, and the operation of each of its methods."""
    loader = Loader([Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)
    model = ServiceModel(loader.load_service_model(client, "service-2"), client)
    prefix = _PREFIXES.get(model.signing_name, model.signing_name)
    return prefix, {xform_name(name): name for name in model.operation_names}


def iam_prefix(client: str) -> str:
    """`states` for `stepfunctions`; the same word for most."""
    return _service(client)[0]


def operation(client: str, method: str) -> str | None:
    """`CreateSnapshots` for `create_snapshots`; None for what is no operation."""
    return _service(client)[1].get(method)


class Code:
    """The modules of functions/ as one graph of functions, by names such as `golden_image.tags.token`."""

    def __init__(self, modules: Modules) -> None:
        self.functions: dict[str, FunctionNode] = {}
        self._names: dict[str, dict[str, str]] = {}
        for module, tree in modules.items():
            self._names[module] = dict(_imported(tree))
            for node in tree.body:
                self._add(module, node)
        self._clients: dict[str, dict[str, str]] = {name: {} for name in self.functions}
        while self._bind_clients():
            pass
        self._leads = {
            name: {n for node in ast.walk(function) for n in self._named(name, node)}
            for name, function in self.functions.items()
        }
        self._calls = {name: set(self._own_calls(name)) for name in self.functions}

    @classmethod
    def of(cls, functions: Path) -> Code:
        """The code in a directory with the packages of functions/."""
        return cls({name: ast.parse(source) for name, source in sources(functions).items()})

    def _add(self, scope: str, node: ast.stmt) -> None:
        if isinstance(node, FunctionNode | ast.ClassDef):
            name = f"{scope}.{node.name}"
            self._names.setdefault(scope, {})[node.name] = name
            if isinstance(node, FunctionNode):
                self.functions[name] = node
            else:
                for item in node.body:
                    self._add(name, item)

    def reached(self, start: str) -> set[str]:
        """All functions that `start` leads to, itself included."""
        found: set[str] = set()
        left = [start]
        while left:
            name = left.pop()
            if name not in found:
                found.add(name)
                left += self._leads[name]
        return found

    def calls(self, start: str) -> set[Call]:
        """All calls to AWS of everything that `start` leads to."""
        return {call for name in self.reached(start) for call in self._calls[name]}

    def clients(self, start: str) -> set[str]:
        """The clients that everything that `start` leads to makes: services, and those such as `ec2_once`."""
        found = set()
        for name in self.reached(start):
            for node in ast.walk(self.functions[name]):
                service = self._made_client(name, node)
                if service:
                    found.add(f"{service}_once" if self._maker(name, node) in _ONCE else service)
        return found

    def environment(self, start: str) -> set[str]:
        """The environment variables that everything that `start` leads to reads."""
        reads = (node for name in self.reached(start) for node in ast.walk(self.functions[name]))
        return {name for node in reads for name in _environment_read(node)}

    def clients_out_of_sight(self) -> list[str]:
        """Functions that make a client of AWS and use it in a way that `calls` does not follow."""
        found = []
        for name, function in self.functions.items():
            made = [node for node in ast.walk(function) if self._maker(name, node)]
            followed = [node for parent in ast.walk(function) for node in _followed(parent)]
            seen = [node for node in followed if self._made_client(name, node)]
            found += [f"{name}: {ast.unparse(node)}" for node in made if node not in seen]
        return found

    def _scopes(self, function: str) -> Iterator[str]:
        """The class and the module of a function."""
        scope = function
        while "." in scope:
            scope = scope.rpartition(".")[0]
            yield scope

    def _resolved(self, function: str, node: ast.expr) -> str | None:
        """The full name of what an expression names: a function, a class, a module."""
        if isinstance(node, ast.Name):
            if node.id in {"self", "cls"}:
                return next(self._scopes(function))
            found = (self._names.get(scope, {}).get(node.id) for scope in self._scopes(function))
            return next((name for name in found if name), None)
        if isinstance(node, ast.Call):  # a class's own constructor, by name or as a class method
            made = self._resolved(function, node.func)
            return made.rpartition(".")[0] if made in self.functions else made
        if isinstance(node, ast.Attribute):
            owner = self._resolved(function, node.value)
            return f"{owner}.{node.attr}" if owner else None
        return None

    def _named(self, function: str, node: ast.AST) -> list[str]:
        if not isinstance(node, ast.Name | ast.Attribute):
            return []
        name = self._resolved(function, node)
        return [name] if name in self.functions else []

    def _maker(self, function: str, node: ast.AST) -> str | None:
        """The function that an expression makes a client with."""
        maker = self._resolved(function, node.func) if isinstance(node, ast.Call) else None
        return maker if maker in {_CLIENT, *_ONCE} else None

    def _made_client(self, function: str, node: ast.AST) -> str | None:
        maker = self._maker(function, node)
        if maker in _ONCE:
            return _ONCE[maker]
        named = maker and isinstance(node, ast.Call) and isinstance(node.args[0], ast.Constant)
        return str(node.args[0].value) if named else None  # type: ignore[attr-defined]

    def _client(self, function: str, node: ast.AST) -> str | None:
        """The service of an expression that is a client."""
        if isinstance(node, ast.Name):
            return self._clients[function].get(node.id)
        return self._made_client(function, node)

    def _bind_clients(self) -> bool:
        """Follow clients through assignments and arguments by one step; whether that found a new name."""
        before = sum(map(len, self._clients.values()))
        for name, function in self.functions.items():
            for node in ast.walk(function):
                if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                    self._bind(name, node.targets[0].id, self._client(name, node.value))
                if isinstance(node, ast.Call):
                    callee = self._resolved(name, node.func)
                    if callee in self.functions:
                        parameters = self.functions[callee].args.args
                        for parameter, argument in zip(parameters, node.args, strict=False):
                            self._bind(callee, parameter.arg, self._client(name, argument))
        return sum(map(len, self._clients.values())) > before

    def _bind(self, function: str, name: str, service: str | None) -> None:
        if service:
            self._clients[function][name] = service

    def _own_calls(self, name: str) -> Iterator[Call]:
        words = frozenset(_words(self.functions[name]))
        for node in ast.walk(self.functions[name]):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                service = self._client(name, node.func.value)
                method = _method(node)
                made = operation(service, method) if service else None
                if service and made:
                    yield Call(service, made, words)


def _imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from ((a.asname or a.name, f"{node.module}.{a.name}") for a in node.names)
        if isinstance(node, ast.Import):
            yield from ((a.asname or a.name, a.name) for a in node.names)


def _method(node: ast.Call) -> str:
    """`list_grants` for `.list_grants(…)` and for `.get_paginator("list_grants")`."""
    method = node.func.attr  # type: ignore[attr-defined]
    pages = method == "get_paginator" and isinstance(node.args[0], ast.Constant)
    return str(node.args[0].value if pages else method)  # type: ignore[attr-defined]


def _words(function: FunctionNode) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        if isinstance(node, ast.keyword) and node.arg:
            yield node.arg
        if isinstance(node, ast.Attribute):
            yield node.attr


def _followed(parent: ast.AST) -> list[ast.AST]:
    """The parts of a node in which a client is followed: a call's owner and arguments, an assigned value."""
    if isinstance(parent, ast.Attribute | ast.Assign):
        return [parent.value]
    return list(parent.args) if isinstance(parent, ast.Call) else []


def _environment_read(node: ast.AST) -> list[str]:
    """The variable of `Settings.from_env().x`, the one form in which the code reads its environment."""
    read = isinstance(node, ast.Attribute) and ast.unparse(node.value) == "Settings.from_env()"
    return [node.attr.upper()] if read else []  # type: ignore[attr-defined]
