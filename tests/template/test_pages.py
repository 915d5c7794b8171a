"""Generated pages are current."""

from __future__ import annotations

from tools import diagram, iam_table
from tools.project import definition


def test_the_table_of_permissions_is_that_of_the_template() -> None:
    assert iam_table.PAGE.read_text(encoding="utf-8") == iam_table.page(), "run make docs"


def test_the_diagram_in_the_readme_is_that_of_the_definition() -> None:
    readme = diagram.PAGE.read_text(encoding="utf-8")
    assert readme == diagram.page(readme), "run make docs"


def test_the_diagram_shows_every_state_but_the_parts_of_a_wait() -> None:
    states = definition()["States"]
    shown = diagram.diagram(definition())
    waits = [state for state in states.values() if state["Type"] == "Wait"]
    missing = [name for name in states if f'"{name}"' not in shown and f'"{name} ⟲"' not in shown]
    assert shown.count("⟲") == len(waits)
    assert len(missing) == 2 * len(waits)


def test_the_table_shows_on_which_condition_something_is_allowed() -> None:
    assert "`aws:ResourceTag/golden-image:stack` StringEquals `StackName`" in iam_table.page()
