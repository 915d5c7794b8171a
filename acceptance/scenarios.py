"""The scenarios: one table of what starts how, with which trouble, and how the sandbox says that it ends."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from acceptance import triggers, trouble
from acceptance.account import Account, NotInTimeError
from acceptance.names import RUN_TAG, having
from acceptance.places import subnets_offering
from acceptance.sources import state_of
from acceptance.stack import Stack
from sandbox.executions import Executions, Run

_RUN_SECONDS = 3600
GIVEN_UP = "TIMED OUT HERE"
"""The status of a run that is not over in time. Step Functions' own TIMED_OUT is that of a run that ended."""
_SETTLE_SECONDS = 900
"""What the sweeper and a start of the source may take."""
_RECREATE: dict[str, Any] = {
    "rollout": "recreate",
    "group": {"minSize": 1, "maxSize": 2, "desiredCapacity": 1},
}
_TYPE_WITHOUT_QUOTA = "g4dn.xlarge"
_MADE = ("group", "image", "launch template", "snapshot")
_AFTER_THE_COMMIT = (
    "the ledger does not know",
    "the image was not published",
    "was not looked at again",
    "the group stays locked",
    "nobody was notified",
)
"""In what a run says of a failed step after which nothing is undone: see golden_image_refresh.asl.json."""


@dataclass(frozen=True)
class End:
    """How a run ends: what the table expects, and what was seen.

    Attributes:
        sizes: of the group (minimum/desired/maximum); "none" where there is no group.
        left: what carries the run's tag afterwards, and its lock.
        source: EC2's name of the source's state.
        warned: what failed after the commit, or after the roll-back, and did not change the status.
    """

    status: str
    error: str
    sizes: str
    left: tuple[str, ...]
    source: str = "running"
    warned: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scenario:
    """One run.

    Attributes:
        group: the end of the group's name, after the stack's.
        offered: a type that the zones of the group's subnets offer; empty for the source's subnet.
        also: another end that docs/guides/failure.md has, and a word that its cause then has.
    """

    name: str
    what: str
    source: str
    group: str
    trigger: Callable[[Account, Stack, dict[str, Any]], str]
    input: dict[str, Any]
    expected: End
    trouble: Callable[[Account, Stack], AbstractContextManager[None]] = trouble.nothing
    meanwhile: Callable[[Account, Executions, str], None] | None = None
    offered: str = ""
    also: tuple[End, str] | None = None

    def ends_so(self, seen: End, cause: str) -> bool:
        """Whether it is an end that the sandbox or the documentation says."""
        return seen == self.expected or (
            self.also is not None and seen == self.also[0] and self.also[1] in cause
        )


@dataclass(frozen=True)
class Outcome:
    """A scenario that is over.

    Attributes:
        run: the execution's ARN; None where none was started, and `cause` says why.
        errors: how often each error was retried or caught, by its name.
    """

    scenario: Scenario
    seen: End
    run: str | None
    cause: str
    seconds: float
    output: Any = None
    errors: Counter[str] = field(default_factory=Counter)

    @property
    def agrees(self) -> bool:
        """Whether it ended as expected."""
        return self.scenario.ends_so(self.seen, self.cause)


_CREATED = End("SUCCEEDED", "", "1/1/2", _MADE)
_UNDONE = ()
SCENARIOS = (
    Scenario(
        "console",
        "First refresh, started as the console does",
        "linux",
        "web",
        triggers.console,
        {},
        End("SUCCEEDED", "", "0/0/0", _MADE),
    ),
    Scenario(
        "schedule",
        "Second refresh of that group, started by the schedule",
        "linux",
        "web",
        triggers.schedule,
        _RECREATE,
        End("SUCCEEDED", "", "1/1/2", ("image", "snapshot")),
    ),
    Scenario(
        "api", "UEFI source, started by the signed API", "ubuntu", "api", triggers.api, _RECREATE, _CREATED
    ),
    Scenario(
        "customer-key",
        "Source under a customer key",
        "encrypted",
        "key",
        triggers.console,
        _RECREATE,
        _CREATED,
    ),
    Scenario(
        "denied",
        "A call is denied by a policy, late in the run",
        "ubuntu",
        "denied",
        triggers.console,
        _RECREATE,
        End("FAILED", "RequestRefused", "none", _UNDONE),
        trouble=trouble.denied_mark,
    ),
    Scenario(
        "aborted",
        "The run is stopped while the group drains",
        "ubuntu",
        "aborted",
        triggers.api,
        {},
        End("ABORTED", "", "none", _UNDONE),
        meanwhile=trouble.abort_while_draining,
    ),
    Scenario(
        "quota",
        f"The group's instances need {_TYPE_WITHOUT_QUOTA}, whose quota is 0 vCPUs",
        "ubuntu",
        "quota",
        triggers.console,
        _RECREATE | {"launchTemplate": {"instanceType": _TYPE_WITHOUT_QUOTA}, "timeouts": {"rollout": 180}},
        End("FAILED", "RolloutTimedOut", "none", _UNDONE),
        offered=_TYPE_WITHOUT_QUOTA,
        also=(End("FAILED", "RequestRefused", "none", _UNDONE), "VcpuLimitExceeded"),
    ),
    Scenario(
        "key-pair",
        "The source's key pair was deleted",
        "linux",
        "nokey",
        triggers.console,
        {},
        End("FAILED", "InvalidInput", "none", _UNDONE),
        trouble=trouble.deleted_key_pair,
    ),
)
WINDOWS = Scenario(
    "windows", "Windows source with NitroTPM", "windows", "win", triggers.console, _RECREATE, _CREATED
)


