from __future__ import annotations

import random
from dataclasses import replace

import pytest

from bench import token_buckets
from bench.token_buckets import Step
from golden_image import aws

START = token_buckets.call("ec2", "StartInstances", {})
RETRIER = token_buckets.throttling_retrier("Return Source")


@pytest.mark.parametrize(("runs", "seconds"), [(5, 0), (6, 0.5), (100, 47.5)])
def test_starts_wait_for_five_tokens_and_two_more_each_second(runs: int, seconds: float) -> None:
    assert token_buckets.least_seconds([Step(0, START)], runs) == pytest.approx(seconds, abs=0.1)


def test_calls_of_other_buckets_do_not_wait_for_each_other() -> None:
    stop = Step(0, token_buckets.call("ec2", "StopInstances", {}))

    both = token_buckets.least_seconds([stop, Step(10, START)], 100)

    assert both == pytest.approx(10 + 47.5, abs=0.1)


def test_a_burst_ends_no_sooner_than_its_tokens_are_there() -> None:
    found = token_buckets.burst(START, 100, RETRIER, random.Random(1))  # noqa: S311 - the same each time

    assert found.failed == 0
    assert found.seconds >= 47.5
    assert 0 < found.most_retries <= RETRIER.attempts


def test_callers_without_retries_fail() -> None:
    found = token_buckets.burst(START, 100, replace(RETRIER, attempts=0), random.Random(1))  # noqa: S311 - the same each time

    assert found.failed > 50


def test_the_workflow_retries_throttling_with_jitter() -> None:
    assert RETRIER.jitter
    assert RETRIER.longest == 60


def test_a_caller_has_as_many_attempts_as_the_functions_ask_of_the_sdk() -> None:
    assert aws._READ_RETRIES == token_buckets.SDK_ATTEMPTS
