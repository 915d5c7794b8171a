"""An acceptance that is interrupted before a step or within one leaves nothing; `clean` ends a killed one."""

from __future__ import annotations

import _thread
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from acceptance import state
from acceptance.__main__ import main
from acceptance.in_sandbox import options, run_options
from acceptance.kinds import KINDS
from acceptance.names import new_name
from acceptance.plan import Plan
from acceptance.removal import left_of
from acceptance.run import LAST_STEPS, SETUP_STEPS, Result, accept
from acceptance.scenarios import SCENARIOS, Scenario
from tests.acceptance.everything import everything

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from acceptance.account import Account

# Real seconds into a scenario. The run with the deleted key pair is over sooner than the others.
WITHIN = {"key-pair": 0.2}
USUALLY_WITHIN = 1.5
# A call within each other step. Within the deployment, the whole command is interrupted.
MAKES = {
    "bucket": ("s3", "CreateBucket"),
    "key pair": ("ec2", "CreateKeyPair"),
    "customer key": ("kms", "CreateKey"),
    "sources": ("ec2", "RunInstances"),
    "probes": ("ec2", "CreateImage"),
    "removal": ("cloudformation", "DeleteStack"),
}


@pytest.fixture(scope="module", autouse=True)
def interruptible() -> Iterator[None]:
    """Ctrl-C interrupts. A process that a shell starts in the background ignores it."""
    ignored = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, ignored)


@pytest.fixture(scope="session")
def template(account: Account) -> Path:
    """The template that the sandbox deploys."""
    assert account
    return Path(run_options()[1])


@pytest.fixture(scope="session", autouse=True)
def before(account: Account) -> set[str]:
    """What is in the account before any acceptance, and what an acceptance leaves in it."""
    assert account
    return everything() | {"iam AWSServiceRoleForAutoScaling"}


def nothing_is_left(account: Account, name: str, before: set[str]) -> None:
    assert everything() - before == set()
    assert left_of(account, name) == []
    assert name not in state.begun(account)


def interrupting(step: str) -> Callable[[str], None]:
    """What interrupts an acceptance before a step, once."""
    steps = [step]

    def say(text: str) -> None:
        if text in steps:
            steps.clear()
            raise KeyboardInterrupt

    return say


@pytest.mark.parametrize("step", [*SETUP_STEPS, *LAST_STEPS])
def test_nothing_is_left_after_an_interruption_before(
    account: Account, template: Path, before: set[str], step: str
) -> None:
    result = Result(new_name())

    with pytest.raises(KeyboardInterrupt):
        accept(account, Plan(("linux",), ()), result, template, interrupting(step))

    nothing_is_left(account, result.name, before)


@contextmanager
def interrupting_after(account: Account, service: str, call: str) -> Iterator[list[str]]:
    """What interrupts the first call of an operation, once: AWS has done it, and nobody has its answer yet.

    Yields the list in which the call then is.
    """
    events, made = account.aws(service).meta.events, f"after-call.{service}.{call}"
    interrupted: list[str] = []

    def interrupt(**_answer: object) -> None:
        if not interrupted:
            interrupted.append(call)
            raise KeyboardInterrupt

    events.register(made, interrupt)
    try:
        yield interrupted
    finally:
        events.unregister(made, interrupt)


@pytest.mark.parametrize("step", list(MAKES))
def test_nothing_is_left_after_an_interruption_within_a_step(
    account: Account, template: Path, before: set[str], step: str
) -> None:
    result, said = Result(new_name()), list[str]()

    with interrupting_after(account, *MAKES[step]) as interrupted, pytest.raises(KeyboardInterrupt):
        accept(account, Plan(("linux",), ()), result, template, said.append)

    assert interrupted
    assert said[said.index("removal") - (step != "removal")] == step
    assert result.complete == (step == "removal")
    nothing_is_left(account, result.name, before)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_nothing_is_left_after_an_interruption_within(
    account: Account, template: Path, before: set[str], scenario: Scenario
) -> None:
    result, said = Result(new_name()), list[str]()
    timer = threading.Timer(WITHIN.get(scenario.name, USUALLY_WITHIN), _thread.interrupt_main)

    def say(text: str) -> None:
        said.append(text)
        if text == scenario.name:
            timer.start()

    try:
        with pytest.raises(KeyboardInterrupt):
            accept(account, Plan((scenario.source,), (scenario,)), result, template, say)
    finally:
        timer.cancel()

    assert said[-2:] == [scenario.name, "removal"]
    assert (result.outcomes, result.complete) == ([], False)
    nothing_is_left(account, result.name, before)


@pytest.fixture
def command(account: Account, template: Path) -> Iterator[subprocess.Popen[str]]:
    """The whole command, in a process of its own."""
    assert account
    line = [sys.executable, "-m", "acceptance", *options(), "run", "--yes", "--template", str(template)]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def name_at(process: subprocess.Popen[str], account: Account, step: str, made: str) -> str:
    """The stack's name, once a step of the command has begun and something of a kind is there."""
    assert process.stdout
    text = ""
    for line in process.stdout:
        text += line
        if line.strip() == step:
            break
    name = text.partition("the stack ")[2].partition(",")[0]
    find = next(kind.find for kind in KINDS if kind.what == made)
    account.until(lambda: bool(find(account, name)), 240, made)
    return name


def test_ctrl_c_removes_everything(
    account: Account, command: subprocess.Popen[str], before: set[str]
) -> None:
    name = name_at(command, account, "deployment", "stack")

    command.send_signal(signal.SIGINT)
    said, _ = command.communicate(timeout=600)

    assert command.returncode == 130
    assert "report:" in said
    nothing_is_left(account, name, before)


@pytest.mark.parametrize(
    ("step", "made", "forgotten"),
    [("deployment", "stack", False), ("console", "execution", False), ("console", "image", True)],
)
def test_clean_removes_what_a_killed_acceptance_has_left(  # noqa: PLR0917 - fixtures
    account: Account,
    command: subprocess.Popen[str],
    before: set[str],
    step: str,
    made: str,
    forgotten: bool,
) -> None:
    name = name_at(command, account, step, made)
    command.kill()
    command.wait()
    assert left_of(account, name)
    if forgotten:
        state.end(name)

    assert main([*options(), "clean", "--yes"]) == 0

    nothing_is_left(account, name, before)
