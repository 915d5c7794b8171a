"""The product as `sam build` leaves it, made ready for a deployment into the sandbox."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sys
import zipfile
from pathlib import Path
from typing import Any

import yaml
from samtranslator.yaml_helper import yaml_parse

from sandbox.processes import Child, clean_environment

ROOT = Path(__file__).resolve().parent.parent
SAM = ROOT / ".tools/sam/bin/sam"
_CACHE = ROOT / ".sandbox/build"
_KEPT_BUILDS = 3
_SOURCES = ("template.yaml", "samconfig.toml", "functions", "statemachine")

# MiniStack's own worker for python3.13 reports every exception as Runtime.HandlerError, so that no Retry or
# Catch by name would match. For a custom runtime it wants this file; sandbox/ministack/nursery.py runs AWS's
# runtime client in the file's place.
_BOOTSTRAP = "#!/bin/sh\nexit 1\n"
_LOCAL_RUNTIME = "provided.al2023"


def sam_environment() -> dict[str, str]:
    """The environment of `sam`: no telemetry, and a python3.13 with pip first on PATH."""
    paths = [str(Path(sys.executable).parent), f"{sys.base_prefix}/bin", os.environ.get("PATH", "")]
    # Its own files are ~/.aws-sam otherwise; the sandbox leaves nothing outside the clone.
    own = _CACHE.parent / "sam"
    own.mkdir(parents=True, exist_ok=True)
    return clean_environment() | {
        "PATH": os.pathsep.join(paths),
        "SAM_CLI_TELEMETRY": "0",
        "__SAM_CLI_APP_DIR": str(own),
    }


def sam_build(log: Path) -> Path:
    """Run `sam build`, unless nothing has changed since one of the last builds.

    Returns the directory with `template.yaml` and one directory per function in it.

    Raises:
        ChildError: `sam build` failed.
    """
    return _build(log) / "sam"


def local_template(log: Path, root: Path = ROOT) -> Path:
    """The built template, changed only in what makes a function run on this machine.

    Args:
        log: gets what `sam build` says.
        root: the directory with template.yaml, functions/ and statemachine/.

    Raises:
        ChildError: `sam build` failed.
    """
    return _build(log, root) / "local.yaml"


def _build(log: Path, root: Path = ROOT) -> Path:
    _CACHE.mkdir(parents=True, exist_ok=True)
    target = _CACHE / _digest_of_sources(root)
    with (_CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (target / "local.yaml").exists():
            _run_sam_build(target, log, root)
            _localize(target)
            _forget_old_builds()
        os.utime(target)
    return target


def _run_sam_build(target: Path, log: Path, root: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    command = [str(SAM), "build", "--build-dir", str(target / "sam"), "--template-file", "template.yaml"]
    Child("sam build", command, log, sam_environment(), root).wait(300)


def _forget_old_builds() -> None:
    builds = sorted(
        (path for path in _CACHE.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime
    )
    for old in builds[:-_KEPT_BUILDS]:
        shutil.rmtree(old, ignore_errors=True)


def _files(directory: Path) -> list[Path]:
    return sorted(path for path in directory.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def _digest_of_sources(root: Path) -> str:
    """A hash of all that a build depends on, this module and the clone's place included."""
    digest = hashlib.sha256(sys.executable.encode() + Path(__file__).read_bytes())
    for source in (root / name for name in _SOURCES):
        for path in _files(source) if source.is_dir() else [source]:
            if path.is_file():
                digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _localize(target: Path) -> None:
    """Write `local.yaml` beside the build: provided.al2023, a bootstrap, and one archive per code."""
    template = yaml_parse((target / "sam/template.yaml").read_text())
    globals_ = template.get("Globals", {}).get("Function", {})
    if "Runtime" in globals_:
        globals_["Runtime"] = _LOCAL_RUNTIME
    for resource in template["Resources"].values():
        properties: dict[str, Any] = resource.get("Properties", {})
        if resource["Type"] == "AWS::Serverless::Function":
            properties["Runtime"] = _LOCAL_RUNTIME
            properties["CodeUri"] = str(_archive(target / "sam" / properties["CodeUri"], target))
        elif resource["Type"] == "AWS::Serverless::StateMachine" and "DefinitionUri" in properties:
            definition = (target / "sam" / properties["DefinitionUri"]).resolve()
            copy = target / definition.name
            shutil.copyfile(definition, copy)
            properties["DefinitionUri"] = str(copy)
    # `sam deploy` uploads what the metadata names. The place of a test is gone when its build is used again.
    published = template.get("Metadata", {}).get("AWS::ServerlessRepo::Application", {})
    for key in published.keys() & {"LicenseUrl", "ReadmeUrl"}:
        file = (target / "sam" / published[key]).resolve()
        published[key] = str(shutil.copyfile(file, target / file.name))
    (target / "local.yaml").write_text(yaml.safe_dump(template, sort_keys=False))


def _archive(code: Path, target: Path) -> Path:
    """One zip for functions that share their code, so that a deployment uploads it once."""
    files = _files(code)
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.relative_to(code)}\0".encode() + path.read_bytes())
    archive = target / f"{digest.hexdigest()[:16]}.zip"
    if not archive.exists():
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as zipped:
            for path in files:
                zipped.write(path, path.relative_to(code))
            bootstrap = zipfile.ZipInfo("bootstrap")
            bootstrap.external_attr = 0o755 << 16
            zipped.writestr(bootstrap, _BOOTSTRAP)
    return archive
