from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from golden_image.run import ledger
from tests.unit.account import RUN

if TYPE_CHECKING:
    from tests.unit.account import Account

pytestmark = pytest.mark.usefixtures("ledger_table")


def test_a_run_is_claimed_for_undoing_any_number_of_times(account: Account) -> None:
    ledger.lock(account.plan(account.seed()))

    assert ledger.claim_undo(RUN)
    assert ledger.claim_undo(RUN)


def test_a_committed_run_and_one_without_a_row_are_not_claimed(account: Account) -> None:
    assert not ledger.claim_undo(RUN)
    ledger.lock(account.plan(account.seed()))
    account.commit(RUN)

    assert not ledger.claim_undo(RUN)
    row = ledger.read(RUN)
    assert row
    assert row.committed
