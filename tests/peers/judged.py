"""A peer's own tests, run in a process of their own, held against a list of known differences."""

from __future__ import annotations

import json
import os
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.processes import clean_environment, end_with_parent

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Judged:
    """What became of each test (passed, failed, skipped), and the list in a TOML file.

    Its `left_out` and `differs` are lists of groups: a reason or a meaning, and `tests`.
    """

    outcomes: dict[str, str]
    listed: dict[str, list[dict[str, Any]]]

    def of(self, outcome: str) -> set[str]:
        """The tests that became so."""
        return {test for test, became in self.outcomes.items() if became == outcome}

    def counts(self) -> str:
        """How many tests passed, failed and were skipped, in JSON."""
        return json.dumps({outcome: len(self.of(outcome)) for outcome in ("passed", "failed", "skipped")})

    def known(self) -> set[str]:
        """The tests that are listed as different."""
        return {test for group in self.listed.get("differs", []) for test in group["tests"]}

    def new_differences(self) -> set[str]:
        """Tests that failed and are not listed."""
        return self.of("failed") - self.known()

    def gone_differences(self) -> set[str]:
        """Tests that are listed and did not fail."""
        return self.known() - self.of("failed")


def judged(
    tests: list[str],
    *,
    python: Path,
    checkout: Path,
    source: str,
    plugins: list[str],
    listed: Path,
    environment: dict[str, str],
    directory: Path,
) -> Judged:
    """Run tests of a checkout, whose modules are in its folder `source`; the record is in `directory`.

    The names of tests in the record, without the folder that all of them are in, are those of the list.
    """
    record = directory / "record.jsonl"
    given = clean_environment() | {
        "OUTCOMES_RECORD": str(record),
        "OUTCOMES_LIST": str(listed),
        "PYTHONPATH": os.pathsep.join(map(str, (HERE, checkout, checkout / source))),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    options = [word for plugin in ["outcomes", *plugins] for word in ("-p", plugin)]
    options += ["-p", "no:cacheprovider", "--quiet", "--timeout", "40", "--tb", "short"]
    command = [str(python), "-m", "pytest", *options, *tests]
    with (directory / "pytest.log").open("w") as log:
        subprocess.run(
            command,
            cwd=checkout,
            env=given | environment,
            stdout=log,
            stderr=log,
            check=False,
            preexec_fn=end_with_parent,
        )
    print(f"record: {record}")  # noqa: T201
    lines = [json.loads(line) for line in record.read_text().splitlines()]
    common = f"{os.path.commonpath(tests)}/"
    outcomes = {line["test"].removeprefix(common): line["outcome"] for line in lines if "outcome" in line}
    return Judged(outcomes, tomllib.loads(listed.read_text()))
