"""Generated pages are current."""

from __future__ import annotations

import pytest

from tools import diagram, error_table, iam_table
from tools.project import DEFINITIONS, definition


def test_the_table_of_permissions_is_that_of_the_template() -> None:
    assert iam_table.PAGE.read_text(encoding="utf-8") == iam_table.page(), "run make docs"


def test_the_table_of_error_codes_is_that_of_the_code() -> None:
    text = error_table.PAGE.read_text(encoding="utf-8")
    assert text == error_table.page(text), "run make docs"


@pytest.mark.parametrize("name", DEFINITIONS)
def test_the_diagram_in_a_page_is_that_of_the_definition(name: str) -> None:
    page = diagram.PAGES[name].read_text(encoding="utf-8")
    assert page == diagram.page(name, page), "run make docs"


@pytest.mark.parametrize("name", DEFINITIONS)
def test_the_diagram_shows_every_state_but_the_parts_of_a_wait(name: str) -> None:
    states = definition(name)["States"]
    shown = diagram.diagram(definition(name))
    waits = [s for s in states.values() if s["Type"] == "Wait" and "Assign" in s]
    missing = [name for name in states if f'"{name}"' not in shown and f'"{name} ⟲"' not in shown]
    assert shown.count("⟲") == len(waits)
    assert len(missing) == 2 * len(waits)


def test_the_table_shows_on_which_condition_something_is_allowed() -> None:
    assert "`aws:ResourceTag/golden-image:stack` StringEquals `StackName`" in iam_table.page()
