"""Rules of the code: handlers, what they are handed, and what stands in their environment."""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import TYPE_CHECKING

from artifact.calls import Code
from artifact.modules import handlers
from golden_image.events import camel
from tests.template.rules.base import Project, drop, parsed, put, reword, rule
from tools import project as files
from tools.project import TRUNK

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_LINES = 30
_STOP = "handlers.golden_image_refresh.stop_source"
_SETTINGS = "golden_image.settings"
# What EventBridge sends has more in it than the handler takes.
_EVENTS_OF_AWS = {"sweep_runs"}


@lru_cache(maxsize=4)
def _code(sources: tuple[tuple[str, str], ...]) -> Code:
    return Code({name: parsed(source) for name, source in sources})


def code_of(project: Project) -> Code:
    return _code(tuple(project.code.items()))


def _own_name(module: str) -> str:
    """`stop_source` of a handler's module."""
    return module.rpartition(".")[2]


@rule(
    (drop("template", "Resources", "StopSourceFunction"), "stop_source"),
    (drop("code", _STOP), "stop_source"),
    (
        put("handlers.stop.handler", "template", "Resources", "StopSourceFunction", "Properties", "Handler"),
        "stop",
    ),
)
def every_handler_has_its_function_and_the_other_way_round(project: Project) -> list[str]:
    return sorted(set(handlers(project.code)) ^ set(files.functions(project.template).values()))


@rule(
    (
        put(
            "handlers.roll_out.drain_group.handler",
            "template",
            "Resources",
            "StopSourceFunction",
            "Properties",
            "Handler",
        ),
        "StopSourceFunction",
    )
)
def a_function_is_named_after_its_handler(project: Project) -> list[str]:
    return [
        name
        for name, module in files.functions(project.template).items()
        if name != "".join(word.capitalize() for word in _own_name(module).split("_")) + "Function"
    ]


@rule((put({"a"}, "events", "stop_everything"), "stop_everything"), (drop("events", "start_run"), "start"))
def every_handler_has_an_event_and_the_other_way_round(project: Project) -> list[str]:
    return sorted({_own_name(module) for module in handlers(project.code)} ^ set(project.events))


@rule((reword("code", _STOP, "\n\n\n", "\n" * 30), _STOP))
def a_handler_is_short(project: Project) -> list[str]:
    return [name for name in handlers(project.code) if len(project.code[name].splitlines()) > _MOST_LINES]


def _handler(source: str) -> ast.FunctionDef | None:
    """A step's handler, as its module defines it."""
    return next(
        (
            node
            for node in parsed(source).body
            if isinstance(node, ast.FunctionDef)
            and [ast.unparse(decorator) for decorator in node.decorator_list] == ["step"]
        ),
        None,
    )


def taken(handler: ast.FunctionDef) -> tuple[set[str], set[str]]:
    """The keys of an event that a handler's parameters stand for: all, and those that have to be there."""
    keys = [camel(parameter.arg) for parameter in handler.args.args]
    return set(keys), set(keys[: len(keys) - len(handler.args.defaults)])


@rule(
    (drop(TRUNK, "Check Image", "Arguments", "Payload", "limit"), "Check Image: limit"),
    (put(1, TRUNK, "Check Image", "Arguments", "Payload", "tags"), "Check Image: tags"),
    (
        reword("code", "handlers.golden_image_refresh.check_image", "limit: int", "longest: int"),
        "Check Image: longest",
    ),
)
def a_handler_is_handed_what_it_takes_and_nothing_else(project: Project) -> list[str]:
    modules = files.functions(project.template)
    found = []
    for task in project.lambda_tasks:
        handler = _handler(project.code[modules[task.target]])
        keys = taken(handler)[0] if handler else set()
        found += [f"{task.name}: {key}" for key in sorted(keys ^ set(task.payload))]
    return found


@rule(
    (put({"instance"}, "events", "check_image"), "check_image.json: instance"),
    (put({"input"}, "events", "start_scheduled_run"), "start_scheduled_run.json: scheduledTime"),
    (put({"id"}, "events", "sweep_runs"), "sweep_runs.json: detail"),
)
def the_event_of_a_handler_is_what_it_takes(project: Project) -> list[str]:
    found = []
    for module in handlers(project.code):
        name, handler = _own_name(module), _handler(project.code[module])
        if handler:
            keys, event = taken(handler)[0], project.events.get(name, set())
            wrong = keys - event if name in _EVENTS_OF_AWS else keys ^ event
            found += [f"{name}.json: {key}" for key in sorted(wrong)]
    return found


@rule(
    (drop("template", "Globals", "Function", "Environment", "Variables", "LEDGER_TABLE"), "LEDGER_TABLE"),
    (drop("template", "Resources", "StopRunFunction", "Properties", "Environment"), "STATE_MACHINE_ARN"),
)
def every_function_has_the_environment_that_its_code_reads(project: Project) -> list[str]:
    common = set(project.template["Globals"]["Function"]["Environment"]["Variables"])
    found = []
    for name, module in files.functions(project.template).items():
        own = project.resources[name]["Properties"].get("Environment", {}).get("Variables", {})
        read = code_of(project).environment(f"{module}.handler")
        found += [f"{name}: {variable}" for variable in sorted(read - common - set(own))]
    return found


def _reads_of_the_environment(tree: ast.Module) -> Iterator[str]:
    """What reads the environment past the settings, or takes the settings where no rule sees what of them."""
    followed = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        plain = isinstance(node, ast.Name | ast.Attribute) and ast.unparse(node) in {
            "os.environ",
            "os.getenv",
        }
        settings = isinstance(node, ast.Call) and ast.unparse(node) == "Settings.from_env()"
        if plain or (settings and id(node) not in followed):
            yield ast.unparse(node)


@rule(
    (reword("code", _STOP, "power.stop(instance_id)", "power.stop(os.environ['X'])"), "os.environ"),
    (reword("code", "golden_image.tags", "RUN = ", "NAME = os.getenv('X')\nRUN = "), "os.getenv"),
    (
        reword("code", "golden_image.tags", "Settings.from_env().stack_name", "str(Settings.from_env())"),
        "Settings.from_env()",
    ),
)
def the_environment_is_read_in_the_settings_alone(project: Project) -> list[str]:
    return [
        f"{name}: {read}"
        for name, source in project.code.items()
        if name != _SETTINGS
        for read in _reads_of_the_environment(parsed(source))
    ]
