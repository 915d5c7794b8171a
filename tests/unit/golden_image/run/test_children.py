from __future__ import annotations

import re

import pytest

from golden_image.run.children import child_name, execution_arn
from tests.unit.account import OTHER_RUN, RUN


@pytest.mark.parametrize("chapter", ["undo", "roll-out"])
def test_a_childs_name_follows_from_run_chapter_and_attempt(chapter: str) -> None:
    assert re.fullmatch(rf"{chapter}-1-[0-9a-f]{{64}}", child_name(RUN, chapter, 1))
    assert child_name(RUN, chapter, 1) == child_name(RUN, chapter, 1)
    assert child_name(RUN, chapter, 2).startswith(f"{chapter}-2-")


def test_two_runs_have_children_of_two_names() -> None:
    assert child_name(RUN, "undo", 1) != child_name(OTHER_RUN, "undo", 1)


def test_a_childs_name_is_one_that_step_functions_takes() -> None:
    assert len(child_name(f"{RUN}{'x' * 60}", "roll-out", 99)) <= 80


@pytest.mark.parametrize("qualifier", ["", ":7", ":live"])
@pytest.mark.parametrize("partition", ["aws", "aws-cn"])
def test_an_execution_is_named_without_the_version_that_started_it(partition: str, qualifier: str) -> None:
    states = f"arn:{partition}:states:ap-northeast-2:123456789012"
    machine = f"{states}:stateMachine:refresh-undo{qualifier}"
    assert execution_arn(machine, "undo-1-abc") == f"{states}:execution:refresh-undo:undo-1-abc"
