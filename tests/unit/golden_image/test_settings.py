from __future__ import annotations

import pytest

from golden_image.settings import Settings


@pytest.fixture(autouse=True)
def everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACK_NAME", "refresh")
    monkeypatch.setenv("LEDGER_TABLE", "refresh-ledger")
    monkeypatch.delenv("DEFAULT_GROUP_NAME", raising=False)


def test_a_setting_is_the_variable_of_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEFAULT_GROUP_NAME", "web")
    settings = Settings.from_env()
    assert (settings.stack_name, settings.ledger_table) == ("refresh", "refresh-ledger")
    assert settings.default_group_name == "web"


def test_what_only_some_functions_have_may_be_missing() -> None:
    assert (Settings.from_env().default_group_name, Settings.from_env().state_machine_arn) == ("", "")


@pytest.mark.parametrize("name", ["STACK_NAME", "LEDGER_TABLE"])
def test_what_every_function_has_may_not_be_missing(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delenv(name)
    with pytest.raises(TypeError, match=name.lower()):
        Settings.from_env()
