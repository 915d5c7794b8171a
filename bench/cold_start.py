"""Cold starts: each handler of the built artifact, beside a handler in the common style and an empty one.

Every start is that of a new process under AWS's emulator, with Lambda's own packages beside the code, which
is unpacked from a zip. Each round starts everything once, so that what else the machine does meets all alike;
the figures are medians of the rounds. The one invocation goes to the sandbox's EC2 world, where nothing is:
it ends in an error, and what it is measured for is memory.

INIT is what Lambda calls the time until a function is ready. Its processor time is that above the empty
handler's, which Python and the runtime client take for everyone.
"""

from __future__ import annotations

import compileall
import json
import os
import shutil
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import botocore

from bench.figures import Figure
from ec2world.server import serve
from sandbox import rie
from sandbox.build import ROOT, SAM, sam_build, sam_environment
from sandbox.processes import Child
from tools import project

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS = 15
_HERE = Path(__file__).parent
_MEGABYTE = 1_000_000
# The event, the conventional handler and the levers are those of this step.
_STEP = "stop_source"
_CONVENTIONAL, _EMPTY = "conventional", "empty"


@dataclass(frozen=True)
class Function:
    """A function to start: an unpacked directory, a handler in it, and the event of its one invocation."""

    code: Path
    handler: str
    event: Path


@dataclass(frozen=True)
class Start:
    """One cold start: INIT's seconds of processor and milliseconds by the emulator, and the peak in bytes."""

    cpu_seconds: float
    milliseconds: float
    peak: int


def measure() -> Iterator[Figure]:
    """INIT, memory and size of each handler, and what each of the build's levers gives."""
    with tempfile.TemporaryDirectory(dir=_scratch()) as scratch, _world() as environment:
        place = Path(scratch)
        artifact, conventional = sam_build(place / "build.log"), _conventional_build(place)
        ours = rie.unpacked(artifact / f"{_function_of(_STEP)}", _new(place / "ours"))
        theirs = rie.unpacked(conventional, _new(place / _CONVENTIONAL))
        yield from _sizes(ours, theirs)
        functions = {name: _of(ours, name) for name in _handlers()}
        functions |= {f"without {lever}": _of(code, _STEP) for lever, code in _levers(ours, place).items()}
        functions[_CONVENTIONAL] = Function(theirs, "app.handler", _event(_STEP))
        functions[_EMPTY] = Function(_HERE / "empty", "app.handler", _event(_STEP))
        yield from _figures(_starts(functions, place, environment))


def _figures(starts: dict[str, list[Start]]) -> Iterator[Figure]:
    cpu = {name: 1000 * median(start.cpu_seconds for start in each) for name, each in starts.items()}
    above = {name: milliseconds - cpu[_EMPTY] for name, milliseconds in cpu.items()}
    duration = {name: median(start.milliseconds for start in each) for name, each in starts.items()}
    peak = {name: median(start.peak for start in each) / _MEGABYTE for name, each in starts.items()}
    steps = _steps()
    for name in _handlers():
        cpu_bar, peak_bar = (0.30, 0.7) if name in steps else (None, None)
        yield Figure(f"cold_start/init_cpu/{name}", above[name], above[_CONVENTIONAL], "ms", cpu_bar)
        yield Figure(f"cold_start/init_duration/{name}", duration[name], duration[_CONVENTIONAL], "ms")
        yield Figure(f"cold_start/peak_rss/{name}", peak[name], peak[_CONVENTIONAL], "MB", peak_bar)
    yield Figure("cold_start/init_cpu/the empty one, in whole", cpu[_EMPTY], cpu[_CONVENTIONAL], "ms")
    yield Figure("cold_start/init_duration/the empty one", duration[_EMPTY], duration[_CONVENTIONAL], "ms")
    yield Figure("cold_start/peak_rss/the empty one", peak[_EMPTY], peak[_CONVENTIONAL], "MB")
    for name in starts:
        if name.startswith("without "):
            yield Figure(f"cold_start/lever/{name}", above[_STEP], above[name], "ms")


def _sizes(ours: Path, theirs: Path) -> Iterator[Figure]:
    size, conventional = (_bytes(code) / _MEGABYTE for code in (ours, theirs))
    yield Figure("cold_start/artifact", size, None, "MB", 6.0)
    yield Figure("cold_start/artifact beside the conventional one", size, conventional, "MB")


