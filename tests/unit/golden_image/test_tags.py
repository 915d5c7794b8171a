from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from golden_image import tags
from tests.unit.account import OTHER_RUN, RUN


@pytest.fixture(autouse=True)
def stack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACK_NAME", "refresh")
    monkeypatch.setenv("LEDGER_TABLE", "refresh-ledger")


def test_everything_that_a_run_makes_tells_its_run_its_source_and_its_stack() -> None:
    assert tags.of_run(RUN, "i-1") == {
        "golden-image:run": RUN,
        "golden-image:source": "i-1",
        "golden-image:stack": "refresh",
    }


def test_a_tag_of_the_input_cannot_take_the_place_of_a_mark() -> None:
    marked = tags.of_run(RUN, "i-1", {"Team": "web", "golden-image:run": OTHER_RUN})
    assert marked["Team"] == "web"
    assert marked["golden-image:run"] == RUN


def test_tags_come_back_from_the_form_that_aws_gives_them() -> None:
    own = {"Team": "web", "버전": ""}
    assert tags.from_aws(tags.to_aws(own)) == own
    assert tags.from_aws(None) == {}


def test_each_kind_of_resource_gets_the_tags() -> None:
    assert tags.specifications({"a": "b"}, "image", "snapshot") == [
        {"ResourceType": "image", "Tags": [{"Key": "a", "Value": "b"}]},
        {"ResourceType": "snapshot", "Tags": [{"Key": "a", "Value": "b"}]},
    ]


def test_a_client_token_is_the_same_in_each_try_and_another_for_each_purpose_and_run() -> None:
    token = tags.token(RUN, "launch template")
    assert token == tags.token(RUN, "launch template")
    assert len({token, tags.token(RUN, "version"), tags.token(OTHER_RUN, "launch template")}) == 3
    assert token.isascii()
    assert len(token) <= 128


def test_the_name_of_a_run_is_the_last_part_of_its_arn() -> None:
    assert tags.run_name(RUN) == "web-20261122T030000Z-0123abcd"


# Whose a resource is


def marked(**marks: str) -> dict[str, Any]:
    """A resource as AWS describes it."""
    return {
        "Id": "x",
        "Tags": [{"Key": f"golden-image:{key}", "Value": value} for key, value in marks.items()],
    }


@pytest.mark.parametrize(
    "resource", [{}, {"Tags": None}, marked(), marked(run=OTHER_RUN), marked(source=RUN)]
)
def test_a_resource_without_a_runs_mark_is_not_that_runs(resource: dict[str, Any]) -> None:
    assert not tags.owned_by(RUN, resource)


def test_a_resource_with_a_runs_mark_is_that_runs() -> None:
    assert tags.owned_by(RUN, marked(run=RUN))


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    "code", ["AccessDenied", "UnauthorizedOperation", "Client.UnauthorizedOperation", "Client.AccessDenied"]
)
def test_a_denial_for_want_of_the_stacks_mark_is_told_with_the_command(code: str) -> None:
    error = ClientError({"Error": {"Code": code, "Message": ""}}, "DeleteSnapshot")
    assert tags.how_to_delete(error, marked(run=RUN), "aws x").endswith("may not delete it: aws x")
    with pytest.raises(ClientError):
        tags.how_to_delete(error, marked(stack=tags.stack()), "aws x")


def test_another_refusal_is_none_of_the_mark() -> None:
    error = ClientError({"Error": {"Code": "InvalidSnapshot.InUse", "Message": ""}}, "DeleteSnapshot")
    with pytest.raises(ClientError):
        tags.how_to_delete(error, marked(run=RUN), "aws x")
