"""The artifact: the functions' code and that of others which it imports, compiled, and the SDK's data."""

from __future__ import annotations

import compileall
import json
import shutil
import subprocess
import sys
from modulefinder import ModuleFinder
from pathlib import Path
from py_compile import PycInvalidationMode

from artifact import PACKAGES
from artifact.cache import made_once
from artifact.modules import handlers, sources

# Where Lambda unpacks an artifact.
_TASK_ROOT = "/var/task"


def make(source: Path, place: Path, cache: Path) -> None:
    """Make the artifact of the functions in `source`; what is installed for it stays in `cache`."""
    packages = _installed(cache / "packages", source / "requirements.txt")
    # Before a botocore that the Python which runs this may have.
    sys.path.insert(1, str(_installed(cache / "tools", source / "artifact/requirements.txt")))
    for package in PACKAGES:
        shutil.copytree(source / package, place / package, ignore=shutil.ignore_patterns("__pycache__"))
    for file in imported_files(place, packages):
        copy = place / file.relative_to(packages)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
    _write_models(place)
    # Lambda's zip has other time stamps than these files, and nothing can be written beside them.
    mode = PycInvalidationMode.UNCHECKED_HASH
    if not compileall.compile_dir(
        place, quiet=1, invalidation_mode=mode, stripdir=str(place), prependdir=_TASK_ROOT
    ):
        raise SystemExit("a module of the functions could not be compiled")


def imported_files(code: Path, packages: Path) -> list[Path]:
    """Those modules of `packages` that the code imports anywhere, and what these import."""
    finder = ModuleFinder([str(code), str(packages)])
    for handler in sorted((code / "handlers").rglob("*.py")):
        finder.run_script(str(handler))
    found = (getattr(module, "__file__", None) for module in finder.modules.values())
    return sorted(Path(file) for file in found if file and Path(file).is_relative_to(packages))


def _write_models(place: Path) -> None:
    from artifact import calls, models  # noqa: PLC0415 - botocore, which they import, was installed just now

    code = calls.Code.of(place)
    names = handlers(sources(place))
    models.write(place / "models", {call for name in names for call in code.calls(f"{name}.handler")})
    clients = {name: sorted(code.clients(f"{name}.handler")) for name in names}
    (place / "models/clients.json").write_text(json.dumps(clients), encoding="utf-8")


def _installed(kind: Path, requirements: Path) -> Path:
    """A directory with packages in it."""

    def install(place: Path) -> None:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile", "--only-binary", ":all:"]
        subprocess.run([*pip, "--target", str(place), "--requirement", str(requirements)], check=True)

    return made_once(kind, [requirements], install)
