"""A sandbox, from nothing to deployed: the EC2 world, MiniStack, and the product in it."""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import yaml
from moto.core import DEFAULT_ACCOUNT_ID

from golden_image_cli.stack import emulated_api
from sandbox.build import ROOT, SAM, local_template, sam_environment
from sandbox.endpoints import DEFAULT_DIRECTORY, Endpoints, forget
from sandbox.identities import tell_identities
from sandbox.processes import Child, clean_environment, free_port
from sandbox.stacks import resources_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REGION = "us-east-1"
STACK_NAME = "golden-image-refresh"
DEFAULT_SCALE = 0.02
_ARTIFACTS_BUCKET = "sandbox-artifacts"
_START_SECONDS = 300
_DEPLOY_SECONDS = 900


class AlreadyUpError(RuntimeError):
    """Another sandbox is up in that directory."""


@contextmanager
def sandbox(
    directory: Path = DEFAULT_DIRECTORY,
    scale: float = DEFAULT_SCALE,
    port: int | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Iterator[Endpoints]:
    """A sandbox that is up, with the product deployed, until the block ends.

    Args:
        directory: for its endpoints file, logs and temporary files; one sandbox at a time.
        scale: real seconds per virtual second, for the EC2 world and for the workflow's waits.
        port: MiniStack's; a free one unless named.
        say: is called with each step, in a word.

    Raises:
        AlreadyUpError: another sandbox is up in `directory`.
        ChildError: a part of it did not start, or the build or the deployment failed.
    """
    with emulators(directory, scale, port, say) as place:
        say("deploying")
        endpoints = place.deploy(local_template(place.log("build")))
        tell_identities(endpoints)
        endpoints.write(directory)
        yield endpoints


@contextmanager
def emulators(
    directory: Path,
    scale: float = DEFAULT_SCALE,
    port: int | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Iterator[Place]:
    """A sandbox that is up and built for, with nothing deployed in it; see `sandbox`."""
    directory.mkdir(parents=True, exist_ok=True)
    place = Place(directory, scale, port or free_port(), free_port())
    with ExitStack() as stack:
        stack.enter_context(_only_one(directory))
        stack.enter_context(_temporary_directory(place.temporary))
        stack.callback(forget, directory)
        say("starting")
        world = place.start_world()
        stack.callback(world.end)
        ministack = place.start_ministack()
        stack.callback(ministack.end)
        say("building")
        local_template(place.log("build"))
        world.wait_for(f"{place.ec2}/_sandbox/durations", _START_SECONDS)
        ministack.wait_for(f"{place.aws}/_ministack/ready", _START_SECONDS)
        yield place


def update(endpoints: Endpoints, template: Path, log: Path, *options: str) -> None:
    """Deploy another build into a sandbox that is up, while its runs go on.

    Args:
        endpoints: the sandbox's; they stay as they are.
        template: see `build.local_template`.
        log: gets what `sam deploy` says.
        options: more of `sam deploy`'s.

    Raises:
        ChildError: `sam deploy` failed.
    """
    _sam_deploy(endpoints.aws, template, log, *options)
    tell_identities(endpoints)


def delete(endpoints: Endpoints, log: Path, *options: str) -> None:
    """Delete the stack of a sandbox by `sam delete`, which gets `options` too.

    Raises:
        ChildError: `sam delete` failed.
    """
    command = [str(SAM), "delete", "--no-prompts", "--stack-name", STACK_NAME, "--region", REGION, *options]
    _sam("sam delete", endpoints.aws, log, command)


def _sam_deploy(aws: str, template: Path, log: Path, *options: str) -> None:
    command = [str(SAM), "deploy", "--template-file", str(template), "--stack-name", STACK_NAME]
    # A bucket of its own instead of --resolve-s3, whose stack of its own takes eight seconds more.
    command += ["--s3-bucket", _ARTIFACTS_BUCKET, "--region", REGION, "--capabilities", "CAPABILITY_IAM"]
    command += ["--no-confirm-changeset", "--no-fail-on-empty-changeset", *options]
    _sam("sam deploy", aws, log, command)


def _sam(name: str, aws: str, log: Path, command: list[str]) -> None:
    environment = sam_environment() | {"AWS_ENDPOINT_URL": aws, "SAM_CLI_POLL_DELAY": "0.1"}
    Child(name, command, log, environment, ROOT).wait(_DEPLOY_SECONDS)


@contextmanager
def _only_one(directory: Path) -> Iterator[None]:
    """Hold the directory's lock; the kernel lets go of it however this process ends."""
    with (directory / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyUpError(f"a sandbox is up in {directory}: stop it, or name another --dir") from None
        yield


@contextmanager
def _temporary_directory(path: Path) -> Iterator[None]:
    """An empty directory, without what a killed sandbox may have left in it, gone at the end."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    try:
        yield
    finally:
        shutil.rmtree(path, ignore_errors=True)


@dataclass(frozen=True)
class Place:
    """One sandbox's directory, time scale and ports."""

    directory: Path
    scale: float
    aws_port: int
    ec2_port: int

    @property
    def temporary(self) -> Path:
        """The directory of temporary files."""
        return self.directory / "tmp"

    @property
    def aws(self) -> str:
        """Base URL of all services but EC2 and Auto Scaling."""
        return f"http://127.0.0.1:{self.aws_port}"

    @property
    def ec2(self) -> str:
        """Base URL of EC2, Auto Scaling and the `/_sandbox/` verbs."""
        return f"http://127.0.0.1:{self.ec2_port}"

    def log(self, name: str) -> Path:
        """The log of one of the children."""
        return self.directory / "logs" / f"{name}.log"

    def start_world(self) -> Child:
        """Start the EC2 world."""
        command = [sys.executable, "-m", "ec2world", "--port", str(self.ec2_port)]
        command += ["--scale", str(self.scale), "--region", REGION, "--upstream", self.aws]
        return Child("the EC2 world", command, self.log("world"), self._environment(), ROOT)

    def start_ministack(self) -> Child:
        """Start MiniStack."""
        environment = self._environment() | {
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.aws_port),
            "MINISTACK_REGION": REGION,
            # The EC2 world's: an instance profile and a group are of the account that the run is in.
            "MINISTACK_ACCOUNT_ID": DEFAULT_ACCOUNT_ID,
            "SFN_WAIT_SCALE": str(self.scale),
            # Signatures are checked, IAM policies evaluated, and each function has its own role's session.
            "AUTH": "true",
            # Functions inherit these, so that the template holds nothing for testing.
            # The world passes on what is not its own, so that its rules and its record are about every call.
            "AWS_ENDPOINT_URL": self.ec2,
            "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
            # Lambda's waits before it retries an asynchronous invocation: one minute, then two.
            "LAMBDA_ASYNC_RETRY_BASE_SECONDS": str(60 * self.scale),
            "LAMBDA_ASYNC_RETRY_MAX_SECONDS": str(300 * self.scale),
            "STATE_DIR": str(self.temporary.resolve() / "state"),
            # Listeners on fixed ports, which two sandboxes would fight for.
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
        }
        command = [sys.executable, "-m", "sandbox.ministack"]
        return Child("MiniStack", command, self.log("ministack"), environment, ROOT)

    def _environment(self) -> dict[str, str]:
        return clean_environment() | {"TMPDIR": str(self.temporary.resolve()), "PYTHONUNBUFFERED": "1"}

    def deploy(self, template: Path) -> Endpoints:
        """Deploy the product; ChildError where `sam deploy` fails."""
        session = boto3.Session("test", "test", region_name=REGION)
        session.client("s3", endpoint_url=self.aws).create_bucket(Bucket=_ARTIFACTS_BUCKET)
        _sam_deploy(self.aws, template, self.log("deploy"))
        cloudformation = session.client("cloudformation", endpoint_url=self.aws)
        stack = cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"][0]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        resources = resources_of(cloudformation, STACK_NAME)
        arns = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in resources}
        return Endpoints(
            aws=self.aws,
            ec2=self.ec2,
            region=REGION,
            scale=self.scale,
            stateMachineArn=outputs["StateMachineArn"],
            stateMachines=_state_machines(template, arns),
            apiUrl=emulated_api(self.aws, outputs["ApiUrl"]),
            ledgerTable=outputs["LedgerTableName"],
            # A stack of a version before has none.
            generationsTable=outputs.get("GenerationsTableName", ""),
            notificationTopicArn=outputs["NotificationTopicArn"],
            deadLetterQueueUrl=outputs["ScheduleDeadLetterQueueUrl"].replace("localhost", "127.0.0.1"),
            stackName=STACK_NAME,
            pid=os.getpid(),
        )


def _state_machines(template: Path, arns: dict[str, str]) -> dict[str, str]:
    """The ARN of each definition file's state machine, from the ARNs by logical id."""
    resources = yaml.safe_load(template.read_text())["Resources"]
    return {
        Path(resource["Properties"]["DefinitionUri"]).name.removesuffix(".asl.json"): arns[logical_id]
        for logical_id, resource in resources.items()
        if resource["Type"] == "AWS::Serverless::StateMachine"
    }
