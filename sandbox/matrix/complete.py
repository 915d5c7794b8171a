"""What is wrong with a run that has succeeded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.matrix import expectation, generations, needed
from sandbox.matrix.made import going_on, made
from sandbox.matrix.standing import in_service, launches_from, standing, versions_of_members

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.client import Client
    from sandbox.executions import Run
    from sandbox.matrix.made import Made
    from sandbox.matrix.scenarios import Scenario
    from sandbox.matrix.situation import Situation


def incomplete(client: Client, scenario: Scenario, situation: Situation, run: Run) -> list[tuple[str, str]]:
    """Exactly one of each, and the group uses it."""
    calls = client.calls_of(run.arn)
    has = made(client, run.arn, situation, calls)
    found = [*_not_one_of_each(scenario, situation, has)]
    found += [("foreignTouched", text) for text in needed.harmed(client, situation, calls)]
    now = standing(client, situation.group, situation.source)
    if now["source"] != situation.before["source"]:
        found.append(("notRestored", f"the source is {now['source']}"))
    number = scenario.goes_back_to or (has.versions[-1] if has.versions else None)
    if launches_from(now).get("Version") != str(number):
        found.append(("leaked", f"the group does not use version {number}"))
    if _without_version(now) != _without_version(situation.before):
        found.append(("notRestored", f"the mixed instances policy is {now['MixedInstancesPolicy']}"))
    if has.volumes:
        found.append(("leaked", f"volumes of no instance: {', '.join(has.volumes)}"))
    found += [("notRestored", text) for text in _wrong_settings(scenario, situation, calls, now)]
    found += [*_wrong_members(client, situation, has, str(number), now["DesiredCapacity"])]
    if len(numbers := generations.written(client, situation.group, run.arn)) != 1:
        found.append(("duplicated" if numbers else "leaked", f"the run's generations are {numbers}"))
    found += [("leaked", text) for text in going_on(client, situation)]
    if run.output and not run.output["warnings"]:
        name = run.output["image"]["parameterName"]
        published = client.aws("ssm").get_parameter(Name=name)["Parameter"]["Value"]
        if published != run.output["image"]["id"]:
            found.append(("unexpected", f"{published} is published"))
    return found


def _without_version(standing: dict[str, Any]) -> dict[str, Any]:
    """A mixed instances policy but for the template version in it; empty where there is none."""
    policy = standing["MixedInstancesPolicy"] or {}
    template = {**policy.get("LaunchTemplate", {}), "LaunchTemplateSpecification": None}
    return {**policy, "LaunchTemplate": template}


def _wrong_members(
    client: Client, situation: Situation, has: Made, version: str, desired: int
) -> Iterator[tuple[str, str]]:
    """As many instances as the group is to have, those of the new version where it was rolled, no others."""
    members = set(in_service(client, situation.group))
    if len(members) != desired:
        yield "notRestored", f"{len(members)} instances, {desired} desired"
    if strays := {instance["InstanceId"] for instance in has.instances} - members:
        yield "leaked", f"instances outside the group: {strays}"
    versions = versions_of_members(client, situation.group)
    if situation.run_input.get("rollout") != "none" and versions - {version}:
        yield "unexpected", f"instances of the versions {', '.join(sorted(map(str, versions)))}"


def _not_one_of_each(scenario: Scenario, situation: Situation, has: Made) -> list[tuple[str, str]]:
    volumes = sorted(snapshot["VolumeId"] for snapshot in has.snapshots)
    # A way back makes nothing.
    new = 0 if scenario.goes_back_to else 1
    counts = {
        "images": (len(has.images), new),
        "launch templates": (len(has.templates), 0 if situation.versions else new),
        "template versions": (len(has.versions), new),
        "groups": (int(has.group), 0 if scenario.existing else 1),
        "snapshots": (len(volumes), new * len(situation.volumes)),
    }
    found = [
        ("duplicated" if number > wanted else "leaked", f"{number} {what} instead of {wanted}")
        for what, (number, wanted) in counts.items()
        if number != wanted
    ]
    if not found and volumes != new * sorted(situation.volumes):
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
