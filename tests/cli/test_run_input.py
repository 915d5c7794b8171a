"""The fields of a run's input as options of the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import typer
from typer.exceptions import TyperException
from typer.main import get_group

from golden_image_cli import run_input
from golden_image_cli.problems import Problem
from sandbox.build import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SOURCE = "i-0123456789abcdef0"


def made(
    *options: str, source: str | None = SOURCE, group: str | None = "web", file: Path | None = None
) -> Any:
    """The input that a call with these options asks for."""
    app, found = typer.Typer(rich_markup_mode=None), []

    @app.callback()
    def group_of_verbs() -> None: ...

    @app.command("try", cls=run_input.WithFields)
    def verb(context: typer.Context) -> None:
        found.append(run_input.made(context, source, group, file))

    get_group(app).main(["try", *options], standalone_mode=False)
    return found[0]


def test_a_source_and_a_group_are_an_input() -> None:
    assert made() == {"sourceInstanceId": SOURCE, "autoScalingGroupName": "web"}


@pytest.mark.parametrize(
    ("option", "text", "value"),
    [
        ("rollout", "rolling", "rolling"),
        ("restartSource", "false", False),
        ("group.minSize", "3", 3),
        ("group.targetCpuUtilization", "37.5", 37.5),
        ("group.targetCpuUtilization", "null", None),
        ("group.subnetIds", "subnet-01234567,subnet-89abcdef", ["subnet-01234567", "subnet-89abcdef"]),
        ("rolling.checkpointPercentages", "50,100", [50, 100]),
        ("rolling.checkpointPercentages", "[50, 100]", [50, 100]),
        ("rolling.alarms", "errors", ["errors"]),
        ("image.tags", '{"Role": "web, api"}', {"Role": "web, api"}),
        ("canary", "true", True),
        ("canary.document", "AWS-RunShellScript", "AWS-RunShellScript"),
        ("launchTemplate.metadataOptions.httpTokens", "null", None),
        ("launchTemplate.placement", "null", None),
        ("image.description", "the 5th, [final]", "the 5th, [final]"),
    ],
)
def test_an_option_is_the_field_of_its_name(option: str, text: str, value: Any) -> None:
    found = made(f"--{option}", text)

    for name in option.split("."):
        found = found[name]
    assert found == value


@pytest.mark.parametrize(
    ("option", "text", "told"),
    [
        ("rollout", "roling", "drain: terminate all"),
        ("group.minSize", "three", "takes integer"),
        ("group.minSize", "true", "takes integer"),
        ("group.minSize", "-1", "-1"),
        ("restartSource", "no", "takes boolean"),
        ("group.subnetIds", "subnet-1", "'subnet-1'"),
        ("rolling.checkpointPercentages", "0,100", "0"),
        ("launchTemplate.placement", "{}", "takes null"),
    ],
)
def test_a_value_that_a_field_does_not_take_is_refused_before_a_run_is_started(
    option: str, text: str, told: str
) -> None:
    with pytest.raises(TyperException) as wrong:
        made(f"--{option}", text)

    assert f"--{option}" in wrong.value.format_message()
    assert told in wrong.value.format_message()


def test_a_secret_value_is_not_repeated() -> None:
    with pytest.raises(TyperException) as wrong:
        made("--image.tags", '["hunter2"]')

    assert "hunter2" not in wrong.value.format_message()


def test_a_misspelt_field_is_refused_with_the_one_that_was_meant() -> None:
    with pytest.raises(TyperException) as wrong:
        made("--group.minsize", "3")

    assert "--group.minSize" in wrong.value.format_message()


def test_a_source_that_is_no_instance_id_is_refused() -> None:
    with pytest.raises(TyperException, match="web-1"):
        made(source="web-1")


def test_what_the_call_states_goes_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "input.json"
    file.write_text(json.dumps({"autoScalingGroupName": "api", "group": {"minSize": 1, "maxSize": 6}}))

    found = made("--group.minSize", "3", source=SOURCE, group=None, file=file)

    assert found == {
        "sourceInstanceId": SOURCE,
        "autoScalingGroupName": "api",
        "group": {"minSize": 3, "maxSize": 6},
    }


def test_a_call_without_a_source_is_told_what_to_say() -> None:
    with pytest.raises(Problem, match="SOURCE GROUP"):
        made(source=None)


@pytest.mark.parametrize("text", [None, "{", "[]"])
def test_a_file_that_is_no_input_is_named(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "input.json"
    if text is not None:
        file.write_text(text)

    with pytest.raises(Problem, match=r"input\.json"):
        made(file=file)


def test_every_field_that_an_input_may_have_is_an_option(capsys: pytest.CaptureFixture[str]) -> None:
    made_by_help = _helped(capsys)

    missing = [path for path in _paths(run_input.schema()) if f"--{path} " not in made_by_help]
    assert missing == ["sourceInstanceId", "autoScalingGroupName", "goBackTo", "dryRun"]


def _helped(capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(IndexError):  # help runs no verb
        made("--help")
    return " ".join(capsys.readouterr().out.split())


def _paths(part: dict[str, Any], prefix: str = "") -> Iterator[str]:
    for name, field in part["properties"].items():
        if field.get("type") != "object":
            yield f"{prefix}{name}"
        if "properties" in field:
            yield from _paths(field, f"{prefix}{name}.")


def test_the_packed_schema_is_the_functions_own() -> None:
    own = ROOT / "functions/golden_image/run/input.schema.json"

    assert run_input.schema() == json.loads(own.read_text()), "run make setup"
