"""tools/judge_jsonata.js says what the reference implementation evaluates otherwise, and what was not met."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tools.project import NODE, ROOT

if TYPE_CHECKING:
    from pathlib import Path

RECORD = "record.jsonl"


def judge(folder: Path, *evaluations: dict[str, Any], definition: Any = None) -> tuple[int, list[str]]:
    """The exit code and the lines of judging these evaluations, and a definition."""
    record, file = folder / RECORD, folder / "a.asl.json"
    record.write_text("".join(json.dumps(one) + "\n" for one in evaluations))
    file.write_text(json.dumps(definition))
    command = [NODE, ROOT / "tools/judge_jsonata.js", record, file]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


def evaluation(expression: str, bindings: dict[str, Any] | None = None, **became: Any) -> dict[str, Any]:
    return {"expression": expression, "bindings": bindings or {}, **became}


@pytest.mark.parametrize(
    "right",
    [
        evaluation("$plan.volumes.id", {"plan": {"volumes": [{"id": "a"}, {"id": "b"}]}}, value=["a", "b"]),
        evaluation("$states.input.a = null", {"states": {"input": {"a": None}}}, value=True),
        evaluation("$count($a) / 2", {"a": [1, 2]}, value=1.0),
        evaluation(
            "$hash('a', 'SHA-256')", value="ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
        ),
        evaluation("$parse($a).b", {"a": '{"b": [1]}'}, value=[1]),
        evaluation("$millis() > 0 ? 'at ' & $millis() : ''", value="at 17"),
        evaluation("$missing", error="nothing"),
        evaluation("$toMillis('yesterday')", error="D3110"),
    ],
    ids=lambda one: one["expression"],
)
def test_what_is_the_same_is_no_difference(tmp_path: Path, right: dict[str, Any]) -> None:
    code, lines = judge(tmp_path, right)

    assert code == 0
    assert (json.loads(lines[-1])["evaluations"], len(lines)) == (1, 1)


@pytest.mark.parametrize(
    "wrong",
    [
        evaluation("$a + 1", {"a": 1}, value=3),
        evaluation("$a", {"a": [1]}, value=1),
        evaluation("$a", {"a": None}, value=""),
        evaluation("$missing", value=None),
        evaluation("$a", {"a": 1}, error="T2010"),
        evaluation("'at ' & $millis()", value="on 17"),
    ],
    ids=lambda one: f"{one['expression']} {one.get('value')}",
)
def test_a_difference_is_told(tmp_path: Path, wrong: dict[str, Any]) -> None:
    code, lines = judge(tmp_path, wrong)

    assert code == 1
    assert lines[0].startswith(f"differs: {wrong['expression']}: ")


def test_an_expression_that_no_run_has_met_is_named(tmp_path: Path) -> None:
    definition = {"a": ["{% $met %}", "{% $other %}"], "b": "{% $x & '${Partition}' %}"}
    met = [evaluation("$met", {"met": 1}, value=1), evaluation("$x & 'aws'", {"x": "on "}, value="on aws")]
    code, lines = judge(tmp_path, *met, definition=definition)

    assert code == 0
    assert [line.rpartition(": ")[2] for line in lines[:-1]] == ["$other"]
    assert json.loads(lines[-1]) == {
        "evaluations": 2,
        "errors": 0,
        "expressions": 3,
        "unmet": 1,
        "differences": 0,
    }


def test_a_record_without_evaluations_fails(tmp_path: Path) -> None:
    assert judge(tmp_path)[0] == 1
