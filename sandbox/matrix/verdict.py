"""The conditions after a run, whatever went wrong in it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.matrix import expectation, needed, somebody
from sandbox.matrix.made import Made, copied, made, marked
from sandbox.matrix.standing import describe_group, in_service, standing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.client import Client
    from sandbox.executions import Run
    from sandbox.matrix.scenarios import Scenario
    from sandbox.matrix.situation import Situation

_SETTLE_SECONDS = 5
_SUCCEEDED = "SUCCEEDED"
_REFUSALS = {"RunInProgress", "PlanOutdated"}
_INCOMPLETE = "Roll-back: INCOMPLETE"
_REFUSED = "subnets: those of before were refused"


@dataclass
class Verdict:
    """How a run ended, and what is wrong with it, by kind of wrong."""

    status: str
    outcome: str = ""
    wrong: dict[str, list[str]] = field(default_factory=dict)

    def add(self, kind: str, problems: list[str]) -> None:
        """Note problems of a kind, if there are any."""
        if problems:
            self.wrong.setdefault(kind, []).extend(problems)


def judge(
    client: Client, scenario: Scenario, situation: Situation, run: Run, may_end: tuple[str, ...]
) -> Verdict:
    """Compare what is there with what may be; waits a little for what is still on its way."""
    verdict = Verdict(run.status)
    if run.status not in may_end:
        verdict.add(
            "unexpected", [f"ended {run.status}, not {' or '.join(may_end)}: {run.error}: {run.cause}"]
        )
    verdict.add("notRestored", _locks(client, situation, run.arn))
    complete = lambda: _incomplete(client, scenario, situation, run)  # noqa: E731 - two names for two ends
    undone = lambda: _not_undone(client, situation, run)  # noqa: E731
    if run.status == _SUCCEEDED:
        verdict.outcome, problems = "succeeded", _eventually(complete)
    elif run.status == "FAILED":
        verdict.outcome, problems = "rolledBack", _eventually(undone)
    else:
        # Committed or not: a run that ended from outside is one of both, and wholly.
        verdict.outcome, problems = "rolledBack", _eventually(undone)
        if problems and not (other := _eventually(complete)):
            verdict.outcome, problems = "succeeded", other
    for kind, text in problems:
        verdict.add(kind, [text])
    calls = client.calls_of(run.arn)
    verdict.add("foreignTouched", _lost_copies(client, situation, calls))
    if run.status == "FAILED":
        verdict.add("unexpected", _untold(situation, run, calls))
    return verdict


def judge_doubled(client: Client, scenario: Scenario, situation: Situation, runs: list[Run]) -> Verdict:
    """Of two runs at once one is complete, and the other was refused before it changed anything."""
    refused = [run for run in runs if run.status == "FAILED" and run.error in _REFUSALS]
    others = [run for run in runs if run not in refused]
    if len(others) != 1:
        ends = " and ".join(f"{run.status} {run.error or ''}" for run in runs)
        return Verdict("BOTH", wrong={"duplicated" if others else "unexpected": [f"the runs ended {ends}"]})
    verdict = judge(client, scenario, situation, others[0], (_SUCCEEDED,))
    verdict.add("duplicated", marked(client, refused[0].arn, situation.group).names())
    return verdict


def _eventually(problems: Callable[[], list[tuple[str, str]]]) -> list[tuple[str, str]]:
    """The faults that are left when nothing improves any more."""
    deadline = time.monotonic() + _SETTLE_SECONDS
    while found := problems():
        if time.monotonic() > deadline:
            return found
        time.sleep(0.25)
    return []


def _locks(client: Client, situation: Situation, run: str) -> list[str]:
    keys = [f"run#{run}", f"group#{situation.group}", f"source#{situation.source}"]
    keys.append(f"launch-template#{situation.group}")
    table = client.endpoints.ledgerTable
    requests = {table: {"Keys": [{"pk": {"S": key}} for key in keys], "ConsistentRead": True}}
    items = client.aws("dynamodb").batch_get_item(RequestItems=requests)["Responses"][table]
    return [f"locked: {item['pk']['S']}" for item in items if "run" in item or "plan" in item]


def _lost_copies(client: Client, situation: Situation, calls: list[dict[str, Any]]) -> list[str]:
    """The backup tool still has what it made."""
    actions = [call["action"] for call in somebody.done(calls)]
    snapshots = actions.count("CopySnapshot") + actions.count("CreateSnapshot")
    there, wanted = copied(client, situation.group), (snapshots, actions.count("CreateImage"))
    kinds = zip(("snapshots", "images"), there, wanted, strict=True)
    return [f"{has} of the {had} {what} of a backup tool" for what, has, had in kinds if has != had]


def _untold(situation: Situation, run: Run, calls: list[dict[str, Any]]) -> list[str]:
    """The cause of a failed run has its error, and what the roll-back has kept of what somebody has done."""
    found = [] if run.error and run.cause else ["FAILED without an error and its cause"]
    # The sweeper finishes that, and tells it elsewhere.
    if _INCOMPLETE in str(run.cause):
        return found
    if (why := needed.reasons(situation, calls)) and not needed.is_told(run.cause, why):
        found.append(f"the cause does not say {' or '.join(why)}: {run.cause}")
    if expectation.refuses_subnets(situation, calls) and _REFUSED not in str(run.cause):
        found.append(f"the cause does not say that {_REFUSED}: {run.cause}")
    return found


def _not_undone(client: Client, situation: Situation, run: Run) -> list[tuple[str, str]]:
    """Nothing of the run is left but what somebody needs, all else is as before or as somebody has set it."""
    has, calls = made(client, run.arn, situation), client.calls_of(run.arn)
    expected = expectation.undone(situation, calls)
    if needed.reasons(situation, calls):
        found = [*needed.not_kept(situation, has)]
        expected["versions"] = [*expected["versions"], int(somebody.new_version(situation))]
        found += [("foreignTouched", text) for text in needed.harmed(client, situation, calls)]
    else:
        found = [("leaked", f"left: {', '.join(has.names())}")] if has.names() else []
    now = standing(client, situation.group, situation.source)
    for name, wanted in expected.items():
        if now.get(name) != wanted:
            found.append(("notRestored", f"{name} is to be {wanted!r} and is {now.get(name)!r}"))
    wanted = expected["DesiredCapacity"]
    if wanted is not None and len(in_service(client, situation.group)) != wanted:
        found.append(("notRestored", f"the group has other than its {wanted} instances"))
    return found


def _incomplete(client: Client, scenario: Scenario, situation: Situation, run: Run) -> list[tuple[str, str]]:
    """Exactly one of each, and the group uses it."""
    has, calls = made(client, run.arn, situation), client.calls_of(run.arn)
    found = [*_not_one_of_each(scenario, situation, has)]
    found += [("foreignTouched", text) for text in needed.harmed(client, situation, calls)]
    now = standing(client, situation.group, situation.source)
    if now["source"] != situation.before["source"]:
        found.append(("notRestored", f"the source is {now['source']}"))
    number = has.versions[-1] if has.versions else None
    if (now["LaunchTemplate"] or {}).get("Version") != str(number):
        found.append(("leaked", f"the group does not use version {number}"))
    found += [("notRestored", text) for text in _wrong_settings(scenario, situation, calls, now)]
    found += [*_wrong_members(client, situation, has, now["DesiredCapacity"])]
    if run.output and not run.output["warnings"]:
        name = run.output["image"]["parameterName"]
        published = client.aws("ssm").get_parameter(Name=name)["Parameter"]["Value"]
        if published != run.output["image"]["id"]:
            found.append(("unexpected", f"{published} is published"))
    return found


def _wrong_members(
    client: Client, situation: Situation, has: Made, desired: int
) -> Iterator[tuple[str, str]]:
    """As many instances as the group is to have, those of the new version where it was rolled, no others."""
    members = set(in_service(client, situation.group))
    if len(members) != desired:
        yield "notRestored", f"{len(members)} instances, {desired} desired"
    if strays := {instance["InstanceId"] for instance in has.instances} - members:
        yield "leaked", f"instances outside the group: {strays}"
    instances = describe_group(client, situation.group).get("Instances", [])
    versions = {member.get("LaunchTemplate", {}).get("Version") for member in instances}
    if situation.run_input.get("rollout") != "none" and versions - {str(has.versions[-1:][0])}:
        yield "unexpected", f"instances of the versions {', '.join(sorted(map(str, versions)))}"


def _not_one_of_each(scenario: Scenario, situation: Situation, has: Made) -> list[tuple[str, str]]:
    volumes = sorted(snapshot["VolumeId"] for snapshot in has.snapshots)
    counts = {
        "images": (len(has.images), 1),
        "launch templates": (len(has.templates), 0 if scenario.existing else 1),
        "template versions": (len(has.versions), 1),
        "groups": (int(has.group), 0 if scenario.existing else 1),
        "snapshots": (len(volumes), len(situation.volumes)),
    }
    found = [
        ("duplicated" if number > wanted else "leaked", f"{number} {what} instead of {wanted}")
        for what, (number, wanted) in counts.items()
        if number != wanted
    ]
    if not found and volumes != sorted(situation.volumes):
        found.append(("duplicated", f"snapshots of {', '.join(volumes)}"))
    return found


def _wrong_settings(
    scenario: Scenario, situation: Situation, calls: list[dict[str, Any]], now: dict[str, Any]
) -> list[str]:
    """The group has what the input states and what somebody else has set; all else is as before."""
    stated = situation.run_input.get("group", {})
    either = expectation.complete(scenario, situation, calls)
    # A new group has the marks of its run.
    own = now | {"tags": [tag for tag in now.get("tags", []) if not tag[0].startswith("golden-image:")]}
    wrong = [
        f"{name} is {own.get(name)!r}, not {' or '.join(sorted({repr(one[name]) for one in either}))}"
        for name in either[0]
        if own.get(name) not in [one[name] for one in either]
    ]
    policies = [("golden-image-target-cpu", float(stated.get("targetCpuUtilization", 0)))]
    if "targetCpuUtilization" in stated and now.get("policies") != policies:
        wrong.append(f"policies are {now.get('policies')!r}, not {policies!r}")
    if scenario.notifies and len(now.get("notifications", [])) != 4:
        wrong.append(f"notifications are {now.get('notifications')}")
    return wrong
