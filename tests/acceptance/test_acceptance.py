"""The acceptance without a sandbox: its plan and price, its rows, its report, its rights."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from acceptance import probes
from acceptance.in_sandbox import POLICY
from acceptance.plan import plan
from acceptance.probes import PROBES, Answer, probe_of, rows
from acceptance.report import AWS, report
from acceptance.run import Result
from acceptance.scenarios import SCENARIOS, End, Outcome
from acceptance.sources import SOURCES

ROOT = Path(__file__).parents[2]
POLICY_CHARACTERS = 6144
"""IAM's limit for a managed policy, without white space."""


class Somewhere:
    """As much of an account as the report names."""

    number, region, partition = "123456789012", "us-east-1", "aws"


def outcome(seen: End, cause: str = "") -> Outcome:
    return Outcome(SCENARIOS[0], seen, "arn", cause, 60)


@pytest.mark.parametrize("windows", [False, True])
def test_the_price_is_well_under_a_dollar(windows: bool) -> None:
    assert 0.1 < plan(windows).dollars() < 0.85


@pytest.mark.parametrize(("windows", "vcpus"), [(False, 16), (True, 20)])
def test_the_plan_says_how_many_vcpus_run_at_a_time(windows: bool, vcpus: int) -> None:
    # Sources, a group for each of them that stays, and one group while it is recreated; two vCPUs each.
    assert plan(windows).vcpus() == vcpus
    assert f"at most {vcpus} vCPUs" in plan(windows).text(Somewhere(), "x")  # type: ignore[arg-type]
    assert f"{vcpus} vCPUs" in (ROOT / "docs/guides/aws-acceptance.md").read_text()


def test_windows_is_only_made_if_asked() -> None:
    assert "windows" not in plan(windows=False).kinds
    assert {one.source for one in plan(windows=True).scenarios} == set(SOURCES)


def test_each_row_that_is_not_yet_seen_has_a_question_or_a_reason() -> None:
    asked = [probe_of(row) for row in rows()]

    assert Counter(map(str, asked)) == Counter(map(str, PROBES.values()))


def test_the_page_counts_the_rows_that_have_a_question() -> None:
    asked = sum(callable(probe_of(row)) for row in rows())

    assert (
        f"{asked} of the {len(rows())} rows have a question"
        in (ROOT / "docs/explanations/internals.md").read_text()
    )


def test_a_row_that_nobody_thought_of_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "rows", lambda: ["Whether the moon is made of cheese."])

    with pytest.raises(LookupError, match="0 entries"):
        probes.answers(None)  # type: ignore[arg-type]


def test_the_report_says_what_was_different_and_what_is_left() -> None:
    ended = outcome(End("FAILED", "ImageFailed", "none", ("lock",)), "the root volume | has no system")
    result = Result("x", [ended], [Answer("A row.", "yes", "it was seen")], True, ["image ami-1"])

    text = report(Somewhere(), result, AWS)  # type: ignore[arg-type]

    assert "0 of 1 scenarios" in text
    assert "**different**: FAILED ImageFailed · group none · left: lock" in text
    assert r"the root volume \| has no system" in text
    assert "| A row. | yes | it was seen |" in text
    assert "- image ami-1" in text


def test_the_report_names_what_a_run_warned_of_after_its_commit() -> None:
    warned = replace(SCENARIOS[0].expected, warned=("nobody was notified: SNS.AuthorizationErrorException",))

    text = report(Somewhere(), Result("x", [outcome(warned)]), AWS)  # type: ignore[arg-type]

    assert "**different**: SUCCEEDED · group" in text
    assert "source running · warned: nobody was notified: SNS.AuthorizationErrorException | 1.0 |" in text


def test_the_report_of_the_sandbox_answers_no_row() -> None:
    result = Result("x", [outcome(SCENARIOS[0].expected)], [Answer("A row.", "yes", "it was seen")], True, [])

    text = report(Somewhere(), result, "the sandbox")  # type: ignore[arg-type]

    assert "| A row. | not shown by the sandbox | it was seen |" in text


def test_it_is_good_only_where_all_agree_and_nothing_is_left() -> None:
    agrees, differs = outcome(SCENARIOS[0].expected), outcome(End("FAILED", "X", "none", ()))

    assert Result("x", [agrees], complete=True, left=[]).good
    assert not Result("x", [agrees, differs], complete=True, left=[]).good
    assert not Result("x", [agrees], complete=True, left=["image ami-1"]).good
    assert not Result("x", [agrees], complete=True).good
    assert not Result("x", [agrees], left=[]).good


def test_the_policy_fits_into_a_managed_policy() -> None:
    document = json.loads(POLICY.read_text())

    assert len(json.dumps(document, separators=(",", ":"))) <= POLICY_CHARACTERS


def test_the_example_is_a_report_of_all_scenarios_and_rows() -> None:
    text = (ROOT / "docs/reference/aws-acceptance-example.md").read_text()

    assert f"{len(SCENARIOS)} of {len(SCENARIOS)} scenarios ended as the sandbox had said" in text
    assert all(f"| {row} | " in text for row in rows())
    assert "the question failed" not in text
    assert text.endswith("## Left\n\nNothing.\n")


def test_the_workflow_always_cleans_what_it_has_made_and_has_the_time() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/aws-acceptance.yml").read_text())
    job = workflow["jobs"]["acceptance"]
    accept, clean = [step for step in job["steps"] if "make aws-acceptance" in step.get("run", "")]

    assert clean["run"] == "make aws-acceptance-clean YES=1 OWN=1"
    assert clean["if"] == "always()"
    assert accept["timeout-minutes"] + 45 <= job["timeout-minutes"]
