"""tools/check_definition.js, which `make lint` runs, finds what is broken and says where."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tools.project import DEFINITIONS, NODE, ROOT, definition

if TYPE_CHECKING:
    from pathlib import Path


def check(path: Path) -> subprocess.CompletedProcess[str]:
    command = [NODE, ROOT / "tools/check_definition.js", path]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.parametrize("name", DEFINITIONS)
def test_the_definition_is_valid(name: str) -> None:
    done = check(DEFINITIONS[name])
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (
            ["Stop Source", "Arguments", "Payload", "instanceId"],
            "{% $plan.source. %}",
            "Stop Source: Arg",
        ),
        (["Dry Run?", "Choices", 0, "Condition"], "{% $plan.dryRun = %}", "Dry Run?: Choices.0.Condition: "),
        (["Refresh Failed", "Cause"], "because {% $cause %}", "has to fill its string"),
        (["Stop Source", "Next"], "Nowhere", "Nowhere"),
        (["Stop Source", "TimeoutSeconds"], -1, "Stop Source"),
        (["Stop Source", "Type"], "Tusk", "Stop Source"),
    ],
)
def test_what_is_broken_is_named(tmp_path: Path, path: list[Any], value: object, said: str) -> None:
    broken = definition()
    holder = broken["States"]
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    file = tmp_path / "broken.asl.json"
    file.write_text(json.dumps(broken), encoding="utf-8")
    done = check(file)
    assert done.returncode == 1
    assert said in done.stderr


def test_a_file_that_is_no_json_is_named(tmp_path: Path) -> None:
    file = tmp_path / "broken.asl.json"
    file.write_text('{"TimeoutSeconds": ${Seconds}}', encoding="utf-8")
    done = check(file)
    assert done.returncode == 1
    assert "broken.asl.json: is not JSON" in done.stderr
