"""What is told of a run and what is not; what fits a narrow or an old terminal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from golden_image_cli import run_input, telling
from golden_image_cli.runs import Run
from golden_image_cli.sdk import Account
from golden_image_cli.stack import Stack
from golden_image_cli.summary import summary
from golden_image_cli.verbs import listing, operating
from tests.cli.report.histories import OUTPUT
from tests.cli.stories import RUN, START

if TYPE_CHECKING:
    from collections.abc import Iterator

INPUT = {
    "sourceInstanceId": "i-1",
    "launchTemplate": {"userData": "#!/bin/sh hunter2", "tags": {"Key": "hunter2"}, "keyName": "ops"},
    "prepare": {"document": "clean", "parameters": {"password": ["hunter2"]}},
    "group": {"tags": {}, "minSize": 1},
}


def _secret(part: dict[str, Any]) -> Iterator[str]:
    definitions = run_input.schema()["definitions"]
    for name, field in part.get("properties", {}).items():
        if "x-secret" in definitions.get(field.get("$ref", "").rpartition("/")[2], field):
            yield name
        yield from _secret(field)


def test_user_data_and_values_of_tags_and_parameters_are_hidden_and_their_names_are_not() -> None:
    told = telling.fields(Run(RUN, "web-1", "RUNNING", START, input=INPUT, output={"image": INPUT}))
    assert "hunter2" not in json.dumps(told)
    assert told["input"]["launchTemplate"] == {
        "userData": "[hidden]",
        "tags": {"Key": "[hidden]"},
        "keyName": "ops",
    }
    assert told["input"]["prepare"]["parameters"] == {"password": "[hidden]"}
    assert told["input"]["group"] == {"tags": {}, "minSize": 1}


def test_what_is_hidden_is_what_the_schema_calls_secret() -> None:
    assert {*_secret(run_input.schema())} == telling._SECRET


def test_what_came_of_a_run_is_told_in_the_words_of_its_output() -> None:
    generation = {"number": 3, "goesBackTo": 1}
    run = Run(
        RUN, "web-1", "SUCCEEDED", START, START, output=OUTPUT | {"generation": generation, "warnings": []}
    )
    told = dict(line.split(maxsplit=1) for line in summary(run, Stack("web", Account(), scale=0.5)))
    assert told["generation"] == "3, which is 1 again"
    assert told["group"] == "web updated, rolling, 3/3/6"
    assert told["source"] == "running, was down for 2:30"


def test_a_run_of_a_group_with_a_name_of_16_letters_fits_a_line_of_80_columns() -> None:
    name = f"{'w' * 16}-20261130T170405Z-0123abcd"
    [line] = telling.columns([listing._row(Run(RUN, name, "SUCCEEDED", START, START), 1)])
    assert len(line.replace("0:00", "1:02:03")) <= 80


def test_a_generation_fits_a_line_of_80_columns() -> None:
    generation = {
        "number": 9,
        "committedAt": "2026-11-30T03:00:00.000Z",
        "image": {"id": f"ami-{'0' * 17}"},
        "launchTemplate": {"name": "web-servers", "version": 9},
        "sourceInstanceId": f"i-{'0' * 17}",
    }
    [line] = telling.columns([operating._row(generation)])
    assert len(line) <= 80
