"""Every error code of AWS's is sorted once, and none that AWS calls temporary is final."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.retries.standard import ThrottledRetryableChecker, TransientRetryableChecker

from artifact.calls import Code
from golden_image import aws, error_codes
from golden_image.errors import RequestRefused, TryAgain

FUNCTIONS = Path(error_codes.__file__).parent.parent
WAIT = {code for codes in error_codes.table()["wait and retry"].values() for code in codes}
FIX, FINAL = (set(error_codes.table()[kind]) for kind in ("fix and retry", "final"))
# Other services of AWS that this project may come to call: their errors are sorted, too.
SERVICES = sorted(
    {"autoscaling", "cloudwatch", "dynamodb", "elbv2", "iam", "kms", "sns", "ssm", "stepfunctions"}
)
# Of "Error codes for the Amazon EC2 API": what its text says to wait for, or to try again later.
TEMPORARY = {
    "BundlingInProgress",
    "ConcurrentCreateImageNoRebootLimitExceeded",
    "ConcurrentSnapshotLimitExceeded",
    "ConcurrentTagAccess",
    "CreditSpecificationUpdateInProgress",
    "EC2ThrottledException",
    "IncompatibleHostRequirements",
    "IncorrectInstanceState",
    "IncorrectModificationState",
    "IncorrectState",
    "InsufficientAddressCapacity",
    "InsufficientCapacity",
    "InsufficientCapacityOnHost",
    "InsufficientFreeAddressesInSubnet",
    "InsufficientHostCapacity",
    "InsufficientInstanceCapacity",
    "InsufficientReservedInstanceCapacity",
    "InsufficientReservedInstancesCapacity",
    "InsufficientVolumeCapacity",
    "InternalError",
    "InternalFailure",
    "InvalidCapacityReservationState.PendingActivation",
    "InvalidHostState",
    "InvalidInstanceID.NotLinkable",
    "InvalidInstanceState",
    "InvalidNetworkInterface.InUse",
    "InvalidSnapshot.InUse",
    "InvalidState",
    "PendingSnapshotLimitExceeded",
    "RequestExpired",
    "RequestLimitExceeded",
    "ReservationCapacityExceeded",
    "ResourceLimitExceeded",
    "ServiceUnavailable",
    "SnapshotCreationPerVolumeRateExceeded",
    "Unavailable",
    "UnavailableHostRequirements",
    "UnfulfillableCapacity",
    "VolumeInUse",
    "VolumeModificationSizeLimitExceeded",
}


def model(service: str) -> ServiceModel:
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


def test_each_code_is_in_one_class() -> None:
    table = error_codes.table()
    lists = [*table["wait and retry"].values(), table["fix and retry"], table["final"]]
    times = Counter(code for one in lists for code in one)
    assert [code for code, number in times.items() if number > 1] == []
    assert all(one == sorted(one) for one in lists)


@pytest.mark.parametrize("service", SERVICES)
def test_every_error_in_the_model_of_a_service_is_sorted(service: str) -> None:
    shapes = model(service).error_shapes
    assert {shape.error_code for shape in shapes} - WAIT - FIX - FINAL == set()
    servers = {shape.error_code for shape in shapes if shape.metadata.get("fault")}
    assert servers <= WAIT


def test_the_errors_of_every_service_that_the_code_calls_are_sorted() -> None:
    code = Code.of(FUNCTIONS)
    called = {call.service for name in code.functions for call in code.calls(name)}
    assert called - {"ec2"} <= set(SERVICES), "add the service here, and its errors to error_codes.json"


def test_what_botocore_retries_and_what_aws_calls_temporary_is_waited_for() -> None:
    retried = {
        *ThrottledRetryableChecker._THROTTLED_ERROR_CODES,
        *TransientRetryableChecker._TRANSIENT_ERROR_CODES,
    }
    assert {*retried, *TEMPORARY} - WAIT == set()


def test_every_code_that_speaks_of_throttling_or_of_something_that_goes_on_is_waited_for() -> None:
    going_on = ("Throttl", "InProgress", "Concurrent", "InsufficientCapacity", "InternalServer")
    assert [code for code in FIX | FINAL if any(word in code for word in going_on)] == []


def test_a_code_of_the_table_gets_its_error_whatever_the_status() -> None:
    for name, codes in error_codes.table()["wait and retry"].items():
        assert {error_codes.named(code, 400).__name__ for code in codes} == {name}
    assert {error_codes.named(code, 400) for code in FIX | FINAL} == {RequestRefused}
    assert issubclass(error_codes.named("Unheard", 503), TryAgain)


def test_only_what_can_be_put_right_says_so() -> None:
    assert "same input" in error_codes.advice("SnapshotLimitExceeded")
    assert error_codes.advice("InvalidParameterValue") == ""


def test_importing_the_clients_reads_no_table() -> None:
    error_codes.table.cache_clear()
    assert aws.client is not None
    assert error_codes.table.cache_info().currsize == 0
