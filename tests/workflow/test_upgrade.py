"""A stack is updated while runs are under way: each of them goes on with the code that it began with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import launcher
from sandbox.build import sam_environment
from sandbox.client import Client
from sandbox.launcher import sandbox as new_sandbox
from sandbox.processes import ChildError
from tests.conftest import SCALE
from tests.least_privilege.recording import account_of
from tests.workflow.conftest import eventually, succeeded
from tests.workflow.upgrading import Stack
from tools.deploy_policy import policy

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    place = tmp_path_factory.mktemp("upgrade")
    with new_sandbox(place / "sandbox", SCALE) as endpoints:
        yield Stack(Client(endpoints), place)


def test_a_run_goes_on_with_its_own_build_through_an_update_and_its_roll_back(stack: Stack) -> None:
    sandbox = stack.sandbox
    before = stack.start_and_hold("before")

    stack.update(stack.other)
    assert sandbox.stepfunctions.describe_execution(executionArn=before)["status"] == "RUNNING"
    stack.let_go()
    assert stack.drained(before)
    assert stack.notified(before) == ["golden image of before: SUCCEEDED"]

    meanwhile = stack.start_and_hold("meanwhile")
    stack.update(stack.first)
    assert sandbox.stepfunctions.describe_execution(executionArn=meanwhile)["status"] == "RUNNING"
    stack.let_go()
    assert stack.drained(meanwhile)
    assert stack.notified(meanwhile) == ["golden image of meanwhile: SUCCEEDED"]

    source = sandbox.seed()["instanceId"]
    assert stack.drained(sandbox.start({"sourceInstanceId": source, "autoScalingGroupName": "after"}))


@pytest.mark.parametrize("updated", [True, False], ids=["update", "roll-back"])
def test_what_ends_badly_after_an_update_is_undone_by_the_build_that_it_began_with(
    stack: Stack, updated: bool
) -> None:
    began, then = (stack.first, stack.other) if updated else (stack.other, stack.first)
    stack.update(began)
    failing, stopped = stack.start_and_hold(f"failing-{updated}"), stack.start_and_hold(f"stopped-{updated}")
    stack.fail(failing)

    stack.update(then)
    stack.sandbox.stop(stopped)
    eventually(lambda: stack.undone(stopped))
    stack.let_go()

    over = stack.sandbox.wait(failing)
    assert over.error == "RequestRefused", over.cause
    assert stack.undone(failing)
    assert stack.notified(failing) == [f"golden image of failing-{updated}: FAILED at Register Image"]
    cleaned_up = [f"golden image of stopped-{updated}: ABORTED, cleaned up"]
    eventually(lambda: stack.notified(stopped) == cleaned_up)
    stack.update(stack.first)


def test_a_new_default_group_is_that_of_every_run_that_starts_then(stack: Stack) -> None:
    sandbox, source = stack.sandbox, stack.sandbox.seed()["instanceId"]
    plan = {"sourceInstanceId": source, "dryRun": True}
    assert sandbox.run(plan).error == "InvalidInput"
    functions = sandbox.aws("lambda")
    name = next(n for n in _names(functions) if "PlanRefresh" in n)
    (*_, newest) = functions.list_versions_by_function(FunctionName=name)["Versions"]

    stack.update(stack.first, "--parameter-overrides", "DefaultGroupName=by-default")

    assert succeeded(sandbox.run(plan))["group"]["name"] == "by-default"
    assert sandbox.api("POST", "/refreshes", plan)[0] == 202
    versions = functions.list_versions_by_function(FunctionName=name)["Versions"]
    assert versions[-2]["FunctionArn"] == newest["FunctionArn"]


def test_a_role_deploys_and_deletes_with_the_derived_policy_and_not_without(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MiniStack checks what SAM calls; CloudFormation's handlers are not calls there."""
    account, iam = account_of(stack.sandbox), stack.sandbox.aws("iam")
    bucket = "aws-sam-cli-managed-default-sandbox"
    stack.sandbox.aws("s3").create_bucket(Bucket=bucket)
    anybody = {"Effect": "Allow", "Principal": {"AWS": account.account}, "Action": "sts:AssumeRole"}
    trusted = {"Version": "2012-10-17", "Statement": [anybody]}
    role = iam.create_role(RoleName="deployer", AssumeRolePolicyDocument=json.dumps(trusted))["Role"]["Arn"]
    session = stack.sandbox.aws("sts").assume_role(RoleArn=role, RoleSessionName="ci")["Credentials"]
    own = {
        "AWS_ACCESS_KEY_ID": session["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": session["SecretAccessKey"],
        "AWS_SESSION_TOKEN": session["SessionToken"],
    }
    monkeypatch.setattr(launcher, "sam_environment", lambda: sam_environment() | own)

    with pytest.raises(ChildError, match="not authorized"):
        stack.update(stack.other, "--s3-bucket", bucket)
    document = json.dumps(policy(account))
    iam.put_role_policy(RoleName="deployer", PolicyName="deploy", PolicyDocument=document)
    stack.update(stack.other, "--s3-bucket", bucket)
    stack.update(stack.first, "--s3-bucket", bucket)

    stack.delete("--s3-bucket", bucket)
    kept = stack.sandbox.endpoints.generationsTable
    assert stack.sandbox.aws("dynamodb").list_tables()["TableNames"] == [kept]
    assert not _names(stack.sandbox.aws("lambda"))


def _names(functions: Any) -> list[str]:
    pages = functions.get_paginator("list_functions").paginate()
    return [function["FunctionName"] for page in pages for function in page["Functions"]]
