"""Waits of hours, looked at through the checks that the workflow makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from golden_image.errors import ImageTimedOut, SnapshotTimedOut
from golden_image.image import checks, registration, snapshots
from golden_image.model.image import Image
from golden_image.source import facts
from tests.unit.account import RUN

if TYPE_CHECKING:
    from golden_image.model.image import Snapshot
    from golden_image.model.source import Source
    from tests.unit.account import Account

pytestmark = pytest.mark.usefixtures("open_runs")
HOURS, DAY = 3 * 3600, 86_400
LIMITS = (600, HOURS, 7 * DAY)


def taken(account: Account) -> tuple[Source, list[Snapshot]]:
    source = facts.describe(facts.find(account.seed()))
    volumes = [volume.volume_id for volume in source.volumes]
    return source, snapshots.create(RUN, source.instance_id, volumes, {})


def registered(facts: Source, made: list[Snapshot]) -> str:
    return registration.register(RUN, Image(name="web", description="", tags={}), facts, made)


def test_what_is_pending_for_three_hours_is_waited_for(account: Account) -> None:
    account.freeze()
    facts, made = taken(account)
    ids = [snapshot.snapshot_id for snapshot in made]
    assert not any(snapshots.check(ids, waited, DAY).done for waited in range(0, HOURS, 600))
    account.flow()
    assert snapshots.check(ids, HOURS, DAY).done

    account.freeze()
    image_id = registered(facts, made)
    assert not any(checks.check(image_id, waited, DAY).done for waited in range(0, HOURS, 600))
    account.flow()
    assert checks.check(image_id, HOURS, DAY).done


def test_the_deadline_of_snapshots_is_the_users(account: Account) -> None:
    account.freeze()
    ids = [snapshot.snapshot_id for snapshot in taken(account)[1]]
    for limit in LIMITS:
        assert not snapshots.check(ids, limit - 1, limit).done
        with pytest.raises(SnapshotTimedOut, match=rf"after {limit} s"):
            snapshots.check(ids, limit, limit)


def test_the_deadline_of_the_image_is_the_users(account: Account) -> None:
    facts, made = taken(account)
    account.client("ec2").describe_snapshots(OwnerIds=["self"])
    account.freeze()
    image_id = registered(facts, made)
    for limit in LIMITS:
        assert not checks.check(image_id, limit - 1, limit).done
        with pytest.raises(ImageTimedOut, match=rf"after {limit} s"):
            checks.check(image_id, limit, limit)
