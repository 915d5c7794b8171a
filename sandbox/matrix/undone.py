"""What is wrong with a run that was undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.matrix import expectation, generations, needed, somebody
from sandbox.matrix.made import going_on, made
from sandbox.matrix.standing import in_service, standing, versions_of_members

if TYPE_CHECKING:
    from sandbox.client import Client
    from sandbox.executions import Run
    from sandbox.matrix.situation import Situation


def not_undone(client: Client, situation: Situation, run: Run) -> list[tuple[str, str]]:
    """Nothing of the run is left but what somebody needs, all else is as before or as somebody has set it."""
    calls = client.calls_of(run.arn)
    has = made(client, run.arn, situation, calls)
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
    if wanted is not None and (others := versions_of_members(client, situation.group) - {situation.launches}):
        found.append(("notRestored", f"instances of the versions {', '.join(sorted(map(str, others)))}"))
    if numbers := generations.written(client, situation.group, run.arn):
        found.append(("leaked", f"generation {numbers} of a run that is not committed"))
    return [*found, *(("leaked", text) for text in going_on(client, situation))]
