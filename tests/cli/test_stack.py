"""The stack that a command is about, and how a command names it again."""

from __future__ import annotations

import pytest

from golden_image_cli.sdk import Account, Sandbox
from golden_image_cli.stack import VARIABLE, Stack

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
