"""Every command line in the pages names a command, options and files that exist."""

from __future__ import annotations

import re
import shlex
from functools import cache
from typing import Any

import boto3
import pytest
from botocore import xform_name
from samtranslator.yaml_helper import yaml_parse
from typer import Context

from golden_image_cli.__main__ import VERBS
from golden_image_cli.verb_group import Verbs
from tests.docs import input_table
from tests.docs.markdown import OWN_PAGES, ROOT, page, rows

# The last one is the CLI's name of the parameter Endpoint.
_OPTIONS_OF_THE_CLI = {
    "query",
    "output",
    "cli-binary-format",
    "max-items",
    "notification-endpoint",
    "no-paginate",
}
# Commands of the AWS CLI that are not one call of an API.
_CLI_OWN = {
    ("logs", "tail"): {"filter-pattern", "since"},
    ("configure", "export-credentials"): {"format"},
}
_PROGRAMS = {"aws", "awscurl", "curl", "git", "make", "sam", "golden-image", ".venv/bin/golden-image"}
_PROGRAMS |= {".venv/bin/python", "cat", "export"}
_SAM = {
    "build": set(),
    "delete": set(),
    "deploy": {
        "guided",
        "no-confirm-changeset",
        "no-fail-on-empty-changeset",
        "parameter-overrides",
        "region",
    },
    "local": {"event", "env-vars"},
    "package": {"output-template-file", "resolve-s3"},
    "publish": {"region", "template-file"},
}
_ASSIGNED = re.compile(r"^(?:\w+=|eval \")\$\((.*?)\)\"?$")
# A value that a page writes down; a command may follow it only on another line.
_VALUE = re.compile(r"^\w+=(?!\$\()\S+$")
_SET = re.compile(r"^(?:export )?([A-Z_]+)=", re.MULTILINE)
# What every shell has, and what `aws configure export-credentials` sets.
_THERE = {"PWD", "PATH", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}


def _commands(name: str) -> list[list[str]]:
    """The words of each command line; `NAME=$(command)` counts as the command, `NAME=value` as none."""
    lines = "\n".join(page(name).blocks("sh")).replace("\\\n", " ").splitlines()
    stripped = [line.strip() for line in lines if line.strip() and not _VALUE.match(line.strip())]
    return [
        shlex.split(found[1] if (found := _ASSIGNED.match(line)) else line, comments=True)
        for line in stripped
    ]


def _of(program: str) -> list[tuple[str, list[str]]]:
    return [(name, words[1:]) for name in OWN_PAGES for words in _commands(name) if words[0] == program]


def _options(words: list[str]) -> set[str]:
    return {word.removeprefix("--") for word in words if word.startswith("--")}


@pytest.mark.parametrize("name", OWN_PAGES)
def test_each_command_line_starts_a_known_program(name: str) -> None:
    assert {words[0] for words in _commands(name)} <= _PROGRAMS


@pytest.mark.parametrize("name", OWN_PAGES)
def test_each_variable_of_a_page_is_set_on_that_page_before_it_is_used(name: str) -> None:
    known = set(_THERE)
    for block in page(name).blocks("sh"):
        for line in block.splitlines():
            assert set(re.findall(r"\$([A-Z_]+)", line)) <= known, line
            known |= set(_SET.findall(line))


@pytest.mark.parametrize("name", OWN_PAGES)
def test_a_page_with_commands_of_the_aws_cli_says_which_version_they_need(name: str) -> None:
    if any(words[0] == "aws" for words in _commands(name)):
        said = " ".join(page(name).prose.split())
        assert re.search(r"AWS CLI version 2|need its version 2|AWS CLI\*{0,2} \(버전 2\)", said)


def test_each_verb_of_the_command_line_and_its_options_exist() -> None:
    fields = {f"--{row[0].strip('`')}" for row in rows(input_table.table())}
    group = Verbs(VERBS)
    context = Context(group, info_name="golden-image")
    for name, words in [*_of("golden-image"), *_of(".venv/bin/golden-image")]:
        if words[0].startswith("-"):
            continue
        command = group.get_command(context, words[0])
        assert command is not None, f"{name}: {words[0]}"
        known = fields | {option for param in command.params for option in param.opts}
        assert {word for word in words if re.match(r"--?[a-z]", word)} <= known, f"{name}: {words}"


def test_each_make_target_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {words[0] for _, words in _of("make")}
    spans = {span.split()[1] for name in OWN_PAGES for span in page(name).spans if span.startswith("make ")}
    assert named | spans <= targets


@cache
def _members(service: str, operation: str) -> set[str]:
    """The options of an operation in the AWS CLI's spelling; KeyError where there is no such operation."""
    client: Any = boto3.client(service, region_name="us-east-1")  # type: ignore[call-overload]
    model = client.meta.service_model
    operations = {xform_name(each, "-"): each for each in model.operation_names}
    members = model.operation_model(operations[operation]).input_shape.members
    booleans = {
        f"no-{xform_name(each, '-')}" for each, shape in members.items() if shape.type_name == "boolean"
    }
    return {xform_name(each, "-") for each in members} | booleans


def test_each_aws_command_and_its_options_exist() -> None:
    unknown = {}
    for name, (service, operation, *rest) in _of("aws"):
        known = _CLI_OWN.get((service, operation)) or _members(service, operation)
        if wrong := _options(rest) - known - _OPTIONS_OF_THE_CLI:
            unknown[f"{name}: {service} {operation}"] = wrong
    assert unknown == {}


def test_each_file_that_a_command_reads_exists() -> None:
    files = []
    for name in OWN_PAGES:
        for words in _commands(name):
            named = [word for word in words if "events/" in word]
            files += [re.sub(r"^(file://|@|EVENT=)", "", word) for word in named]
    assert files
    assert [file for file in files if not (ROOT / file).exists()] == []


def test_each_sam_command_is_known_and_names_functions_and_parameters_of_the_template() -> None:
    template: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())
    for name, (command, *rest) in _of("sam"):
        assert _options(rest) <= _SAM[command], name
        if command == "local":
            assert template["Resources"][rest[1]]["Type"] == "AWS::Serverless::Function"
        if command == "deploy":
            given = {word.partition("=")[0] for word in rest if "=" in word}
            assert given <= template["Parameters"].keys(), name


def test_each_python_command_runs_a_module_of_the_project() -> None:
    for _, (flag, module, *rest) in _of(".venv/bin/python"):
        assert flag == "-m"
        if module == "pytest":
            files = [word.partition("::")[0] for word in rest if word.startswith("tests/")]
            assert files
            assert [file for file in files if not (ROOT / file).exists()] == []
            continue
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").exists() or (path / "__main__.py").exists()
        if module == "sandbox":
            assert rest[0] in {"up", "run", "demo"}
