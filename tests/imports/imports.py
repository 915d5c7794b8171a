"""Which modules import which, read from their text: imports for type checkers and in functions count too."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Set
    from pathlib import Path

type Graph = dict[str, set[str]]


def graph(*packages: Path) -> Graph:
    """What each module of these packages imports, by dotted names; what is foreign to them, too."""
    files = {_name(path, package): path for package in packages for path in sorted(package.rglob("*.py"))}
    return {name: set(_imports(path, files.keys())) for name, path in files.items()}


def _name(path: Path, package: Path) -> str:
    parts = path.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(path: Path, known: Set[str]) -> Iterator[str]:
    """Each imported module, also where it is the name that is imported from its package."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module and not node.level, f"{path}:{node.lineno}: a relative import"
            for alias in node.names:
                module = f"{node.module}.{alias.name}"
                yield module if module in known else node.module


def folded(modules: Graph, depth: int) -> Graph:
    """The graph of what the first `depth` parts of the names stand for: packages, or folders in them."""
    result: Graph = {}
    for name, imported in modules.items():
        folder = _first(name, depth)
        result.setdefault(folder, set()).update({_first(one, depth) for one in imported} - {folder})
    return result


def _first(name: str, depth: int) -> str:
    return ".".join(name.split(".")[:depth])


def circle(modules: Graph) -> list[str]:
    """A circle of imports, if there is one: each imports the one before it."""
    try:
        TopologicalSorter(modules).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found
    return []
