"""A run that asks people before it goes on."""

from __future__ import annotations

import json
import re
import shlex
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from botocore.credentials import Credentials

from sandbox.client import Client
from sandbox.signed_http import signed_call
from tests.workflow.conftest import (
    asked,
    changes,
    eventually,
    group_of,
    left_of,
    locks,
    row_of,
    sizes_of,
    source_state,
    succeeded,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.executions import Run

RECREATE = {"rollout": "recreate", "group": {"minSize": 1, "maxSize": 2, "desiredCapacity": 1}}
WHY = {"reason": "as in ticket 4711"}
ASK, TELL = "Request Approval", "Notify Failure"


@dataclass(frozen=True)
class Waiting:
    """A run that waits for the approval of its image."""

    sandbox: Client
    arn: str
    source: str

    @property
    def name(self) -> str:
        return self.arn.rpartition(":")[2]

    def answer(self, what: str, body: object = None, by: Credentials | None = None) -> tuple[int, Any]:
        """The status and the body of an answer to POST …/approve or …/reject."""
        endpoints = self.sandbox.endpoints
        url = f"{endpoints.apiUrl}/refreshes/{self.name}/{what}"
        who = by or Credentials("test", "test")
        status, _, told = signed_call("POST", url, endpoints.region, who, WHY if body is None else body)
        return status, told

    def described(self) -> Any:
        return self.sandbox.api("GET", f"/refreshes/{self.name}")[2]

    def end(self) -> Run:
        return self.sandbox.wait(self.arn)


def wait_for_approval(sandbox: Client, name: str, **more: Any) -> Waiting:
    """Start a run of a new group, or an existing one, and come back when it waits."""
    source = sandbox.seed()["instanceId"]
    stated = {"sourceInstanceId": source, "autoScalingGroupName": name, "approval": {"at": ["image"]}}
    waiting = Waiting(sandbox, sandbox.start(stated | RECREATE | more), source)
    assert asked(sandbox, waiting.arn), sandbox.wait(waiting.arn)
    return waiting


def undone(waiting: Waiting, group: str) -> Run:
    """Check that a run has ended badly and nothing of it is left; the run."""
    run = waiting.end()
    assert run.status == "FAILED"
    assert left_of(waiting.sandbox, run.arn) == []
    assert locks(waiting.sandbox, run.arn) == []
    assert group_of(waiting.sandbox, group) is None
    return run


@pytest.fixture
def user(sandbox: Client) -> Iterator[Callable[[str], Credentials]]:
    """Make an IAM user who may invoke what this pattern of a route says, and sign as that user."""
    iam, names = sandbox.aws("iam"), []

    def make(route: str) -> Credentials:
        name = f"user-{uuid4().hex[:8]}"
        names.append(name)
        iam.create_user(UserName=name)
        allowed = {
            "Effect": "Allow",
            "Action": "execute-api:Invoke",
            "Resource": f"arn:aws:execute-api:*:*:*/v1/{route}",
        }
        document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        iam.put_user_policy(UserName=name, PolicyName="api", PolicyDocument=document)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return Credentials(key["AccessKeyId"], key["SecretAccessKey"])

    yield make
    for name in names:
        for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
            iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
        iam.delete_user_policy(UserName=name, PolicyName="api")
        iam.delete_user(UserName=name)


def message(waiting: Waiting, subject: str) -> str:
    """The newest message to the topic about the waiting run's group with that end of its subject."""
    calls = [call["params"] for call in waiting.sandbox.calls_of(waiting.arn) if call["action"] == "Publish"]
    return next(str(one["Message"]) for one in reversed(calls) if str(one["Subject"]).endswith(subject))


def test_an_approved_run_goes_on_and_tells_who_and_why(sandbox: Client, group: str) -> None:
    waiting = wait_for_approval(sandbox, group)
    assert group_of(sandbox, group) is None
    question = waiting.described()["approval"]
    assert (question["at"], question["since"] < question["until"]) == ("image", True)

    status, told = waiting.answer("approve")

    assert (status, told["approval"]["answer"]["reason"]) == (200, WHY["reason"])
    output = succeeded(waiting.end())
    [approval] = output["approvals"]
    assert (approval["at"], approval["reason"]) == ("image", WHY["reason"])
    assert approval["by"].startswith("arn:aws:iam:")
    assert output["timings"]["approval"] > 0
    assert f"Approval: image, by {approval['by']}" in message(waiting, "SUCCEEDED")


def test_people_are_told_what_changes_and_the_command_that_answers(sandbox: Client, group: str) -> None:
    first = sandbox.seed()["instanceId"]
    succeeded(sandbox.run({"sourceInstanceId": first, "autoScalingGroupName": group, **RECREATE}))
    template = {"instanceType": "t3.large", "userData": "#!/bin/sh secret"}

    waiting = wait_for_approval(sandbox, group, launchTemplate=template, rollout="drain", group={})

    lines = waiting.described()["approval"]["changes"]
    assert "InstanceType: t3.small -> t3.large" in lines or any("-> t3.large" in line for line in lines)
    assert "user data: changed" in lines
    assert "sizes: minimum 1, maximum 2, desired 1 -> minimum 0, maximum 0, desired 0" in lines
    assert re.match(r"image: ami-\w+ -> ami-\w+ \(", lines[0])
    text = message(waiting, "approval needed")
    assert all(f"- {line}\n" in text for line in lines)
    assert "secret" not in text
    [command] = re.findall(r"^aws lambda invoke .*approve.*$", text, re.MULTILINE)
    words = shlex.split(command)
    option = dict(pairwise(words))
    assert option["--region"] == sandbox.endpoints.region
    invoked = sandbox.aws("lambda").invoke(
        FunctionName=option["--function-name"], Payload=option["--payload"].encode()
    )
    assert json.loads(invoked["Payload"].read())["approved"] is True
    [approval] = succeeded(waiting.end())["approvals"]
    assert "AnswerApprovalFunction" in approval["by"]


def test_a_rejected_run_is_undone_with_the_reason_in_its_cause(sandbox: Client, group: str) -> None:
    waiting = wait_for_approval(sandbox, group)

    status, _ = waiting.answer("reject", {"reason": "not on a Friday", "at": "image"})

    assert status == 200
    run = undone(waiting, group)
    assert run.error == "ApprovalRejected"
    assert "not on a Friday" in str(run.cause)
    assert "arn:aws:iam:" in str(run.cause)
    assert "not on a Friday" in message(waiting, "FAILED at Request Approval")


def test_a_run_that_nobody_answers_is_undone(sandbox: Client, group: str) -> None:
    waiting = wait_for_approval(sandbox, group, approval={"at": ["image"], "timeout": 300})

    run = undone(waiting, group)

    assert run.error == "ApprovalTimedOut"
    assert "within 300 s" in str(run.cause)
    status, told = waiting.answer("approve")
    assert (status, told["error"]) == (409, "NotWaitingForApproval")


def test_an_existing_group_is_as_before_after_a_rejection(sandbox: Client, group: str) -> None:
    first = sandbox.seed()["instanceId"]
    succeeded(sandbox.run({"sourceInstanceId": first, "autoScalingGroupName": group, **RECREATE}))
    before = group_of(sandbox, group)
    waiting = wait_for_approval(sandbox, group)

    waiting.answer("reject")

    run = waiting.end()
    assert run.error == "ApprovalRejected"
    assert "UpdateAutoScalingGroup" not in changes(sandbox, 0, [run.arn])
    after = group_of(sandbox, group)
    assert before is not None
    assert after is not None
    assert after["LaunchTemplate"] == before["LaunchTemplate"]
    assert sizes_of(sandbox, group) == (1, 1, 2)
    assert {one["InstanceId"] for one in after["Instances"]} == {
        one["InstanceId"] for one in before["Instances"]
    }


def test_a_second_answer_is_told_the_first(sandbox: Client, group: str) -> None:
    waiting = wait_for_approval(sandbox, group)
    waiting.answer("approve")

    late = [waiting.answer("reject"), waiting.answer("approve")]

    for status, told in late:
        assert (status, told["error"]) in {(409, "AlreadyAnswered"), (409, "NotWaitingForApproval")}
    assert succeeded(waiting.end())
    assert "was approved by" in late[0][1]["message"] or "already ended" in late[0][1]["message"]


def test_two_who_answer_in_the_same_moment_get_one_answer(
    sandbox: Client, group: str, user: Callable[[str], Credentials]
) -> None:
    waiting = wait_for_approval(sandbox, group)
    people = [user("POST/refreshes/*/approve"), user("POST/refreshes/*/reject")]

    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(waiting.answer, ["approve", "reject"], [WHY, WHY], people))

    assert sorted(status for status, _ in answers) == [200, 409]
    won = next(told for status, told in answers if status == 200)["approval"]["answer"]
    lost = next(told for status, told in answers if status == 409)
    assert lost["error"] in {"AlreadyAnswered", "NotWaitingForApproval"}
    assert waiting.end().status == ("SUCCEEDED" if won["approved"] else "FAILED")


