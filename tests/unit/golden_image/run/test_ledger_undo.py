from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from golden_image.run import ledger
from tests.unit.account import RUN, UNDO

if TYPE_CHECKING:
    from tests.unit.account import Account

pytestmark = pytest.mark.usefixtures("ledger_table")


def test_a_run_is_claimed_for_undoing_any_number_of_times(account: Account) -> None:
    ledger.lock(account.plan(account.seed()), UNDO)

    assert ledger.claim_undo(RUN)
    assert ledger.claim_undo(RUN)


def test_a_committed_run_and_one_without_a_row_are_not_claimed(account: Account) -> None:
    assert not ledger.claim_undo(RUN)
    ledger.lock(account.plan(account.seed()), UNDO)
    account.commit(RUN)

    assert not ledger.claim_undo(RUN)
    row = ledger.read(RUN)
    assert row
    assert row.committed


# Attempts


def attempt() -> int:
    row = ledger.read(RUN)
    assert row
    return row.undo_attempt


def test_the_row_tells_what_undoes_the_run(account: Account) -> None:
    ledger.lock(account.plan(account.seed()), UNDO)
    row = ledger.read(RUN)
    assert row
    assert (row.undo, row.undo_attempt) == (UNDO, 1)


def test_each_failed_attempt_is_counted_once(account: Account) -> None:
    ledger.lock(account.plan(account.seed()), UNDO)

    assert ledger.count_undo(RUN, failed=1)
    assert attempt() == 2
    assert not ledger.count_undo(RUN, failed=1)
    assert attempt() == 2
    assert ledger.count_undo(RUN, failed=2)
    assert attempt() == 3


def test_a_run_that_was_unlocked_meanwhile_gets_no_row_again(account: Account) -> None:
    ledger.lock(account.plan(account.seed()), UNDO)
    account.commit(RUN)
    ledger.unlock(RUN)

    assert not ledger.count_undo(RUN, failed=1)
    assert ledger.read(RUN) is None