def _starts(
    functions: dict[str, Function], place: Path, environment: dict[str, str]
) -> dict[str, list[Start]]:
    packages = rie.lambda_packages(_new(place / "packages"))
    for package in packages.iterdir():  # Lambda's own are compiled
        compileall.compile_dir(package.resolve(), quiet=2)
    starts: dict[str, list[Start]] = {name: [] for name in functions}
    for number in range(ROUNDS):
        print(f"cold starts: round {number + 1} of {ROUNDS}", file=sys.stderr)
        for name, function in functions.items():
            starts[name].append(start(function, packages, place / "figures", environment))
    return starts


def start(function: Function, packages: Path, figures: Path, environment: dict[str, str]) -> Start:
    """One start, beside Lambda's own `packages`; `figures` is a file that is not there.

    Raises:
        RuntimeError: it came to no answer.
    """
    # -B: a user who may write everywhere would compile on the first start what Lambda compiles on each one.
    runtime = [sys.executable, "-S", "-B", str(_HERE / "probe.py"), str(packages), str(figures)]
    event = json.loads(function.event.read_text(encoding="utf-8"))
    invocation = rie.invoke(function.code, function.handler, event, environment, runtime=runtime)
    try:
        seconds, kilobytes = figures.read_text(encoding="ascii").split()
    except FileNotFoundError:
        raise RuntimeError(f"{function.handler} gave no answer:\n{invocation.log}") from None
    figures.unlink()
    return Start(float(seconds), invocation.init_milliseconds, int(kilobytes) * 1024)


def _levers(artifact: Path, place: Path) -> dict[str, Path]:
    """The artifact without each of the things that the build does for a cold start, and without both."""
    sources = shutil.copytree(artifact, place / "sources", ignore=shutil.ignore_patterns("__pycache__"))
    whole_models, neither = (
        _with_whole_models(shutil.copytree(code, place / name))
        for name, code in (("models", artifact), ("neither", sources))
    )
    return {"compiled modules": sources, "trimmed models": whole_models, "both": neither}


def _with_whole_models(code: Path) -> Path:
    """The code with all of botocore's data in the place of what the build makes of it."""
    data = Path(botocore.__file__).parent / "data"
    models = code / "models"
    models.chmod(0o755)
    for path in models.iterdir():
        if path.name != "clients.json":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in data.iterdir():
        (models / path.name).symlink_to(path)
    return code


def _conventional_build(place: Path) -> Path:
    built = _scratch() / _CONVENTIONAL
    command = [
        str(SAM),
        "build",
        "--build-dir",
        str(built),
    ]
    command += ["--template-file", str(_HERE / _CONVENTIONAL / "template.yaml")]
    Child("sam build", command, place / "sam.log", sam_environment(), _HERE / _CONVENTIONAL).wait(300)
    return built / "StopSourceFunction"


@contextmanager
def _world() -> Iterator[dict[str, str]]:
    """A world with nothing in it, as the functions' environment."""
    os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
    server = serve()
    variables = dict.fromkeys(("STACK_NAME", "LEDGER_TABLE", "POWERTOOLS_SERVICE_NAME"), "bench")
    machine = "arn:aws:states:us-east-1:123456789012:stateMachine:bench"
    try:
        yield variables | {"AWS_ENDPOINT_URL": server.url, "STATE_MACHINE_ARN": machine}
    finally:
        server.shutdown()
        server.server_close()


def _handlers() -> dict[str, str]:
    """The module of each handler, by its own name (`stop_source`)."""
    modules = sorted(project.functions(project.template()).values())
    return {module.rpartition(".")[2]: module for module in modules}


def _steps() -> set[str]:
    """The handlers that states call."""
    template = project.template()
    machines = [template["Resources"][project.machine(name)]["Properties"] for name in project.DEFINITIONS]
    called = {name for machine in machines for name in machine["DefinitionSubstitutions"]}
    modules = project.functions(template)
    return {module.rpartition(".")[2] for name, module in modules.items() if f"{name}Arn" in called}


def _function_of(handler: str) -> str:
    modules = project.functions(project.template())
    return next(name for name, module in modules.items() if module == _handlers()[handler])


def _of(code: Path, name: str) -> Function:
    return Function(code, f"{_handlers()[name]}.handler", _event(name))


def _event(name: str) -> Path:
    return ROOT / f"events/{name}.json"


def _bytes(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())


def _scratch() -> Path:
    return _new(ROOT / ".sandbox/bench")


def _new(directory: Path) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    return directory
