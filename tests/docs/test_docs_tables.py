"""Tables and lists of the pages are what the schema, the template and the folders hold."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from bench import footprint
from golden_image import polling
from golden_image.run import ledger
from golden_image_cli import prices, problems
from tests.docs import input_table
from tests.docs.markdown import ROOT, definitions, page, rows, states
from tools import cli_page, counts

# In bytes; a picture that moves is the largest.
_LARGEST_PICTURE = 400_000


def _template() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())
    return parsed


def test_input_md_has_the_table_that_the_schema_makes() -> None:
    text = page("docs/reference/input.md").text
    assert input_table.written(text) == input_table.table(), "run make docs"


def test_deploy_md_has_every_parameter_with_its_default() -> None:
    parameters = {name: str(value["Default"]) for name, value in _template()["Parameters"].items()}
    table = rows(page("docs/guides/deploy.md").section("## Build and deploy"))
    written = {row[0].strip("`"): "" if row[1] == "empty" else row[1].strip("`") for row in table}
    assert written == parameters


def test_deploy_md_names_every_output() -> None:
    assert set(_template()["Outputs"]) <= set(page("docs/guides/deploy.md").spans)


def test_the_readme_begins_with_the_two_commands() -> None:
    first = page("README.md").blocks("sh")[0]
    assert [line.split("#")[0].split() for line in first.splitlines()] == [["make", "demo"], ["make", "test"]]


def test_the_readme_has_every_folder_of_the_project() -> None:
    block = page("README.md").section("## Where everything is")
    named = {line.split()[0].rstrip("/") for line in block.splitlines() if re.match(r"\w+[./]\S* ", line)}
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")}
    assert folders - {"node_modules"} <= {Path(path).parts[0] for path in named}


def test_the_readme_counts_no_more_than_there_is_and_not_much_less() -> None:
    counted = counts.counts()
    shown = counts.shown(page("README.md").text)
    assert shown.keys() == counted.keys(), "run make docs"
    for what, count in shown.items():
        assert count <= counted[what] < 1.5 * count, f"{what}: run make docs"


def test_a_count_is_rounded_down_so_that_it_stays_true_when_more_come() -> None:
    assert [counts.rounded(count) for count in (44, 176, 2065)] == [40, 170, 2000]


def test_the_pictures_of_the_readme_are_small_and_need_no_network() -> None:
    pictures = re.findall(r"!\[[^\]]+\]\(([^)\s]+)\)", page("README.md").text)
    named = ("demo", "report", "license", "ci")
    assert {f"docs/images/{name}.svg" for name in named} <= set(pictures)
    for picture in pictures:
        text = (ROOT / picture).read_text(encoding="utf-8")
        assert len(text) < _LARGEST_PICTURE, picture
        assert re.findall(r"(?:href|src)=\"(?!#)|url\((?!#)", text) == [], picture


def test_the_picture_of_the_demo_moves_and_shows_both_of_its_runs() -> None:
    text = (ROOT / "docs/images/demo.svg").read_text(encoding="utf-8")
    shown = html.unescape(re.sub(r"<[^>]+>", "", text))
    assert "@keyframes" in text
    # Spaces are places in the picture.
    said = ("make demo", "3 instances of version 2 in service", "CanaryFailed", "no lock is held")
    assert [one for one in said if one.replace(" ", "") not in shown] == []


def test_the_page_of_the_command_line_has_the_help_of_every_verb() -> None:
    text = page("docs/reference/cli.md").text
    assert text == cli_page.page(text), "run make docs"


def test_the_page_of_the_command_line_has_every_exit_code() -> None:
    codes = {value for value in vars(problems).values() if isinstance(value, int)}
    table = rows(page("docs/reference/cli.md").section("## Exit codes"))
    assert [int(code) for code, _ in table] == sorted(codes)


def test_each_price_follows_from_its_counts_and_is_what_the_readme_says() -> None:
    runs = rows(page("docs/reference/cost.md").text)
    assert [name for name, *_ in runs] == list(footprint.RUNS)
    for _, _, transitions, invocations, price in runs:
        assert price == f"${prices.of_run(int(transitions), int(invocations)):.4f}"
    every = [r for r in _template()["Resources"].values() if r["Type"] == "AWS::CloudWatch::Alarm"]
    alarms = [alarm for alarm in every if "Condition" not in alarm]
    assert (
        f"its {['no', 'one', 'two', 'three', 'four', 'five', 'six'][len(alarms)]} alarms"
        in page("docs/reference/cost.md").text
    )
    assert 0.004 < float(runs[0][-1].removeprefix("$")) < 0.006
    assert "about half a US cent" in page("README.md").text


def test_the_time_that_a_run_may_take_is_the_definition_s_own() -> None:
    days = definitions()["golden_image_refresh"]["TimeoutSeconds"] // 86_400
    assert f"may take {days} days" in page("docs/reference/input.md").text
    internals = page("docs/explanations/internals.md").text
    assert f"`expiresAt` is {ledger._KEPT_SECONDS // 86_400} days ahead" in internals
    assert f"any run may last ({days} days)" in internals


def test_the_polls_of_a_long_wait_are_those_of_the_polling() -> None:
    table = rows(page("docs/reference/input.md").section("## Limits"))
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
        row[1]
        for row in rows(page("docs/explanations/internals.md").section("## The workflows"))
        if ", from " in row[1]
    ]
    named = [states()[name]["Retry"] for name in ("Stop Source", "Roll Out", "Publish Image")]
    more = states()["Roll Back"]["Retry"][-1]["MaxAttempts"]
    wanted = [f"{r['MaxAttempts']}, from {r['IntervalSeconds']} s" for retriers in named for r in retriers]
    wanted[2] = wanted[2].replace(",", f" ({more} in `Roll Back`),")
    assert told == wanted
