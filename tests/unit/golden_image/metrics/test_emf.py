from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golden_image.metrics import emf
from golden_image.metrics.emf import Metric
from tests.unit.account import STACK
from tests.unit.golden_image.metrics.lines import written

if TYPE_CHECKING:
    from tests.unit.account import Account

# What Auto Scaling takes in a name.
_CHARACTERS = st.characters(min_codepoint=32, exclude_categories=("Cs",), exclude_characters=":")
NAMES = st.text(_CHARACTERS, min_size=1, max_size=255)


def test_a_line_has_its_namespace_its_time_and_its_group(
    account: Account, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert account
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "golden-image-refresh")
    now = datetime.now(UTC).replace(microsecond=0)
    emf.write([Metric("Throttles", 2)], now, group="web", run="arn")
    [line] = written(capsys.readouterr().out)
    assert line == {
        "at": int(now.timestamp() * 1000),
        "namespace": f"golden-image-refresh/{STACK}",
        "metrics": {"Throttles": [2.0]},
        "units": {"Throttles": "Count"},
        "dimensions": {"Group": "web", "service": "golden-image-refresh"},
        "told": {"run": "arn"},
    }


def test_no_line_has_anything_of_the_one_before(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    assert account
    emf.write([Metric("Throttles", 2)], datetime.now(UTC), group="web", run="arn")
    emf.write([Metric("OpenLocks", 1)], datetime.now(UTC))
    line = written(capsys.readouterr().out)[1]
    assert (line["metrics"], line["told"]) == ({"OpenLocks": [1.0]}, {})
    assert "Group" not in line["dimensions"]


@pytest.mark.parametrize("name", ["web", "web server", "50%", "~!@#$%^&*()[]{}'\"", "x" * 255])
def test_a_group_of_printable_ascii_is_named_as_it_is(name: str) -> None:
    assert emf.dimension(name) == name


@given(NAMES)
def test_every_group_has_a_dimension_that_cloudwatch_takes(name: str) -> None:
    value = emf.dimension(name)
    assert value.isascii()
    assert value.isprintable()
    assert value.strip()
    assert len(value) <= 255


def test_groups_whose_names_are_not_ascii_stay_apart() -> None:
    names = ["웹", "앱", " ", "  ", "웹" * 255, "웹" * 254 + "앱"]
    assert len({emf.dimension(name) for name in names}) == len(names)
