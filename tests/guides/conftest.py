"""A sandbox with the first run's scene, in a copy of the clone, and terminals that take it for AWS."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sandbox.client import Client
from sandbox.endpoints import Endpoints
from sandbox.run import PLACEHOLDER_INSTANCE
from tests.docs.markdown import ROOT, Page, page
from tests.guides.terminal import Ended, Terminal, clone, command_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

AWS_CLI = ROOT / ".tools/beside/bin"
# The services that a sandbox has at its other URL, as botocore names them in variables.
_OF_EC2 = ("EC2", "AUTO_SCALING", "ELASTIC_LOAD_BALANCING_V2", "SSM", "IAM")
# Command lines that need what is not here, and what tries them instead.
ELSEWHERE = {
    "make ": "CI runs the targets",
    "sam ": "each sandbox is deployed by sam: sandbox/launcher.py",
    "awscurl ": "tests/workflow/test_api.py signs requests",
    "aws logs tail ": "version 2 alone has it: tests/docs/test_docs_commands.py knows its options",
    "aws lambda invoke ": "version 2 alone has --cli-binary-format: tests/workflow runs sweeps",
    ".venv/bin/python -m sandbox ": "tests/sandbox/test_commands.py",
}


@dataclass(frozen=True)
class Stage:
    """A copy of the clone with a sandbox that is up in it, and a group of generation 1."""

    folder: Path
    client: Client
    source: str

    def terminal(self) -> Terminal:
        """A terminal for which the sandbox is AWS."""
        at = self.client.endpoints
        variables = {
            "AWS_ENDPOINT_URL": at.aws,
            **{f"AWS_ENDPOINT_URL_{service}": at.ec2 for service in _OF_EC2},
            "AWS_DEFAULT_REGION": at.region,
            "GOLDEN_IMAGE_STACK": at.stackName,
        }
        terminal = Terminal(self.folder, variables)
        terminal.run(f'export PATH="{self.folder}/.venv/bin:{AWS_CLI}:$PATH"')
        return terminal

    def lines(self, name: str, *headings: str) -> list[str]:
        """The command lines of a page or of some sections, with the stage's source for the example's."""
        shown = page(name)
        if headings:
            shown = Page(shown.path, "".join(shown.section(heading) for heading in headings))
        found = [line for block in shown.blocks("sh") for line in command_lines(block)]
        return [
            line.replace(PLACEHOLDER_INSTANCE, self.source)
            for line in found
            if not line.startswith(tuple(ELSEWHERE))
        ]

    def do(self, *lines: str) -> list[Ended]:
        """Run command lines in a terminal of their own; each must exit with 0."""
        with self.terminal() as terminal:
            ended = [terminal.run(line) for line in lines]
        assert [one for one in ended if one.code != 0] == []
        return ended


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The sandbox of the guides' tests in this process."""
    folder = clone(tmp_path_factory.mktemp("clone"))
    with Terminal(folder) as up:
        up.begin(".venv/bin/python -m sandbox up --scene", until="endpoints.json")
        endpoints = Endpoints.read(folder / ".sandbox")
        assert endpoints is not None
        source = (folder / ".sandbox/source").read_text(encoding="utf-8").strip()
        for file in (folder / "events/execution").glob("*.json"):
            event = json.loads(file.read_text(encoding="utf-8"))
            if "sourceInstanceId" in event:
                file.write_text(json.dumps(event | {"sourceInstanceId": source}), encoding="utf-8")
        yield Stage(folder, Client(endpoints), source)
