"""The stack that a command is about, and how a command names it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from golden_image_cli.sdk import Account, Sandbox
from golden_image_cli.stack import VARIABLE, Stack

if TYPE_CHECKING:
    from pathlib import Path

SANDBOX = Account(region="eu-west-1", sandbox=Sandbox("http://127.0.0.1:1", "http://127.0.0.1:2"))


@pytest.mark.parametrize(
    ("stack", "options"),
    [
        (Stack("web", SANDBOX), " --sandbox"),
        (Stack("web", Account()), ""),
        (Stack("api", Account()), " --stack api"),
        (Stack("web", Account("prod", "eu-west-1")), " --profile prod --region eu-west-1"),
    ],
)
def test_a_command_that_is_told_is_about_the_same_stack(
    monkeypatch: pytest.MonkeyPatch, stack: Stack, options: str
) -> None:
    monkeypatch.setenv(VARIABLE, "web")

    assert stack.command("why", "web-1") == f"golden-image why web-1{options}"


def test_a_command_that_is_told_is_quoted_for_a_shell() -> None:
    command = Stack("web", SANDBOX).command("go-back", "web & api", "--to", "1")

    assert command == "golden-image go-back 'web & api' --to 1 --sandbox"


API = "https://a1b2.execute-api.eu-west-1.amazonaws.com/v1"
EMULATED = "http://127.0.0.1:4566/restapis/a1b2/v1/_user_request_"


@pytest.mark.parametrize(
    ("variables", "url"),
    [
        ({}, API),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}, EMULATED),
        ({"AWS_PROFILE": "emulated"}, EMULATED),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:4566", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, API),
        ({"AWS_ENDPOINT_URL_CLOUDFORMATION": "https://vpce-1.example"}, API),
    ],
)
def test_the_api_is_found_where_an_endpoint_stands_for_aws(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variables: dict[str, str], url: str
) -> None:
    (tmp_path / "config").write_text("[profile emulated]\nendpoint_url = http://127.0.0.1:4566/\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    stack = Stack("web", Account())
    stack.__dict__["outputs"] = {"ApiUrl": API}

    assert stack.api_url == url
