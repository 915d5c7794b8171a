"""Runs of every kind under the template's own policies, and each thing in those policies that runs need."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from tests.least_privilege.facts import Facts
from tests.least_privilege.foreign import foreign_calls
from tests.least_privilege.mutants import Mutant, mutants
from tests.least_privilege.policies import Request, allows, owners, policy
from tests.least_privilege.rare import rare_calls
from tests.least_privilege.recording import account_of, recorded, remember
from tests.least_privilege.second_evaluator import findings
from tests.template.rules import narrowing, policies
from tests.template.rules.base import RULES, Project, load
from tests.workflow.conftest import approved, eventually, locks, next_call, succeeded
from tools.project import DEFINITIONS, machine

if TYPE_CHECKING:
    from sandbox.client import Client

RECREATE = {"rollout": "recreate", "group": {"minSize": 1, "maxSize": 2, "desiredCapacity": 1}}
# Rules of the policies that need no record: nothing wider than AWS allows; policy = calls of the code.
# The one about comments is not about what a policy allows.
STATIC = [
    check
    for module in (narrowing, policies)
    for name, (check, _) in RULES.items()
    if hasattr(module, name) and name != "what_is_not_bound_to_the_stack_says_why"
]


class Recording:
    """Runs of every kind, and what they asked for."""

    def __init__(self, sandbox: Client) -> None:
        self.sandbox = sandbox
        self.account = account_of(sandbox)
        self.facts = Facts(self.account)
        balancing = f"arn:aws:elasticloadbalancing:{self.account.region}:{self.account.account}"
        self.targets = sandbox.target_group(f"{balancing}:targetgroup/x/1")
        self.topic = sandbox.endpoints.notificationTopicArn
        self.prefix = f"least-{uuid4().hex[:6]}"
        first = next_call(sandbox)
        self.runs_that_succeed()
        over = self.runs_that_roll()
        over += self.runs_that_fail_late()
        over += self.runs_that_fail_with_the_source_stopped()
        self.runs_without_capacity_for_the_source()
        self.hourly_metrics()
        eventually(lambda: not {f"run#{run}" for run in over} & {item["pk"]["S"] for item in locks(sandbox)})
        self.asked = recorded(sandbox, first, self.facts)

    def hourly_metrics(self) -> None:
        """The sweeper's metrics of what is kept, though it may have measured in this hour."""
        ledger = {
            "TableName": self.sandbox.endpoints.ledgerTable,
            "Key": {"pk": {"S": "measured"}},
        }
        dynamodb = self.sandbox.aws("dynamodb")
        dynamodb.delete_item(**ledger)
        eventually(lambda: "Item" in dynamodb.get_item(**ledger))

    def input(self, source: str, group: str, /, **more: Any) -> dict[str, Any]:
        return {"sourceInstanceId": source, "autoScalingGroupName": f"{self.prefix}-{group}", **more}

    def encrypted(self) -> dict[str, Any]:
        """A seed with a volume under a customer-managed key that the group's role may use."""
        kms = self.sandbox.aws("kms")
        key = kms.create_key()["KeyMetadata"]["Arn"]
        role = f"arn:aws:iam::{self.account.account}:role/aws-service-role/autoscaling.amazonaws.com"
        kms.create_grant(
            KeyId=key,
            GranteePrincipal=f"{role}/AWSServiceRoleForAutoScaling",
            Operations=["Decrypt", "CreateGrant"],
        )
        return {"volumes": [{"sizeGiB": 8, "encrypted": True, "kmsKeyId": key}]}

    def whole(self) -> dict[str, Any]:
        """A seed with a UEFI store, a key pair and an instance profile."""
        self.sandbox.ec2.create_key_pair(KeyName=self.prefix)
        self.sandbox.make_profile(self.prefix)
        return {"bootMode": "uefi", "keyName": self.prefix, "instanceProfile": self.prefix}

    def runs_that_succeed(self) -> None:
        """A group made, from each kind of source; then one of them updated."""
        encrypted = self.encrypted()
        kinds = {
            "plain": self.whole(),
            "windows": {"platform": "windows", "keyName": self.prefix},
            "encrypted": encrypted,
            "new": {},
            "aborted": encrypted,
            "failing": encrypted,
        }
        self.seeded = {kind: self.sandbox.seed(**seed)["instanceId"] for kind, seed in kinds.items()}
        # A second set of snapshots, made because the answer with the first was lost and reads were behind.
        lost = {"service": "ec2", "action": "CreateSnapshots", "contains": self.seeded["plain"]}
        self.sandbox.faults(lost | {"when": "after", "effect": "drop"}, lost | {"effect": "stale"})
        made = [
            self.sandbox.start(self.input(self.seeded["plain"], "a", **RECREATE)),
            self.sandbox.start(self.input(self.seeded["windows"], "b", **RECREATE)),
            self.sandbox.start(self.input(self.seeded["encrypted"], "c", canary=True)),
        ]
        for run in made:
            succeeded(self.sandbox.wait(run))
        self.sandbox.faults()
        shell = {"document": "AWS-RunShellScript", "parameters": {"commands": "true"}}
        proven = self.input(self.seeded["plain"], "a", rollout="recreate", prepare=shell, canary=shell)
        # An agent that reports some time after the start: then the check sends the command.
        late = {"service": "ssm", "action": "SendCommand", "role": "SendCommandFunction", "times": 1}
        self.sandbox.faults(late | {"code": "InvalidInstanceId", "status": 400})
        succeeded(self.sandbox.run(proven))
        asks = self.input(self.seeded["plain"], "a", rollout="recreate", approval={"at": ["image"]})
        succeeded(approved(self.sandbox, self.sandbox.start(asks)))
        remember(self.sandbox, self.facts)
        self.ways_back()

    def ways_back(self) -> None:
        """Two that are committed by themselves, one of them a roll, and one by the sweeper."""
        back = {"autoScalingGroupName": f"{self.prefix}-a", "goBackTo": "previous", "rollout": "none"}
        succeeded(self.sandbox.run(back))
        succeeded(self.sandbox.run({**back, "rollout": "rolling", "rolling": {"instanceWarmup": 0}}))
        commit = {"service": "dynamodb", "action": "TransactWriteItems", "role": "CommitRefreshFunction"}
        self.sandbox.faults(commit | {"code": "AccessDeniedException", "status": 400, "times": None})
        run = self.sandbox.run(back)
        succeeded(run)
        eventually(lambda: locks(self.sandbox, run.arn) == [])
        self.sandbox.faults()

    def runs_that_roll(self) -> list[str]:
        """A group rolled, and rolled back by a refresh, after AWS could not; on the latest version before."""
        sandbox, alarm = self.sandbox, f"{self.prefix}-5xx"
        sandbox.control("PUT", "alarms", {"name": alarm, "state": "OK"})
        rolls = self.input(self.seeded["windows"], "b", rollout="rolling")
        settings = {"rolling": {"alarms": [alarm]}, "group": {"maxSize": 3}}
        succeeded(sandbox.run({**rolls, **settings}))
        remember(sandbox, self.facts)
        group = rolls["autoScalingGroupName"]
        self.launches_from(group, "$Latest")
        refused = {"service": "autoscaling", "action": "RollbackInstanceRefresh", "status": 400}
        irreversible = refused | {"code": "IrreversibleInstanceRefresh"}
        # The undo keeps the run's version until it is remembered, however slow this machine is.
        kept = {"service": "ec2", "action": "DeleteLaunchTemplateVersions", "times": None}
        sandbox.faults(irreversible, kept | {"code": "RequestLimitExceeded"})
        slow = {"rolling": {"instanceWarmup": 300, "skipMatching": True}, "timeouts": {"rollout": 60}}
        run = sandbox.start({**rolls, **slow})
        self.reached(run, "Wait for Instance Refresh")
        remember(sandbox, self.facts)
        sandbox.faults(irreversible)
        self.failed(run)
        self.launches_from(group, "1")
        return [run]

    def launches_from(self, group: str, version: str) -> None:
        used: Any = {"LaunchTemplateName": group, "Version": version}
        self.sandbox.autoscaling.update_auto_scaling_group(AutoScalingGroupName=group, LaunchTemplate=used)

    def runs_that_fail_late(self) -> list[str]:
        """Groups that never get their instances, new and existing: rolled back, and swept after an abort."""
        sandbox = self.sandbox
        sandbox.control("PUT", "durations", {"launch": 90_000})
        options = {
            "targetGroupArns": [self.targets],
            "healthCheckType": "ELB",
            "targetCpuUtilization": 50,
            "notificationTopicArn": self.topic,
            "tags": {"Team": "web"},
        }
        changed = {"rollout": "recreate", "group": options}
        failing = [
            sandbox.start(self.input(self.seeded["plain"], "a", **changed)),
            sandbox.start(self.input(self.seeded["encrypted"], "d", **RECREATE)),
        ]
        aborted = [
            sandbox.start(self.input(self.seeded["windows"], "b", **changed)),
            sandbox.start(self.input(self.seeded["new"], "e", **RECREATE)),
        ]
        for run in failing + aborted:
            self.reached(run, "Wait for Capacity")
        remember(sandbox, self.facts)
        for run in aborted:
            sandbox.stop(run)
        refused = {"service": "autoscaling", "role": "CheckCapacityFunction", "code": "AccessDenied"}
        sandbox.faults(refused | {"status": 403, "times": len(failing)})
        self.failed(*failing)
        return failing + aborted

    def runs_that_fail_with_the_source_stopped(self) -> list[str]:
        """At the snapshots: refused for good in one run; throttled in the other until somebody stops it."""
        snapshots = {"service": "ec2", "action": "CreateSnapshots", "times": None}
        throttled = {"contains": self.seeded["aborted"], "code": "RequestLimitExceeded"}
        refused = {"contains": self.seeded["failing"], "code": "UnauthorizedOperation", "status": 403}
        self.sandbox.faults(snapshots | throttled, snapshots | refused)
        failing = self.sandbox.start(self.input(self.seeded["failing"], "f"))
        aborted = self.sandbox.start(self.input(self.seeded["aborted"], "g"))
        self.reached(aborted, "Create Snapshots")
        self.sandbox.stop(aborted)
        self.failed(failing)
        return [failing, aborted]

    def runs_without_capacity_for_the_source(self) -> None:
        """The run tries to start it, and then the sweeper does."""
        source, since = self.seeded["encrypted"], next_call(self.sandbox)
        code = {"code": "InsufficientInstanceCapacity", "times": None}
        self.sandbox.faults({"service": "ec2", "action": "StartInstances", "contains": source, **code})
        succeeded(self.sandbox.run(self.input(source, "h")))
        remember(self.sandbox, self.facts)
        self.sandbox.faults()
        starts = {"action": "StartInstances", "role": "SweepRunsFunction"}
        eventually(lambda: any(starts.items() <= call.items() for call in self.sandbox.calls(since)))
        # Else a later test of this sandbox would see the sweeper start it.
        eventually(lambda: locks(self.sandbox, f"source-owed#{source}") == [])

    def reached(self, run: str, state: str) -> None:
        def entered() -> bool:
            names = [visit.name for visit in self.sandbox.visits(run)]
            assert "Explain Failure" not in names, names[-1]
            return state in names

        eventually(entered)

    def failed(self, *runs: str) -> None:
        for run in runs:
            assert self.sandbox.wait(run).status == "FAILED"
        self.sandbox.faults()


