"""What removal finds and asks, by answers as AWS gives them: no sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from acceptance import removal
from acceptance.account import NotInTimeError
from acceptance.kinds import KINDS
from acceptance.names import PREFIX, TAG
from acceptance.removal import left_of, names_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from acceptance.account import Account
    from acceptance.kinds import Kind

NAME = f"{PREFIX}0123abcd"


class Answering:
    """An account whose services give the answers that a test queues, in their order."""

    region = "us-east-1"

    def __init__(self) -> None:
        self._services: dict[str, tuple[Any, Stubber]] = {}

    def aws(self, service: str) -> Any:
        if service not in self._services:
            client = boto3.client(  # type: ignore[call-overload]
                service, self.region, aws_access_key_id="test", aws_secret_access_key="test"
            )
            self._services[service] = client, Stubber(client)
            self._services[service][1].activate()
        return self._services[service][0]

    def answer(
        self, service: str, method: str, answer: dict[str, Any], asked: dict[str, Any] | None = None
    ) -> None:
        self.aws(service)
        self._services[service][1].add_response(method, answer, asked)

    def refuse(self, service: str, method: str, code: str, message: str = "") -> None:
        self.aws(service)
        self._services[service][1].add_client_error(method, code, message)

    def all_were_asked(self) -> None:
        for _, stubber in self._services.values():
            stubber.assert_no_pending_responses()


@pytest.fixture
def answering() -> Iterator[Answering]:
    account = Answering()
    yield account
    account.all_were_asked()


@pytest.fixture
def account(answering: Answering) -> Account:
    return answering  # type: ignore[return-value]


def kind(what: str) -> Kind:
    return next(one for one in KINDS if one.what == what)


def resource(name: str, status: str = "CREATE_COMPLETE") -> dict[str, Any]:
    of = {"LogicalResourceId": name, "ResourceType": "AWS::SNS::Topic", "LastUpdatedTimestamp": 0}
    return {**of, "ResourceStatus": status}


def test_the_guard_is_kept_wherever_it_is_among_the_resources(answering: Answering, account: Account) -> None:
    pages = [resource(f"Topic{number}") for number in range(100)], [resource("NoOpenRuns", "DELETE_FAILED")]
    answering.answer(
        "cloudformation", "list_stack_resources", {"StackResourceSummaries": pages[0], "NextToken": "100"}
    )
    answering.answer("cloudformation", "list_stack_resources", {"StackResourceSummaries": pages[1]})
    asked = {"StackName": NAME, "RetainResources": ["NoOpenRuns"]}
    answering.answer("cloudformation", "delete_stack", {}, asked)

    kind("stack").remove(account, NAME, NAME)


def test_a_stack_that_does_not_exist_is_not_left(answering: Answering, account: Account) -> None:
    missing = f"Stack with id {NAME} does not exist"
    answering.refuse("cloudformation", "describe_stacks", "ValidationError", missing)
    answering.refuse("cloudformation", "list_stack_resources", "ValidationError", missing)

    assert kind("stack").find(account, NAME) == []
    assert kind("deny policy").find(account, NAME) == []


@pytest.mark.parametrize(
    ("what", "method"), [("stack", "describe_stacks"), ("deny policy", "list_stack_resources")]
)
def test_a_stack_that_cannot_be_looked_at_is_not_taken_for_gone(
    answering: Answering, account: Account, what: str, method: str
) -> None:
    answering.refuse("cloudformation", method, "AccessDenied", "not authorized")

    with pytest.raises(ClientError, match="AccessDenied"):
        kind(what).find(account, NAME)


def test_the_table_that_outlives_the_stack_is_left_by_its_name(
    answering: Answering, account: Account
) -> None:
    own, others = (
        f"{NAME}-GenerationsTable-1ABC",
        ["golden-image-GenerationsTable-2", f"{NAME}-LedgerTable-3"],
    )
    answering.answer("dynamodb", "list_tables", {"TableNames": [own, *others]})

    assert kind("table").find(account, NAME) == [own]


def keys(answering: Answering) -> None:
    arn = "arn:aws:kms:us-east-1:123456789012:key/"
    ids = ("theirs", "ours")
    answering.answer("kms", "list_keys", {"Keys": [{"KeyId": one, "KeyArn": arn + "1" * 20} for one in ids]})


def test_a_key_whose_tags_may_not_be_read_is_not_ours(answering: Answering, account: Account) -> None:
    keys(answering)
    answering.refuse("kms", "list_resource_tags", "AccessDeniedException")
    answering.answer("kms", "list_resource_tags", {"Tags": [{"TagKey": TAG, "TagValue": NAME}]})
    answering.answer("kms", "describe_key", {"KeyMetadata": {"KeyId": "ours", "KeyState": "Enabled"}})

    assert kind("customer key").find(account, NAME) == ["ours"]


def test_a_key_whose_tags_could_not_be_read_may_be_ours(answering: Answering, account: Account) -> None:
    keys(answering)
    answering.refuse("kms", "list_resource_tags", "ThrottlingException")

    with pytest.raises(ClientError, match="Throttling"):
        kind("customer key").find(account, NAME)


def test_only_buckets_of_the_region_are_asked_for(answering: Answering, account: Account) -> None:
    asked = {"BucketRegion": "us-east-1", "Prefix": NAME}
    answering.answer("s3", "list_buckets", {"Buckets": [{"Name": NAME}, {"Name": f"{NAME}-x"}]}, asked)

    assert kind("bucket").find(account, NAME) == [NAME]


def test_both_kinds_of_log_groups_are_found(answering: Answering, account: Account) -> None:
    own, vended = f"{NAME}-FunctionLogGroup-1", f"/aws/vendedlogs/states/{NAME}"
    for prefix, group in ((NAME, own), (vended, vended)):
        answer = {"logGroups": [{"logGroupName": group}]}
        answering.answer("logs", "describe_log_groups", answer, {"logGroupNamePrefix": prefix})

    assert kind("log group").find(account, NAME) == [own, vended]


def test_a_name_is_the_prefix_and_eight_digits(answering: Answering, account: Account) -> None:
    stack = {"CreationTime": 0, "StackStatus": "CREATE_COMPLETE"}
    answering.answer(
        "cloudformation", "describe_stacks", {"Stacks": [{**stack, "StackName": f"{PREFIX}tool"}]}
    )
    others = {"Buckets": [{"Name": f"{NAME}-logs"}, {"Name": f"my-{NAME}"}]}
    answering.answer("s3", "list_buckets", others, {"BucketRegion": "us-east-1", "Prefix": PREFIX})
    answering.answer("ec2", "describe_tags", {"Tags": [{"Value": NAME}, {"Value": f"{PREFIX}0123ABCD"}]})

    assert names_in(account) == {NAME}


class Unhurried:
    """An account in which nothing takes its time."""

    def sleep(self, _seconds: float) -> None:
        pass

    def until(self, condition: Callable[[], bool], _seconds: float, what: str) -> None:
        if not any(condition() for _ in range(9)):
            raise NotInTimeError(what)


class Made:
    """A resource of a kind, which is gone after so many removals, noted beside those of other kinds."""

    def __init__(self, what: str, times: int, removals: list[str]) -> None:
        self.what, self.times, self.removals = what, times, removals

    def find(self, _account: Account, _name: str) -> list[str]:
        return ["x"] if self.times > 0 else []

    def remove(self, _account: Account, _name: str, _one: str) -> None:
        self.times -= 1
        self.removals.append(self.what)


def removed_of(monkeypatch: pytest.MonkeyPatch, **times: int) -> tuple[list[str], list[str]]:
    """What is removed, one after another, of kinds that need so many removals; and what is left then."""
    removals: list[str] = []
    kinds = [Made(one.what, times.get(one.what.replace(" ", "_"), 0), removals) for one in KINDS]
    monkeypatch.setattr(removal, "KINDS", kinds)
    left = removal.remove(Unhurried(), NAME)  # type: ignore[arg-type]
    return removals, left


@pytest.mark.parametrize("other", ["log group", "customer key", "parameter", "snapshot"])
def test_the_bucket_which_has_the_name_goes_when_nothing_else_is_left(
    monkeypatch: pytest.MonkeyPatch, other: str
) -> None:
    removals, left = removed_of(monkeypatch, bucket=1, **{other.replace(" ", "_"): 3})

    assert removals == [other] * 3 + ["bucket"]
    assert left == []


def test_the_bucket_stays_with_what_cannot_be_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    removals, left = removed_of(monkeypatch, bucket=1, log_group=99)

    assert set(removals) == {"log group"}
    assert left == ["log group x", "bucket x"]


def test_what_cannot_be_listed_for_want_of_a_network_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    class Away:
        region = "us-east-1"

        def aws(self, service: str) -> Any:
            where = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
            nobody = "http://127.0.0.1:9"
            return boto3.client(service, self.region, endpoint_url=nobody, **where)  # type: ignore[call-overload]

    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")

    left = left_of(Away(), NAME)  # type: ignore[arg-type]

    assert len(left) == len(KINDS)
    assert all("unknown: Could not connect" in one for one in left)
