"""A stack is updated while runs are under way: each of them goes on with the code that it began with."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from sandbox import launcher
from sandbox.build import ROOT, local_template, sam_environment
from sandbox.client import Client
from sandbox.launcher import sandbox as new_sandbox
from sandbox.launcher import update
from sandbox.processes import ChildError
from tests.conftest import SCALE
from tests.least_privilege.recording import account_of
from tests.workflow.conftest import eventually, left_of, locks, source_state, succeeded
from tools.deploy_policy import policy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# What a task hands over, by the end of its Resource. The input of undo stays: whichever sweeper is deployed
# has to start the undo that a run began with.
HANDED = {"lambda:invoke": "Payload", "states:startExecution.sync:2": "Input"}
VERSION = "AWS::StepFunctions::StateMachineVersion"
# What stands for the handler of a build whose events have all that they had in one field.
HANDLER = """

def handler(event: dict, context: object) -> object:
    return handler_of_before(event["event"], context)
"""


def steps(template: dict[str, Any]) -> Iterator[str]:
    """The files of the handlers that a definition calls."""
    resources = template["Resources"]
    for resource in resources.values():
        for value in resource.get("Properties", {}).get("DefinitionSubstitutions", {}).values():
            function, _, version = value["Ref"].partition(".")
            if version:
                module = resources[function]["Properties"]["Handler"].rpartition(".")[0]
                yield f"{module.replace('.', '/')}.py"


def children(template: dict[str, Any]) -> Iterator[str]:
    """The files of the definitions that another one calls, but for undo."""
    resources = template["Resources"]
    for resource in resources.values():
        if resource["Type"] == VERSION and resource["Properties"]["StateMachineArn"]["Ref"] != "Undo":
            machine = resources[resource["Properties"]["StateMachineArn"]["Ref"]]
            yield machine["Properties"]["DefinitionUri"]


def wrap_events(definition: dict[str, Any]) -> None:
    """Hand each function and each other workflow all that it takes in one field."""
    for state in definition["States"].values():
        handed = HANDED.get(state.get("Resource", "").partition(":states:::")[2])
        if handed and state["Arguments"].get("StateMachineArn") != "${UndoArn}":
            state["Arguments"][handed] = {"event": state["Arguments"][handed]}


def other_build(directory: Path) -> Path:
    """A copy of the product whose handlers and child workflows take other events, and are given those."""
    for name in ("functions", "statemachine"):
        shutil.copytree(ROOT / name, directory / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("template.yaml", "samconfig.toml", ".python-version"):
        shutil.copyfile(ROOT / name, directory / name)
    # What pip installs for a build.
    (directory / ".aws-sam").symlink_to(ROOT / ".aws-sam")
    template = yaml_parse((directory / "template.yaml").read_text(encoding="utf-8"))
    for module in set(steps(template)):
        file = directory / "functions" / module
        text = file.read_text(encoding="utf-8")
        assert text.count("\ndef handler(") == 1, module
        text = text.replace("\ndef handler(", "\ndef handler_of_before(") + HANDLER
        file.write_text(text, encoding="utf-8")
    for file in (directory / "statemachine").glob("*.asl.json"):
        text = file.read_text(encoding="utf-8")
        if file.relative_to(directory).as_posix() in children(template):
            text = text.replace("Execution.Input.", "Execution.Input.event.")
        definition = json.loads(text)
        wrap_events(definition)
        file.write_text(json.dumps(definition, indent=2), encoding="utf-8")
    return directory


class Stack:
    """A sandbox of its own, whose builds a test changes."""

    def __init__(self, sandbox: Client, place: Path) -> None:
        self.sandbox = sandbox
        self.first = local_template(place / "first.log")
        self.other = local_template(place / "other.log", other_build(place / "other"))
        self._log = place / "update.log"
        self._durations = sandbox.control("GET", "durations")

    def update(self, template: Path, *options: str) -> None:
        update(self.sandbox.endpoints, template, self._log, *options)

    def start_and_hold(self, group: str) -> str:
        """A run that waits for its snapshots, for longer than a deployment takes."""
        self.sandbox.control("PUT", "durations", {"snapshotBase": 100_000})
        source = self.sandbox.seed()["instanceId"]
        run = self.sandbox.start({"sourceInstanceId": source, "autoScalingGroupName": group})
        eventually(lambda: "Check Snapshots" in self.states(run))
        return run

    def fail(self, run: str) -> None:
        """Refuse the run its image, once its snapshots are ready."""
        refused = {"run": run, "service": "ec2", "action": "RegisterImage", "code": "AccessDenied"}
        self.sandbox.control("POST", "faults", [refused | {"effect": "error", "status": 403, "times": None}])

    def undone(self, run: str) -> bool:
        """Whether nothing of a run is left, its locks included."""
        return left_of(self.sandbox, run) == [] and locks(self.sandbox, run) == []

    def drained(self, run: str) -> bool:
        """Whether a run has succeeded, and not past its rollout."""
        ended = self.sandbox.wait(run)
        return succeeded(ended)["rollout"] == "drain" and "Check Group Drained" in ended.state_names

    def states(self, run: str) -> list[str]:
        events = self.sandbox.history(run)
        return [e["stateEnteredEventDetails"]["name"] for e in events if "stateEnteredEventDetails" in e]

    def let_go(self) -> None:
        """Let the snapshots that are being made be ready, in a moment of the world's time."""
        self.sandbox.control("PUT", "durations", {"scale": 1e-9})
        self.sandbox.ec2.describe_snapshots()
        self.sandbox.control("PUT", "durations", self._durations)


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

    meanwhile = stack.start_and_hold("meanwhile")
    stack.update(stack.first)
    assert sandbox.stepfunctions.describe_execution(executionArn=meanwhile)["status"] == "RUNNING"
    stack.let_go()
    assert stack.drained(meanwhile)

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
    eventually(lambda: stack.undone(stopped), 60)
    stack.let_go()

    assert stack.sandbox.wait(failing).error == "RequestRefused"
    assert stack.undone(failing)
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


def test_a_role_deploys_with_the_derived_policy_and_not_without(
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


def test_a_stack_is_removed_once_its_open_run_is_stopped_and_undone(stack: Stack) -> None:
    """The order that docs/deploy.md gives; this ends the stack, so it is the last test."""
    sandbox, stack_name = stack.sandbox, stack.sandbox.endpoints.stackName
    run = stack.start_and_hold("removed")
    given = json.loads(sandbox.stepfunctions.describe_execution(executionArn=run)["input"])
    sandbox.stop(run)
    eventually(lambda: stack.undone(run), 60)
    stack.let_go()
    cloudformation = sandbox.aws("cloudformation")

    cloudformation.delete_stack(StackName=stack_name)
    cloudformation.get_waiter("stack_delete_complete").wait(
        StackName=stack_name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )

    assert left_of(sandbox, run) == []
    eventually(lambda: source_state(sandbox, given["sourceInstanceId"]) == "running")
    assert sandbox.aws("lambda").list_functions()["Functions"] == []


def _names(functions: Any) -> list[str]:
    pages = functions.get_paginator("list_functions").paginate()
    return [function["FunctionName"] for page in pages for function in page["Functions"]]
