from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from golden_image.errors import RunSettled
from golden_image.group import group
from golden_image.model.group import Drain, Sizes
from golden_image.model.launch_template import LaunchTemplate
from golden_image.run import changes, ledger
from tests.unit.account import OTHER_RUN, RUN

if TYPE_CHECKING:
    from golden_image.model.group import GroupState
    from tests.unit.account import Account

pytestmark = pytest.mark.usefixtures("row")
VERSION = LaunchTemplate("lt-0123456789abcdef0", "web", 7)


def state() -> GroupState:
    found = group.find("web")
    assert found
    return group.state(found, None)


def test_what_is_noted_is_read_again(account: Account) -> None:
    account.group()
    assert changes.read(RUN) is None
    changes.note_group(RUN, state(), VERSION)
    change = changes.read(RUN)
    assert change
    assert (change.before, change.version, change.drained_from) == (state(), VERSION, None)
    assert not change.restored
    changes.note_drain(RUN, Sizes(1, 4, 2), ("i-1",))
    changes.note_restored(RUN)
    changes.note_sizes_given_back(RUN)
    change = changes.read(RUN)
    assert change
    assert (change.drained_from, change.restored, change.sizes_given_back) == (Sizes(1, 4, 2), True, True)


def test_the_first_note_is_kept_unless_it_is_to_be_made_anew(account: Account) -> None:
    account.group()
    before = state()
    changes.note_group(RUN, before, VERSION)
    group.resize("web", Sizes(1, 5, 3))
    assert changes.note_group(RUN, state(), VERSION) == before
    changes.note_drain(RUN, Sizes(1, 4, 2), ("i-1",))
    assert changes.note_drain(RUN, Sizes(0, 0, 0), ()) == Sizes(1, 4, 2)
    assert changes.note_drain(RUN, Sizes(2, 3, 2), ("i-2",), anew=True) == Sizes(2, 3, 2)
    assert changes.drain_of(RUN) == Drain(Sizes(2, 3, 2), ("i-1",))


@pytest.mark.parametrize("mark", ["undoing", "committed", None])
def test_a_run_that_is_settled_notes_nothing(account: Account, mark: str | None) -> None:
    account.group()
    run = RUN if mark else OTHER_RUN
    if mark:
        account.open_row(RUN, **{mark: {"BOOL": True}})
    for refused in (
        lambda: changes.note_group(run, state(), VERSION),
        lambda: changes.note_drain(run, Sizes(1, 4, 2), ()),
        lambda: changes.drain_of(run),
    ):
        with pytest.raises(RunSettled, match="no longer changes the group"):
            refused()
    assert changes.read(run) is None


def test_a_mark_makes_no_row() -> None:
    changes.note_restored(OTHER_RUN)
    changes.note_sizes_given_back(OTHER_RUN)
    assert ledger.read(OTHER_RUN) is None
