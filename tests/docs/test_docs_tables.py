"""Tables and lists of the pages are what the schema, the template and the folders hold."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from bench import footprint
from golden_image import polling
from golden_image.run import ledger
from tests.docs import input_table
from tests.docs.markdown import ROOT, definitions, page, rows, states


def _template() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())
    return parsed


def test_input_md_has_the_table_that_the_schema_makes() -> None:
    text = page("docs/input.md").text
    assert input_table.written(text) == input_table.table(), "run make docs"


def test_deploy_md_has_every_parameter_with_its_default() -> None:
    parameters = {name: str(value["Default"]) for name, value in _template()["Parameters"].items()}
    table = rows(page("docs/deploy.md").section("## Build and deploy"))
    written = {row[0].strip("`"): "" if row[1] == "empty" else row[1].strip("`") for row in table}
    assert written == parameters


def test_deploy_md_names_every_output() -> None:
    assert set(_template()["Outputs"]) <= set(page("docs/deploy.md").spans)


def test_the_readme_begins_with_the_two_commands() -> None:
    first = page("README.md").blocks("sh")[0]
    assert [line.split("#")[0].split() for line in first.splitlines()] == [["make", "demo"], ["make", "test"]]


def test_the_readme_has_every_folder_of_the_project() -> None:
    block = page("README.md").section("## Where everything is")
    named = {line.split()[0].rstrip("/") for line in block.splitlines() if re.match(r"\w+[./]\S* ", line)}
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")}
    assert folders - {"node_modules"} <= {Path(path).parts[0] for path in named}


def test_each_price_follows_from_its_counts_and_is_what_the_readme_says() -> None:
    runs = rows(page("docs/cost.md").text)
    assert [name for name, *_ in runs] == list(footprint.RUNS)
    for _, _, transitions, invocations, price in runs:
        assert price == f"${footprint.dollars(int(transitions), int(invocations)):.4f}"
    every = [r for r in _template()["Resources"].values() if r["Type"] == "AWS::CloudWatch::Alarm"]
    alarms = [alarm for alarm in every if "Condition" not in alarm]
    assert (
        f"its {['no', 'one', 'two', 'three', 'four', 'five', 'six'][len(alarms)]} alarms"
        in page("docs/cost.md").text
    )
    assert 0.004 < float(runs[0][-1].removeprefix("$")) < 0.006
    assert "about half a US cent" in page("README.md").text


def test_the_time_that_a_run_may_take_is_the_definition_s_own() -> None:
    days = definitions()["golden_image_refresh"]["TimeoutSeconds"] // 86_400
    assert f"may take {days} days" in page("docs/input.md").text
    internals = page("docs/internals.md").text
    assert f"`expiresAt` is {ledger._KEPT_SECONDS // 86_400} days ahead" in internals
    assert f"any run may last ({days} days)" in internals


def test_the_polls_of_a_long_wait_are_those_of_the_polling() -> None:
    table = rows(page("docs/input.md").section("## Limits"))
    days = {"24 hours": 1, "7 days": 7}
    counted = [[wait, str(polls := _polls(days[wait] * 86_400)), str(9 * polls)] for wait, *_ in table]
    assert table == counted


def _polls(limit: int) -> int:
    waited, polls = 0, 0
    while waited < limit:
        waited += min(polling.seconds(waited, None, "snap-0123456789abcdef0"), limit - waited)
        polls += 1
    return polls


def test_the_retries_of_internals_md_are_those_of_the_definition() -> None:
    told = [
        row[1] for row in rows(page("docs/internals.md").section("## The workflows")) if ", from " in row[1]
    ]
    named = [states()[name]["Retry"] for name in ("Stop Source", "Roll Out", "Publish Image")]
    more = states()["Roll Back"]["Retry"][-1]["MaxAttempts"]
    wanted = [f"{r['MaxAttempts']}, from {r['IntervalSeconds']} s" for retriers in named for r in retriers]
    wanted[2] = wanted[2].replace(",", f" ({more} in `Roll Back`),")
    assert told == wanted