def test_an_answer_whose_way_to_the_run_was_cut_is_finished_by_the_next(sandbox: Client, group: str) -> None:
    waiting = wait_for_approval(sandbox, group)
    cut = {
        "service": "stepfunctions",
        "action": "SendTaskSuccess",
        "when": "before",
        "effect": "error",
        "times": 3,
    }
    sandbox.faults({**cut, "code": "ServiceUnavailable", "status": 503})
    status, told = waiting.answer("approve")
    assert (status, told["error"]) == (503, "ServiceUnavailable")
    sandbox.faults()

    status, told = waiting.answer("approve", {"reason": "once more"})

    assert (status, told["approval"]["answer"]["reason"]) == (200, WHY["reason"])
    [approval] = succeeded(waiting.end())["approvals"]
    assert approval["reason"] == WHY["reason"]


def test_an_answer_to_a_wrong_question_or_run_or_without_a_reason_is_refused(
    sandbox: Client, group: str
) -> None:
    waiting = wait_for_approval(sandbox, group)
    other = sandbox.start(
        {"sourceInstanceId": sandbox.seed()["instanceId"], "autoScalingGroupName": f"{group}-b"}
    )

    told = {
        "another question": waiting.answer("approve", {**WHY, "at": "checkpoint-50"}),
        "a run that asks nobody": Waiting(sandbox, other, "").answer("approve"),
        "a run that never was": Waiting(sandbox, f"{other}-no", "").answer("approve"),
        "no reason": waiting.answer("approve", {"reason": " "}),
        "another field": waiting.answer("approve", {**WHY, "taskToken": "x"}),
        "no object": waiting.answer("approve", ["yes"]),
    }

    assert {what: (status, body["error"]) for what, (status, body) in told.items()} == {
        "another question": (409, "NotWaitingForApproval"),
        "a run that asks nobody": (409, "NotWaitingForApproval"),
        "a run that never was": (404, "RunNotFound"),
        "no reason": (400, "InvalidInput"),
        "another field": (400, "InvalidInput"),
        "no object": (400, "InvalidInput"),
    }
    assert "approvalAnswer" not in row_of(sandbox, waiting.arn)
    waiting.answer("reject")
    undone(waiting, group)


