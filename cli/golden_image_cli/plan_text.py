"""A plan as a diff: `+` is made, `~` changes, `!` is an outage or holds something up."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from golden_image_cli import prices, telling

if TYPE_CHECKING:
    from collections.abc import Iterator

    type Plan = dict[str, Any]

MADE, CHANGED, OUTAGE, BELOW = "+", "~", "!", " "
_STYLES = {MADE: "green", CHANGED: "yellow", OUTAGE: "red"}
_WIDTH = 80
# Whatever the size of its disks: docs/explanations/performance.md, in the sandbox.
_DOWNTIME = "about 75 s"
_ROLLOUTS = {
    "drain": (OUTAGE, "all instances are terminated, and the group stays at zero"),
    "recreate": (OUTAGE, "all instances are terminated, then launched from the new image"),
    "none": (CHANGED, "instances stay; only new ones get the image"),
}
# The settings of a group, as people call them.
SETTINGS = {
    "subnetIds": "subnets",
    "targetGroupArns": "target groups",
    "healthCheckType": "health check",
    "healthCheckGracePeriod": "grace period in seconds",
    "targetCpu": "target CPU in percent",
}


@dataclass(frozen=True)
class Line:
    """A line of the diff; `mark` is BELOW for one that belongs to the line before."""

    mark: str
    text: str


def lines(plan: Plan) -> Iterator[Line]:
    """What the plan does, without its warnings."""
    if "source" in plan:
        yield from _source(plan)
        yield from _image(plan)
    else:
        goal = plan["goesBackTo"]
        where = f"generation {goal['number']} of {goal['committedAt'][:10]}"
        yield Line(CHANGED, f"image {goal['image']['id']} {goal['image']['name']} again, {where}")
    if plan.get("canary"):
        yield Line(MADE, "canary: one instance of the image, which ends before the group is touched")
    yield from _template(plan)
    yield from _group(plan)
    if asked := plan.get("approval", {}).get("at"):
        limit = telling.span(plan["approval"]["timeout"])
        yield Line(OUTAGE, f"waits for people at {' and '.join(asked)}, up to {limit} each time")


def shown(plan: Plan) -> Iterator[str]:
    """The diff with its warnings, in at most 80 columns; a word that is longer stays whole."""
    for line in lines(plan):
        yield from _wrapped(line.mark, line.text)
    for warning in plan.get("warnings", []):
        yield from _wrapped(OUTAGE, f"warning: {warning}")


def _wrapped(mark: str, text: str) -> list[str]:
    prefix = "    " if mark == BELOW else f"{mark} "
    first, *more = textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=prefix,
        subsequent_indent=f"{' ' * len(prefix)}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [first if mark == BELOW else telling.styled(mark, _STYLES[mark]) + first[len(mark) :], *more]


def _source(plan: Plan) -> Iterator[Line]:
    source, name = plan["source"], f"source {plan['source']['instanceId']}"
    if prepare := plan.get("prepare"):
        yield Line(OUTAGE, f"{name} runs the document {prepare['document']} first")
    if not plan.get("stopSource", True):
        yield Line(CHANGED, f"{name} is not stopped: its snapshots are as after a power failure")
    elif source["powerState"] == "stopped":
        yield Line(CHANGED, f"{name} is stopped already, and stays so")
    elif plan["restartSource"]:
        yield Line(OUTAGE, f"{name} is down {_DOWNTIME}, whatever the size of its disks")
    else:
        yield Line(OUTAGE, f"{name} is stopped, and stays so")


def _image(plan: Plan) -> Iterator[Line]:
    sizes = [volume["size"] for volume in plan["source"]["volumes"]]
    snapshots = f"{len(sizes)} snapshot{'s' if len(sizes) > 1 else ''}"
    cost = f"at most {prices.of_snapshots(sum(sizes))}"
    yield Line(MADE, f"image {plan['image']['name']} of {sum(sizes)} GiB in {snapshots}, {cost}")


def _template(plan: Plan) -> Iterator[Line]:
    template = plan["launchTemplate"]
    name, before = template["name"], plan["group"]["before"]
    if template.get("addsVersion", True):
        after = f"v{template['nextVersion']}" if template.get("nextVersion") else "a new version"
    else:
        after = f"v{template['baseVersion']}"
    was = _launched_before(template, before)
    mark = MADE if template["id"] is None else CHANGED
    yield Line(mark, f"template {name} {was} → {after}" if was else f"template {name} {after}")
    changed = template.get("differences") or []
    if not changed and template["id"] is None:
        changed = [{"field": key, "before": None, "after": value} for key, value in flat(template["data"])]
    width = max((len(one["field"]) for one in changed if len(one["field"]) < _WIDTH // 2), default=0)
    for one in changed:
        old, new = (one[key] if one[key] is not None else "none" for key in ("before", "after"))
        values = new if one["before"] is None else f"{old} → {new}"
        yield Line(BELOW, f"{one['field'].ljust(width)}  {values}")


def _launched_before(template: dict[str, Any], before: dict[str, Any] | None) -> str:
    """What the new version takes the place of; empty where there is nothing."""
    if before and before["launchTemplateId"] not in {None, template["id"]}:
        return f"in the place of {before['launchTemplateId']} v{before['launchTemplateVersion']}"
    if before and before.get("launchConfiguration"):
        return f"in the place of launch configuration {before['launchConfiguration']}"
    if before and not template.get("addsVersion", True):
        return f"v{before['launchTemplateVersion']}"
    return f"v{template['baseVersion']}" if template["baseVersion"] else ""


def _group(plan: Plan) -> Iterator[Line]:
    group, rollout = plan["group"], plan["rollout"]
    before = group["before"]
    after = "0/0/0" if rollout == "drain" else telling.sizes(group["sizes"])
    if before is None:
        yield Line(MADE, f"group {group['name']} {after} (min/desired/max)")
        if plan["rollout"] == "drain":
            yield Line(BELOW, f"it is launched with {telling.sizes(group['sizes'])}, then drained")
    else:
        now = telling.sizes(before["sizes"])
        told = f"{now} → {after}" if now != after else f"stays {now}"
        yield Line(CHANGED, f"group {group['name']} {told} (min/desired/max)")
        for field, words in SETTINGS.items():
            if group[field] is not None and group[field] != before[field]:
                yield Line(BELOW, f"{words}: {_text(before[field])} → {_text(group[field])}")
        yield from _rollout(plan)
    if group["tags"]:
        yield Line(BELOW, f"tags: {', '.join(group['tags'])}")


def _rollout(plan: Plan) -> Iterator[Line]:
    if plan["rollout"] in _ROLLOUTS:
        mark, text = _ROLLOUTS[plan["rollout"]]
        yield Line(mark, f"rollout {plan['rollout']}: {text}")
        return
    rolling = plan["rolling"] or {}
    low, high = rolling.get("minHealthyPercentage"), rolling.get("maxHealthyPercentage")
    stops = rolling.get("checkpointPercentages") or []
    at = f", with checkpoints at {', '.join(f'{one}%' for one in stops)}" if stops else ""
    yield Line(CHANGED, f"rollout rolling: {low}% to {high}% of the group is in service{at}")


def flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every value with its place, as text: `group.sizes.maxSize`."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from flat(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and any(isinstance(one, dict) for one in value):
        for number, inner in enumerate(value):
            yield from flat(inner, f"{path}[{number}]")
    else:
        yield path, _text(value)


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "none" if value in (None, {}) else str(value)
