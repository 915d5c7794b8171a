"""Rules of the errors: the names in the definition, in errors.py, and where they are raised."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from tests.template.rules.base import Project, add, drop, parsed, put, reword, rule
from tests.template.rules.states import LAMBDA_FAULTS
from tools.project import TRUNK

if TYPE_CHECKING:
    from collections.abc import Iterator

_ERRORS, _CODES = "golden_image.errors", "golden_image.error_codes"
# Names that AWS gives to what Lambda and Step Functions themselves meet.
_AWS = LAMBDA_FAULTS | {
    "Lambda.Unknown",
    "Runtime.ExitError",
    "Sandbox.Timedout",
    "States.ALL",
    "States.TaskFailed",
    "States.Timeout",
    "StepFunctions.AWSStepFunctionsException",
    "StepFunctions.ExecutionLimitExceededException",
    "StepFunctions.SdkClientException",
}
# The base of what errors.py says is worth another try by the workflow.
_RETRIED = "TryAgain"
_ABSTRACT = {"GoldenImageError", "CallerError", _RETRIED}
_SNAPSHOTS = "golden_image.image.snapshots"
_RETRIER = (TRUNK, "Create Snapshots", "Retry", 2, "ErrorEquals")


def _declared(project: Project) -> dict[str, set[str]]:
    """The named errors with their bases."""
    classes = [n for n in parsed(project.code[_ERRORS]).body if isinstance(n, ast.ClassDef)]
    bases = {c.name: {ast.unparse(base) for base in c.bases} for c in classes}
    return {name: found for name, found in bases.items() if found & ({"Exception"} | _ABSTRACT)}


def retried(project: Project) -> set[str]:
    """What errors.py says is worth another try by the workflow."""
    return {name for name, bases in _declared(project).items() if _RETRIED in bases}


def _trees(project: Project) -> Iterator[tuple[str, ast.Module]]:
    return ((name, parsed(source)) for name, source in project.code.items())


@rule(
    (add("SnapshotIsLate", *_RETRIER), "SnapshotIsLate"),
    (reword("code", _ERRORS, "class ResourceBusy", "class ResourceInUse"), "ResourceBusy"),
)
def every_error_in_the_definition_exists(project: Project) -> list[str]:
    ways = [way for state in project.states for key in ("Retry", "Catch") for way in state.own.get(key, [])]
    named = {error for way in ways for error in way["ErrorEquals"]}
    return sorted(named - _AWS - set(_declared(project)))


@rule(
    (drop(*_RETRIER, 0), "Create Snapshots: RequestThrottled"),
    (add("ImageFailed", *_RETRIER), "Create Snapshots: ImageFailed"),
    (
        add("SnapshotFailed", TRUNK, "Check Snapshots", "Retry", 1, "ErrorEquals"),
        "SnapshotFailed",
    ),
    (reword("code", _ERRORS, "ResourceBusy(TryAgain)", "ResourceBusy(GoldenImageError)"), "ResourceBusy"),
    (reword("code", _ERRORS, "ImageFailed(GoldenImageError)", "ImageFailed(TryAgain)"), "ImageFailed"),
)
def what_may_pass_is_retried_and_nothing_that_is_final(project: Project) -> list[str]:
    found = []
    for task in project.lambda_tasks:
        named = {error for retrier in task.own.get("Retry", []) for error in retrier["ErrorEquals"]} - _AWS
        found += [f"{task.name}: {error}" for error in sorted(named ^ retried(project))]
    return found


def _unnamed(mutant: Project) -> None:
    """A change: no definition names the error that none of the code raises."""
    texts = mutant.definition_texts
    mutant.definition_texts = {name: texts[name].replace('"ApprovalTimedOut"', '"TooLate"') for name in texts}


@rule(
    (
        reword(
            "code", _ERRORS, "class ImageFailed", "class ImageLost(GoldenImageError): ...\nclass ImageFailed"
        ),
        "ImageLost",
    ),
    (
        _unnamed,
        "ApprovalTimedOut",
    ),
)
def every_named_error_is_raised_somewhere(project: Project) -> list[str]:
    """Made somewhere outside errors.py, that is: some are handed to the function that raises them.

    Those for AWS's codes are named in a table, and raised by what it says; a definition may name one itself.
    """
    named = {
        name for text in project.definition_texts.values() for name in re.findall(r'"Error": "(\w+)"', text)
    }
    made = {
        node.func.id
        for module, tree in _trees(project)
        for node in ast.walk(tree)
        if module != _ERRORS and isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    in_table = {node.id for node in ast.walk(parsed(project.code[_CODES])) if isinstance(node, ast.Name)}
    return sorted(set(_declared(project)) - made - in_table - named - _ABSTRACT)


@rule(
    (
        reword("code", _SNAPSHOTS, "raise SnapshotFailed", "raise ValueError"),
        "ValueError",
    ),
    (
        reword("code", _SNAPSHOTS, "raise SnapshotFailed", "raise GoldenImageError"),
        "GoldenImage",
    ),
)
def only_named_errors_are_raised(project: Project) -> list[str]:
    """Or what a name in lower case holds: an error that was caught, or that the caller has chosen."""
    allowed = set(_declared(project)) - _ABSTRACT
    found = []
    for module, tree in _trees(project):
        for node in ast.walk(tree):
            if isinstance(node, ast.Raise) and node.exc:
                kind = ast.unparse(node.exc.func if isinstance(node.exc, ast.Call) else node.exc)
                if not kind.islower() and kind not in allowed:
                    found.append(f"{module}: {kind}")
    return found


@rule((put("def handler(event): assert event", "code", "handlers.x"), "handlers.x"))
def nothing_is_asserted_where_it_runs(project: Project) -> list[str]:
    """An AssertionError has no name that anybody could match."""
    return [m for m, tree in _trees(project) if any(isinstance(n, ast.Assert) for n in ast.walk(tree))]