def test_who_may_reject_may_not_approve(
    sandbox: Client, group: str, user: Callable[[str], Credentials]
) -> None:
    waiting, careful = wait_for_approval(sandbox, group), user("POST/refreshes/*/reject")

    assert waiting.answer("approve", by=careful)[0] == 403
    status, told = waiting.answer("reject", by=careful)

    assert status == 200
    assert ":user/user-" in told["approval"]["answer"]["by"]
    assert told["approval"]["answer"]["by"] in str(undone(waiting, group).cause)


def test_a_run_that_is_stopped_while_it_waits_is_undone_and_takes_no_answer(
    sandbox: Client, group: str
) -> None:
    waiting = wait_for_approval(sandbox, group)

    sandbox.stop(waiting.arn)
    status, told = waiting.answer("approve")

    assert (status, told["error"]) == (409, "NotWaitingForApproval")
    eventually(lambda: locks(sandbox, waiting.arn) == [])
    assert left_of(sandbox, waiting.arn) == []
    assert group_of(sandbox, group) is None
    assert source_state(sandbox, waiting.source) in {"pending", "running"}


def test_the_token_is_in_the_row_and_nowhere_else(sandbox: Client, group: str) -> None:
    began = time.time_ns() // 1_000_000
    waiting = wait_for_approval(sandbox, group)
    token = row_of(sandbox, waiting.arn)["approvalToken"]["S"]
    described, text = waiting.described(), message(waiting, "approval needed")
    answered = waiting.answer("approve")
    run = waiting.end()

    logs = sandbox.aws("logs")
    groups = [one["logGroupName"] for one in logs.describe_log_groups()["logGroups"]]
    pages = logs.get_paginator("filter_log_events")
    found = [pages.paginate(logGroupName=name, startTime=began).build_full_result() for name in groups]
    lines = [event["message"] for events in found for event in events["events"]]
    assert any(run.arn in line for line in lines)
    for place in (described, text, answered, run.output, lines):
        assert token not in json.dumps(place)


