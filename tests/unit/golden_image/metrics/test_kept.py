from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from golden_image import aws
from golden_image.generation import store
from golden_image.image import owned
from golden_image.metrics import kept
from golden_image.model.generation import Generation, GenerationImage
from golden_image.model.launch_template import LaunchTemplate
from golden_image.run import table
from tests.unit.account import RUN, STACK
from tests.unit.golden_image.metrics.lines import written

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.account import Account

    Lines = Callable[[], list[dict[str, Any]]]

pytestmark = pytest.mark.usefixtures("generations_table")
# The first second of an hour, so that a test does not run into the next one.
NOW = float(int(time.time()) // 3600 * 3600)
HOUR, DAY = 3600, 86_400


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The time that `measure` sees; it stands."""
    clock = SimpleNamespace(now=NOW)
    monkeypatch.setattr(kept, "time", SimpleNamespace(time=lambda: clock.now))
    return clock


@pytest.fixture
def measured(clock: SimpleNamespace, capsys: pytest.CaptureFixture[str]) -> Lines:
    """Sweeps once; the lines that it has written."""
    assert clock.now == NOW

    def measure() -> list[dict[str, Any]]:
        capsys.readouterr()
        kept.measure()
        return written(capsys.readouterr().out)

    return measure


def image(account: Account, *sizes: int) -> GenerationImage:
    """An image of the account with a snapshot for each size in GiB."""
    ec2 = account.client("ec2")
    zone = ec2.describe_availability_zones()["AvailabilityZones"][0]["ZoneName"]
    volumes = [ec2.create_volume(AvailabilityZone=zone, Size=size)["VolumeId"] for size in sizes]
    snapshots = [ec2.create_snapshot(VolumeId=volume)["SnapshotId"] for volume in volumes]
    devices = [
        {"DeviceName": f"/dev/sd{letter}", "Ebs": {"SnapshotId": snapshot}}
        for letter, snapshot in zip("abcdef", snapshots, strict=False)
    ]
    name = f"image-{snapshots[0]}"
    made = ec2.register_image(Name=name, RootDeviceName="/dev/sda", BlockDeviceMappings=devices)
    return GenerationImage(made["ImageId"], name, tuple(snapshots))


def generation(made: GenerationImage, number: int = 1, group: str = "web", days: float = 0) -> Generation:
    """Written into the table: a refresh that was committed so many days ago."""
    committed = datetime.fromtimestamp(NOW, UTC) - timedelta(days=days)
    template = LaunchTemplate("lt-0123456789abcdef0", group, number)
    written = Generation(group, number, RUN, made, template, "i-1", committed.isoformat())
    keep(written)
    return written


def keep(generation: Generation) -> None:
    aws.client("dynamodb").put_item(**store.put(generation))


def ages(lines: list[dict[str, Any]]) -> dict[str, float]:
    """The age of each group's newest image in days, by its dimension."""
    return {
        line["dimensions"]["Group"]: line["metrics"]["DaysSinceRefresh"][0]
        for line in lines
        if "DaysSinceRefresh" in line["metrics"]
    }


def of_stack(lines: list[dict[str, Any]]) -> dict[str, float]:
    """The metrics of the stack."""
    [line] = [line for line in lines if "OpenLocks" in line["metrics"]]
    return {name: values[0] for name, values in line["metrics"].items()}


def test_what_is_kept_is_measured_once_in_an_hour(
    account: Account, measured: Lines, clock: SimpleNamespace
) -> None:
    account.group("web")
    generation(image(account, 8, 20), days=2)
    lines = measured()
    assert of_stack(lines) == {"OpenLocks": 0, "ImagesKept": 1, "ImagesGiB": 28}
    assert ages(lines) == {"web": 2}
    assert {line["namespace"] for line in lines} == {f"golden-image-refresh/{STACK}"}
    assert {line["at"] for line in lines} == {int(NOW * 1000)}

    clock.now += HOUR - 1
    assert measured() == []
    clock.now += 1
    assert ages(measured()) == {"web": pytest.approx(2 + 1 / 24, abs=0.001)}


def test_a_stack_without_runs_measures_zeros(measured: Lines) -> None:
    assert of_stack(measured()) == {"OpenLocks": 0, "ImagesKept": 0, "ImagesGiB": 0}


def test_the_locks_of_open_runs_are_counted(account: Account, measured: Lines) -> None:
    locks = {"L": [{"S": "group#web"}, {"S": "source#i-1"}, {"S": "launch-template#web"}]}
    account.open_row(RUN, locks=locks)
    # A row that another version of the stack has written.
    account.open_row(f"{RUN}-other")
    assert of_stack(measured())["OpenLocks"] == 3


def test_an_image_that_was_deregistered_is_kept_no_more_and_one_of_two_generations_counts_once(
    account: Account, measured: Lines
) -> None:
    gone, here = image(account, 8), image(account, 20)
    generation(gone, 1)
    newest = generation(here, 2)
    keep(replace(newest, number=3, goes_back_to=2))
    account.client("ec2").deregister_image(ImageId=gone.id)
    assert of_stack(measured()) == {"OpenLocks": 0, "ImagesKept": 1, "ImagesGiB": 20}


def test_the_size_of_a_snapshot_is_that_of_its_data_where_ec2_tells_it(
    account: Account, measured: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    generation(image(account, 8, 20))
    shown = [{"VolumeSize": 8, "FullSnapshotSizeInBytes": 3 * 2**29}, {"VolumeSize": 20}]
    monkeypatch.setattr(owned, "snapshots_by_id", lambda _ids: shown)
    assert of_stack(measured())["ImagesGiB"] == 21.5


def test_more_images_than_one_call_takes_are_all_counted(
    account: Account, measured: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aws, "MOST_VALUES", 2)
    for number in range(1, 6):
        generation(image(account, 1), number)
    assert of_stack(measured()) == {"OpenLocks": 0, "ImagesKept": 5, "ImagesGiB": 5}


def test_the_age_of_a_group_is_that_of_its_newest_refresh_and_a_way_back_is_none(
    account: Account, measured: Lines
) -> None:
    for name in ("web", "api"):
        account.group(name)
    first = generation(image(account, 1), 1, days=9)
    generation(image(account, 1), 2, days=4)
    keep(replace(first, number=3, goes_back_to=1, committed_at=datetime.fromtimestamp(NOW, UTC).isoformat()))
    generation(image(account, 1), 1, group="api", days=30)
    assert ages(measured()) == {"web": 4, "api": 30}


def test_a_group_that_was_deleted_has_no_age_and_its_images_are_still_kept(
    account: Account, measured: Lines
) -> None:
    generation(image(account, 8), group="gone", days=99)
    lines = measured()
    assert ages(lines) == {}
    assert of_stack(lines)["ImagesKept"] == 1


def test_more_groups_than_one_call_takes_have_their_ages(
    account: Account, measured: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "MOST_GROUPS", 1)
    shared = image(account, 1)
    for name in ("web", "web-2", "api"):
        account.group(name)
        generation(shared, group=name, days=1)
    assert len(ages(measured())) == 3


def test_a_sweep_that_fails_leaves_the_hour_to_the_next_one(
    account: Account, measured: Lines, caplog: pytest.LogCaptureFixture
) -> None:
    generation(image(account, 8))
    account.faults({"service": "ec2", "action": "DescribeSnapshots", "code": "RequestLimitExceeded"})
    assert measured() == []
    [told] = [record for record in caplog.records if record.message == "nothing was measured"]
    assert "RequestThrottled" in vars(told)["reason"]
    assert of_stack(measured())["ImagesKept"] == 1


def test_of_two_sweeps_at_once_one_writes(measured: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    every = store.all_groups

    def while_another_measures() -> Any:
        monkeypatch.setattr(store, "all_groups", every)
        kept.measure()
        return every()

    monkeypatch.setattr(store, "all_groups", while_another_measures)
    assert len(measured()) == 1
    assert table.get("measured")["hour"]["N"] == str(int(NOW // HOUR))
