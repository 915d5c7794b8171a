"""Rules of imports: in which direction they go, and what of the product each handler loads."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from artifact.modules import handlers
from tests.template.rules.base import Project, parsed, put, reword, rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_STOP = "handlers.golden_image_refresh.stop_source"
_POWER = "golden_image.source.power"
# What of golden_image each handler loads, but for values (golden_image.model) and what all may load.
_ALL = {"aws", "error_codes", "errors", "events", "redaction", "settings", "step"}
_LOADED = {
    "api.answer_approval": "approval.answers approval.commands approval.rows run.changes run.made run.table",
    "api.approve_run": (
        "api.approvals api.body api.executions api.http api.runs approval.answers approval.rows run.changes "
        "run.children run.made run.table"
    ),
    "api.describe_run": (
        "api.approvals api.body api.executions api.http api.runs approval.answers approval.rows run.changes "
        "run.children run.made run.table"
    ),
    "api.get_openapi": "api.body api.executions api.http api.openapi api.runs run.children run.input_schema",
    "api.go_back": (
        "api.body api.executions api.http api.runs api.start names run.children run.input_schema run.request "
        "run.starter run.table"
    ),
    "api.list_generations": (
        "api.body api.executions api.generations api.http api.runs generation.adoption generation.choice "
        "generation.store group.group group.interfaces group.options group.version_data group.visibility "
        "image.lookup names run.changes run.children run.made run.table tags"
    ),
    "api.list_runs": "api.body api.executions api.http api.runs run.children",
    "api.reject_run": (
        "api.approvals api.body api.executions api.http api.runs approval.answers approval.rows run.changes "
        "run.children run.made run.table"
    ),
    "api.start_run": (
        "api.body api.executions api.http api.runs api.start names run.children run.input_schema run.request "
        "run.starter run.table"
    ),
    "api.start_scheduled_run": (
        "api.executions api.runs api.start names run.children run.input_schema run.request run.starter "
        "run.table"
    ),
    "api.stop_run": "api.body api.executions api.http api.runs run.children",
    "golden_image_refresh.check_image": "image.checks image.lookup image.owned names polling tags",
    "golden_image_refresh.check_snapshots": (
        "image.lookup image.owned image.snapshots names polling run.made run.table tags"
    ),
    "golden_image_refresh.check_source_returned": (
        "image.lookup polling run.ledger run.made run.owed run.table source.facts source.power source.returns"
    ),
    "golden_image_refresh.check_source_stopped": "image.lookup polling source.facts source.power",
    "golden_image_refresh.commit_refresh": (
        "generation.adoption generation.commit generation.store image.lookup names run.changes run.made "
        "run.planned run.starter run.table tags"
    ),
    "golden_image_refresh.configure_auto_scaling_group": (
        "group.group group.interfaces group.options group.version_data group.visibility run.changes run.made "
        "run.table tags"
    ),
    "golden_image_refresh.create_auto_scaling_group": (
        "group.group group.interfaces group.options group.version_data group.visibility run.changes run.made "
        "run.table tags"
    ),
    "golden_image_refresh.create_image": (
        "image.lookup image.owned image.registration names run.made run.table tags"
    ),
    "golden_image_refresh.create_launch_template": (
        "group.dry_run group.group group.interfaces group.launch_template group.neighbours group.options "
        "group.proof group.version_data group.visibility names run.changes run.made run.table tags"
    ),
    "golden_image_refresh.create_snapshots": (
        "image.lookup image.owned image.snapshots names polling run.made run.table tags"
    ),
    "golden_image_refresh.lock_group": "run.ledger run.made run.planned run.table",
    "golden_image_refresh.look_at_source": (
        "image.lookup polling run.ledger run.made run.owed run.table source.facts source.power source.returns"
    ),
    "golden_image_refresh.pin_group": (
        "group.group group.interfaces group.mixed group.neighbours group.options group.pinning "
        "group.version_data group.visibility run.changes run.made run.rolls run.table tags"
    ),
    "golden_image_refresh.plan_refresh": (
        "generation.adoption generation.choice generation.launch generation.proof generation.store "
        "generation.way_back group.dry_run group.findings group.from_source group.group group.instance_types "
        "group.interfaces group.launch_template group.launchable group.mixed group.neighbours group.network "
        "group.options group.pinning group.placement group.references group.refreshes group.target_groups "
        "group.template_plan group.trial group.version_data group.version_differences group.visibility "
        "group.volumes image.lookup image.owned image.registration names prove_image.look_up roll_out.alarms "
        "roll_out.cautions roll_out.duration roll_out.refusals roll_out.warnings run.changes "
        "run.input_schema run.ledger run.made run.owed run.plan run.plan_digest run.request run.rolls "
        "run.table run_document.documents "
        "run_document.managed source.facts source.key_policy source.key_users source.keys source.preparation "
        "source.refusals tags"
    ),
    "golden_image_refresh.prove_generation": (
        "generation.launch group.dry_run group.interfaces group.version_data tags"
    ),
    "golden_image_refresh.register_image": (
        "image.lookup image.owned image.registration names run.made run.table tags"
    ),
    "golden_image_refresh.request_approval": (
        "approval.difference approval.request approval.rows group.group group.interfaces group.neighbours "
        "group.options group.version_data group.version_differences group.visibility names run.changes "
        "run.ledger run.made run.planned run.table tags"
    ),
    "golden_image_refresh.return_source": "image.lookup polling source.facts source.power",
    "golden_image_refresh.stop_source": "image.lookup polling source.facts source.power",
    "golden_image_refresh.unlock_group": "run.ledger run.made run.table",
    "golden_image_refresh.update_auto_scaling_group": (
        "group.group group.group_update group.interfaces group.members group.mixed group.options "
        "group.refreshes group.target_groups group.version_data group.visibility roll_out.refusals "
        "run.changes run.made run.rolls run.table tags"
    ),
    "golden_image_refresh.verify_image": (
        "image.likeness image.lookup image.owned image.snapshots names polling run.made run.table tags"
    ),
    "prove_image.check_canary": (
        "image.lookup polling prove_image.checks prove_image.found run.made run.table run_document.output "
        "source.facts tags"
    ),
    "prove_image.end_canary": (
        "polling prove_image.ending prove_image.found run.changes run.made run.table tags"
    ),
    "prove_image.launch_canary": (
        "group.dry_run group.interfaces group.version_data group.visibility prove_image.canary "
        "prove_image.found run.changes run.made run.table tags"
    ),
    "roll_out.check_capacity": (
        "group.group group.interfaces group.options group.target_groups group.version_data group.visibility "
        "polling roll_out.capacity roll_out.targets roll_out.warnings run.changes run.made run.table tags"
    ),
    "roll_out.check_group_drained": (
        "group.group group.interfaces group.members group.mixed group.options group.refreshes "
        "group.target_groups group.version_data group.visibility polling roll_out.drain roll_out.refusals "
        "roll_out.warnings run.changes run.made run.table tags"
    ),
    "roll_out.check_instance_refresh": (
        "group.group group.interfaces group.members group.options group.refreshes group.target_groups "
        "group.version_data group.visibility polling roll_out.capacity roll_out.refresh_check "
        "roll_out.targets roll_out.warnings run.changes run.made run.table tags"
    ),
    "roll_out.drain_group": (
        "group.group group.interfaces group.members group.mixed group.options group.refreshes "
        "group.target_groups group.version_data group.visibility polling roll_out.drain roll_out.refusals "
        "roll_out.warnings run.changes run.made run.table tags"
    ),
    "roll_out.read_sizes": (
        "group.group group.interfaces group.options group.version_data group.visibility run.changes run.made "
        "run.table tags"
    ),
    "roll_out.restore_capacity": (
        "group.group group.interfaces group.options group.target_groups group.version_data group.visibility "
        "polling roll_out.capacity roll_out.targets roll_out.warnings run.changes run.made run.table tags"
    ),
    "roll_out.start_instance_refresh": (
        "group.group group.interfaces group.members group.mixed group.neighbours group.options group.pinning "
        "group.refreshes group.target_groups group.version_data group.visibility roll_out.preferences "
        "roll_out.refresh roll_out.refusals run.changes run.made run.rolls run.table tags"
    ),
    "roll_out.update_settings": (
        "group.group group.group_update group.interfaces group.members group.mixed group.options "
        "group.refreshes group.target_groups group.version_data group.visibility roll_out.refusals "
        "run.changes run.made run.rolls run.table tags"
    ),
    "run_document.check_command": (
        "image.lookup polling run.changes run.made run.table run_document.commands run_document.output "
        "run_document.sent source.facts tags"
    ),
    "run_document.send_command": (
        "image.lookup polling run.changes run.made run.table run_document.commands run_document.output "
        "run_document.sent source.facts tags"
    ),
    "undo.begin_undo": "run.children run.ledger run.made run.table undo.begin",
    "undo.roll_back": (
        "group.given_back group.giving_back group.group group.group_removal group.interfaces "
        "group.launch_template group.launchable group.members group.mixed group.neighbours group.network "
        "group.options group.placement group.refreshes group.template_removal group.version_back "
        "group.version_data group.visibility group.volumes image.lookup image.owned image.removal "
        "image.snapshots names polling prove_image.ending prove_image.found roll_out.preferences run.changes "
        "run.ledger run.made run.owed run.planned run.table run_document.sent source.facts source.power "
        "source.returns tags undo.instances undo.rolling_back undo.undo"
    ),
    "undo.sweep_runs": (
        "generation.adoption generation.commit generation.store image.lookup image.owned metrics.emf "
        "metrics.ends metrics.history metrics.kept names polling run.changes run.children run.ledger "
        "run.made run.owed run.planned run.starter run.table source.facts source.power tags undo.removal "
        "undo.sources undo.sweeper"
    ),
}
_SCHEMA = "run.input_schema"
# The plan, and those who start runs or describe how that is done.
_READ_THE_SCHEMA = {
    "api.get_openapi",
    "api.go_back",
    "api.start_run",
    "api.start_scheduled_run",
    "golden_image_refresh.plan_refresh",
}


def _imported(project: Project, module: str, typing: bool = False) -> set[str]:
    """What a module imports when it is loaded: modules of the product, packages of others.

    Args:
        typing: what it imports for type checkers alone, too.
    """
    found = set()
    for node in _nodes(parsed(project.code[module]), typing):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            names = {alias.name: f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in project.code else node.module for name in names.values()}
    return found


def _nodes(tree: ast.AST, typing: bool) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        yield node
        if typing or not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            yield from _nodes(node, typing)


def loaded(project: Project, module: str) -> set[str]:
    """The modules of the product that an import of this one loads, but for packages."""
    found: set[str] = set()
    left = _imported(project, module) & project.code.keys()
    while left:
        found |= left
        left = {n for name in left for n in _imported(project, name)} & project.code.keys() - found
    return found


def _also(module: str, line: str) -> Callable[[Project], None]:
    """A change: one more import in a module."""

    def change(mutant: Project) -> None:
        mutant.code[module] += f"\n{line}\n"

    return change


@rule(
    (_also(_STOP, "import boto3"), "boto3"),
    (_also(_STOP, "import handlers.x"), "handlers"),
    (_also(_POWER, "import boto3"), "boto3"),
    (_also(_POWER, "from handlers import undo"), "handlers"),
    (_also("golden_image.model.plan", "from golden_image import aws"), "golden_image.model"),
)
def imports_go_from_handlers_to_the_domain_to_the_clients(project: Project) -> list[str]:
    """And from all of them to the values, which import nothing that acts."""
    found = []
    for name in project.code:
        banned = {"handlers"} | ({"boto3"} if name != "golden_image.aws" else set())
        banned |= {"botocore"} if name.startswith("handlers.") else set()
        for imported in sorted(_imported(project, name, typing=True)):
            acts = name.startswith("golden_image.model.") and imported.startswith("golden_image")
            if imported.split(".")[0] in banned or (acts and not imported.startswith("golden_image.model.")):
                found.append(f"{name} imports {imported}")
    return found


def _own(project: Project, handler: str) -> set[str]:
    """What a handler loads of golden_image, but for values and what all may load."""
    names = {name.removeprefix("golden_image.") for name in loaded(project, handler)}
    return {name for name in names if not name.startswith("model.")} - _ALL


@rule(
    (_also(_POWER, "from golden_image.run import ledger"), "stop_source: run.ledger"),
    (reword("code", _STOP, "from golden_image.source import power", ""), "stop_source: source.power"),
    (put("", "code", "handlers.undo.sweep_everything"), "sweep_everything"),
)
def a_handler_loads_what_it_needs(project: Project) -> list[str]:
    found = []
    for handler in handlers(project.code):
        name = handler.removeprefix("handlers.")
        if name not in _LOADED:
            found.append(f"{name}: add an entry of _LOADED in tests/template/rules/imports.py")
            continue
        found += [
            f"{name}: {module}" for module in sorted(_own(project, handler) ^ set(_LOADED[name].split()))
        ]
    return found


@rule((_also("golden_image.run.ledger", "from golden_image.run import request"), "unlock_group"))
def none_but_the_plan_and_the_start_of_a_run_load_the_schema(project: Project) -> list[str]:
    reading = {name for name in _LOADED if _SCHEMA in _own(project, f"handlers.{name}")}
    return sorted(reading ^ _READ_THE_SCHEMA)