def rolling_input(sandbox: Client, name: str) -> dict[str, Any]:
    """An input that rolls a group, and asks people at each of its checkpoints below 100%."""
    return {
        "sourceInstanceId": sandbox.seed()["instanceId"],
        "autoScalingGroupName": name,
        "rollout": "rolling",
        "rolling": {"instanceWarmup": 1, "checkpointPercentages": [25, 50, 100]},
        "approval": {"at": ["checkpoint"]},
    }


def whole_group(sandbox: Client, name: str) -> set[str]:
    """Make a group of four by a run; the ids of its instances."""
    source = sandbox.seed()["instanceId"]
    sizes = {"minSize": 4, "desiredCapacity": 4, "maxSize": 6}
    stated = {"sourceInstanceId": source, "autoScalingGroupName": name, "rollout": "none", "group": sizes}
    succeeded(sandbox.run(stated))
    eventually(lambda: len(in_service(sandbox, name)) == 4)
    return set(in_service(sandbox, name))


def in_service(sandbox: Client, name: str) -> dict[str, str]:
    """The version of each instance of a group that is in service."""
    found = group_of(sandbox, name)
    assert found is not None
    members = [one for one in found["Instances"] if one["LifecycleState"] == "InService"]
    return {one["InstanceId"]: one["LaunchTemplate"]["Version"] for one in members}


def test_each_checkpoint_is_approved_before_the_next_instances_are_replaced(
    sandbox: Client, group: str
) -> None:
    before = whole_group(sandbox, group)
    run = sandbox.start(rolling_input(sandbox, group))
    waiting, seen = Waiting(sandbox, run, ""), []

    while asked(sandbox, run):
        question = waiting.described()["approval"]
        seen.append((question["at"], sorted(in_service(sandbox, group).values()), question["changes"][0]))
        waiting.answer("approve", {"reason": "it serves", "at": question["at"]})

    output = succeeded(sandbox.wait(run))
    assert seen == [
        ("checkpoint-25", ["1", "1", "1", "2"], f"instances: 1 of 4 launched from {group} version 2"),
        ("checkpoint-50", ["1", "1", "2", "2"], f"instances: 2 of 4 launched from {group} version 2"),
    ]
    assert [one["at"] for one in output["approvals"]] == ["checkpoint-25", "checkpoint-50"]
    assert set(in_service(sandbox, group).values()) == {"2"}
    assert not before & set(in_service(sandbox, group))
    assert output["group"]["sizesBefore"] == {"minSize": 4, "maxSize": 6, "desiredCapacity": 4}


def test_a_checkpoint_that_is_rejected_is_rolled_back_a_few_at_a_time(sandbox: Client, group: str) -> None:
    before = whole_group(sandbox, group)
    run = sandbox.start(rolling_input(sandbox, group))
    waiting = Waiting(sandbox, run, "")
    assert asked(sandbox, run)
    waiting.answer("approve")
    assert asked(sandbox, run)

    waiting.answer("reject", {"reason": "the load balancer sees errors", "at": "checkpoint-50"})

    ended = sandbox.wait(run)
    assert ended.error == "ApprovalRejected"
    assert "the load balancer sees errors" in str(ended.cause)
    after = in_service(sandbox, group)
    assert set(after.values()) == {"1"}
    assert len(after) == 4
    # Two were replaced, and came back; the others have served all the time.
    assert len(before & set(after)) == 2
    assert sizes_of(sandbox, group) == (4, 4, 6)
    assert left_of(sandbox, run) == []
    assert locks(sandbox, run) == []


def test_a_run_that_is_stopped_at_a_checkpoint_is_rolled_back(sandbox: Client, group: str) -> None:
    whole_group(sandbox, group)
    run = sandbox.start(rolling_input(sandbox, group))
    assert asked(sandbox, run)

    sandbox.stop(run)

    eventually(lambda: locks(sandbox, run) == [])
    assert sorted(in_service(sandbox, group).values()) == ["1"] * 4
    assert Waiting(sandbox, run, "").answer("approve")[0] == 409


def test_a_dry_run_asks_nobody(sandbox: Client, group: str) -> None:
    source = sandbox.seed()["instanceId"]
    stated = {"sourceInstanceId": source, "autoScalingGroupName": group, "approval": {"at": ["image"]}}

    run = sandbox.run(stated | {"dryRun": True})

    plan = succeeded(run)
    assert any("waits up to 86400 s" in warning for warning in plan["warnings"])
    assert ASK not in run.state_names