def run(account: Account, stack: Stack, scenario: Scenario, source: str) -> Outcome:
    """Run a scenario and look how it ended, once that is as expected or does not become so in time.

    A run that takes too long is stopped, and looked at once it is undone or does not become so in time.
    """
    began = time.monotonic()
    executions = Executions(
        account.aws("stepfunctions"), stack.outputs["StateMachineArn"], account.poll_seconds
    )
    group = f"{stack.name}-{scenario.group}"
    run_input = {"sourceInstanceId": source, "autoScalingGroupName": group, **scenario.input}
    if scenario.offered and (subnets := subnets_offering(account, scenario.offered)):
        run_input["group"] = {**run_input["group"], "subnetIds": subnets}
    arn = None
    try:
        with scenario.trouble(account, stack):
            arn = scenario.trigger(account, stack, run_input)
            if scenario.meanwhile:
                scenario.meanwhile(account, executions, arn)
            over = executions.wait(arn, max(_RUN_SECONDS * account.pace, 120))
    except (triggers.RefusedError, NotInTimeError, TimeoutError) as error:
        seconds = time.monotonic() - began
        if arn is None:
            nothing = End("not started", "", "", ())
            return Outcome(scenario, nothing, None, str(error), seconds / account.pace)
        over = _given_up(executions, arn, str(error), seconds)
    ends: list[End] = []

    def settled() -> bool:
        end = End(
            over.status,
            over.error or "",
            sizes_of(account, group),
            left_of(account, stack, arn),
            state_of(account, source),
            warned_by(over.output, over.cause or ""),
        )
        ends.append(end)
        return scenario.ends_so(end, over.cause or "") or (end.status == GIVEN_UP and not end.left)

    with suppress(NotInTimeError):
        account.until(settled, _SETTLE_SECONDS, scenario.name)
    seconds = over.seconds / account.pace
    return Outcome(
        scenario, ends[-1], arn, over.cause or "", seconds, over.output, errors_of(executions, arn)
    )


def _given_up(executions: Executions, arn: str, why: str, seconds: float) -> Run:
    """Stop a run that takes too long, so that it is undone; answers what is known of it."""
    try:
        executions.stop(arn)
        cause = f"{arn} was stopped: {why}"
    except ClientError as error:
        cause = f"{arn} could not be stopped ({error}): {why}"
    return Run(arn, GIVEN_UP, None, None, cause, [], seconds)


def warned_by(output: Any, cause: str) -> tuple[str, ...]:
    """What the output of a run, or the cause of a failed one, says of steps whose failure is not undone."""
    warnings = output["warnings"] if output else []
    known = [text for text in warnings if any(words in text for words in _AFTER_THE_COMMIT)]
    return (*known, *(words for words in _AFTER_THE_COMMIT if words in cause))


def sizes_of(account: Account, group: str) -> str:
    """Minimum, desired and maximum size of a group; "none" where there is none."""
    groups = account.aws("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[group])
    for found in groups["AutoScalingGroups"]:
        return f"{found['MinSize']}/{found['DesiredCapacity']}/{found['MaxSize']}"
    return "none"


def left_of(account: Account, stack: Stack, arn: str) -> tuple[str, ...]:
    """The kinds of what carries a run's tag, and of its locks."""
    ec2, tagged = account.aws("ec2"), having(RUN_TAG, arn)
    groups = account.aws("autoscaling").describe_auto_scaling_groups(Filters=tagged)
    rows = account.aws("dynamodb").scan(TableName=stack.outputs["LedgerTableName"])["Items"]
    found = {
        "group": groups["AutoScalingGroups"],
        "image": ec2.describe_images(Owners=["self"], Filters=tagged)["Images"],
        "launch template": ec2.describe_launch_templates(Filters=tagged)["LaunchTemplates"],
        "lock": [row for row in rows if arn in str(row) and not _is_free(row)],
        "snapshot": ec2.describe_snapshots(OwnerIds=["self"], Filters=tagged)["Snapshots"],
    }
    return tuple(kind for kind, these in found.items() if these)


def errors_of(executions: Executions, arn: str) -> Counter[str]:
    """How often each error occurred in a run's tasks, by its name."""
    found: Counter[str] = Counter()
    for event in executions.history(arn):
        for details in ("taskFailedEventDetails", "lambdaFunctionFailedEventDetails"):
            if name := event.get(details, {}).get("error"):  # type: ignore[attr-defined]
                found[name] += 1
    return found


def _is_free(row: dict[str, Any]) -> bool:
    """Whether an item of the ledger keeps nobody out: a released lock, or one for the record of runs."""
    return "released" in row or row["pk"]["S"].startswith(("started#", "counted#", "measured"))
