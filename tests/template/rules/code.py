"""Rules of the code: handlers, what they are handed and import, and what stands in their environment."""

from __future__ import annotations

import ast
from functools import lru_cache

from artifact.calls import Code
from tests.template.rules.base import Project, drop, parsed, put, reword, rule
from tools import project as files

_PREFIX = "handlers."
_MOST_LINES = 30


@lru_cache(maxsize=4)
def _code(sources: tuple[tuple[str, str], ...]) -> Code:
    return Code({name: parsed(source) for name, source in sources})


def code_of(project: Project) -> Code:
    return _code(tuple(project.code.items()))


def handlers(project: Project) -> set[str]:
    """The handler modules that exist, without the package's own."""
    modules = {name.removeprefix(_PREFIX) for name in project.code if name.startswith(_PREFIX)}
    return modules - {"__init__"}


def _imports(source: str) -> set[str]:
    """The packages that a module imports, first parts only."""
    nodes = list(ast.walk(parsed(source)))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    named = {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    return {name.split(".")[0] for name in plain | named}


@rule(
    (drop("template", "Resources", "StopSourceFunction"), "stop_source"),
    (drop("code", "handlers.stop_source"), "stop_source"),
    (
        put("handlers.stop.handler", "template", "Resources", "StopSourceFunction", "Properties", "Handler"),
        "stop",
    ),
)
def every_handler_has_its_function_and_the_other_way_round(project: Project) -> list[str]:
    return sorted(handlers(project) ^ set(files.functions(project.template).values()))


@rule(
    (
        put(
            "handlers.drain_group.handler",
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
        if name != "".join(word.capitalize() for word in module.split("_")) + "Function"
    ]


@rule(
    (put({"a"}, "events", "stop_everything"), "stop_everything"), (drop("events", "start_refresh"), "start")
)
def every_handler_has_an_event_and_the_other_way_round(project: Project) -> list[str]:
    return sorted(handlers(project) ^ set(project.events))


@rule((reword("code", "handlers.stop_source", "\n\n\n", "\n" * 30), "handlers.stop_source"))
def a_handler_is_short(project: Project) -> list[str]:
    return [
        name
        for name, source in project.code.items()
        if name.startswith(_PREFIX) and len(source.splitlines()) > _MOST_LINES
    ]


@rule(
    (reword("code", "handlers.stop_source", "from golden_image import source", "import boto3"), "boto3"),
    (
        reword("code", "handlers.stop_source", "from golden_image import source", "import handlers.x"),
        "handlers",
    ),
    (
        reword("code", "golden_image.source", "import annotations", "import annotations\nimport boto3"),
        "boto3",
    ),
    (reword("code", "golden_image.source", "from golden_image import", "from handlers import"), "handlers"),
)
def imports_go_from_handlers_to_the_domain_to_the_clients(project: Project) -> list[str]:
    found = []
    for name, source in project.code.items():
        banned = {"handlers"} | ({"boto3"} if name != "golden_image.aws" else set())
        banned |= {"botocore"} if name.startswith(_PREFIX) else set()
        found += [f"{name} imports {package}" for package in sorted(_imports(source) & banned)]
    return found


def _event_keys(source: str) -> set[str]:
    """What a handler takes out of its event."""
    return {
        ast.literal_eval(node.slice)
        for node in ast.walk(parsed(source))
        if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "event"
    }


@rule(
    (drop("definition", "States", "Check Image", "Arguments", "Payload", "limit"), "Check Image: limit"),
    (put(1, "definition", "States", "Check Image", "Arguments", "Payload", "tags"), "Check Image: tags"),
    (put({"instance"}, "events", "check_image"), "check_image.json: instance"),
)
def a_handler_is_handed_what_it_takes_and_nothing_else(project: Project) -> list[str]:
    modules = files.functions(project.template)
    found = []
    for name, state in project.lambda_tasks.items():
        function = state["Arguments"]["FunctionName"].removeprefix("${").removesuffix("Arn}")
        taken = _event_keys(project.code[_PREFIX + modules[function]])
        found += [f"{name}: {key}" for key in sorted(taken ^ set(state["Arguments"]["Payload"]))]
        event = project.events.get(modules[function], taken)
        found += [f"{modules[function]}.json: {key}" for key in sorted(taken ^ event)]
    return found


@rule(
    (drop("template", "Globals", "Function", "Environment", "Variables", "LEDGER_TABLE"), "LEDGER_TABLE"),
    (drop("template", "Resources", "StopRefreshFunction", "Properties", "Environment"), "STATE_MACHINE_ARN"),
)
def every_function_has_the_environment_that_its_code_reads(project: Project) -> list[str]:
    common = set(project.template["Globals"]["Function"]["Environment"]["Variables"])
    found = []
    for name, module in files.functions(project.template).items():
        own = project.resources[name]["Properties"].get("Environment", {}).get("Variables", {})
        read = code_of(project).environment(f"{_PREFIX}{module}.handler")
        found += [f"{name}: {variable}" for variable in sorted(read - common - set(own))]
    return found