@pytest.fixture(scope="module")
def recording(deployed: Client) -> Recording:
    durations = deployed.control("GET", "durations")
    try:
        return Recording(deployed)
    finally:
        deployed.faults()
        deployed.control("PUT", "durations", durations)


def test_each_call_of_each_run_is_allowed_by_its_functions_policy(recording: Recording) -> None:
    template = load().template
    denied = [
        (owner, one)
        for owner, asked in recording.asked.items()
        for one in asked
        if not allows(policy(template, owner, recording.account), one, recording.account)
    ]
    assert denied == []


def test_a_second_evaluator_answers_alike_for_each_call_of_each_run(recording: Recording) -> None:
    template, account = load().template, recording.account
    own = {owner: account.policies(template, owner) for owner in recording.asked}
    assert findings(account, own, recording.asked) == []


def test_taking_anything_out_of_a_policy_is_noticed(recording: Recording) -> None:
    project = load()
    foreign, rare = foreign_calls(recording.account), rare_calls(recording.account)
    survivors = [
        mutant.name
        for owner in [*owners(project.template), *map(machine, DEFINITIONS)]
        for mutant in mutants(project.template, owner)
        if not (
            answers_differ(
                mutant,
                recording,
                recording.asked.get(owner, set()) | set(rare.get(owner, [])),
                foreign.get(owner, []),
            )
            or any(check(mutated(project, mutant)) for check in STATIC)
        )
    ]
    assert survivors == [], "\n".join(survivors)


def answers_differ(
    mutant: Mutant, recording: Recording, needed: set[Request], foreign: list[Request]
) -> bool:
    """Whether the mutant denies what runs need, or allows what nobody may."""
    own = policy(mutant.template, mutant.owner, recording.account)

    def allowed(asked: Request) -> bool:
        return allows(own, asked, recording.account)

    return not all(map(allowed, needed)) or any(map(allowed, foreign))


def mutated(project: Project, mutant: Mutant) -> Project:
    return dataclasses.replace(project, template=mutant.template)
