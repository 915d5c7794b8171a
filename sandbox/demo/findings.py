"""What a run should have left, each with whether it is so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.demo import looks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.client import Client
    from sandbox.demo.scene import Scene

    Finding = tuple[bool, str]
    """Whether it is as it should be, and what there is."""

_SIZES = ("minSize", "desiredCapacity", "maxSize")


def of_success(
    client: Client, scene: Scene, run: str, before: looks.Group | None, since: float
) -> list[Finding]:
    """What a run that succeeded should have left.

    Args:
        client: of the sandbox.
        scene: what was there before, and the input.
        run: its ARN.
        before: the group, as it was.
        since: the virtual time at which the run was started, where there was a group.
    """
    if scene.run_input.get("dryRun"):
        return [*_nothing_left(client, run), *_no_group(client, scene), _source(client, scene)]
    image = [] if "goBackTo" in scene.run_input else [*_image(client, scene, run)]
    return [
        *image,
        *_group(client, scene, run, before, since),
        _source(client, scene),
        _unlocked(client, run),
    ]


def of_undo(client: Client, scene: Scene, run: str, before: looks.Group | None) -> list[Finding]:
    """What a run should have left that has failed before it touched its group."""
    after, calls = looks.group(client, scene.group), looks.changes_of_groups(client, run)
    instances = len(before.in_service) if before else 0
    return [
        *_nothing_left(client, run),
        (
            after == before,
            f"group {scene.group} {after}, with the same {instances} instances",
        ),
        (not calls, f"{len(calls)} calls of the run have changed a group"),
        _source(client, scene),
        _unlocked(client, run),
    ]


def _nothing_left(client: Client, run: str) -> list[Finding]:
    left = looks.left(client, run)
    text = "no image, snapshot, launch template version, instance or volume of the run is there"
    return [(not left, f"left: {', '.join(left)}" if left else text)]


def _no_group(client: Client, scene: Scene) -> list[Finding]:
    found = looks.group(client, scene.group)
    return [(found is None, f"group {scene.group}: {found or 'none'}")]


def _image(client: Client, scene: Scene, run: str) -> Iterator[Finding]:
    images = looks.images(client, run)
    names = [f"{one['ImageId']} {one['Name']} {one['State']}" for one in images]
    good = len(images) == 1 and images[0]["State"] == "available"
    yield good, f"image {', '.join(names) or 'none'}"
    volumes, snapshots = looks.volumes_of(client, scene.source), looks.snapshots(client, run)
    for one in snapshots:
        text = f"snapshot {one['SnapshotId']} of {one['VolumeId']}, {one['VolumeSize']} GiB, {one['State']}"
        yield one["State"] == "completed", text
    one_each = sorted(one["VolumeId"] for one in snapshots) == sorted(volumes)
    yield one_each, f"{len(snapshots)} snapshots for {len(volumes)} volumes"


def _group(
    client: Client, scene: Scene, run: str, before: looks.Group | None, since: float
) -> Iterator[Finding]:
    found, name = looks.group(client, scene.group), scene.group
    if found is None:
        yield False, f"group {name}: none"
        return
    rollout = scene.run_input.get("rollout", "drain")
    yield found.sizes == _sizes(scene, rollout, before), f"group {name} {found}"
    yield from _image_of_group(client, scene, run, before, found)
    versions = sorted(found.in_service.values())
    of = f" of version {' and '.join(sorted(set(versions)))}" if versions else ""
    text = f"{len(versions)} instances{of} in service"
    kept = before.in_service.keys() if before else set()
    match rollout:
        case "drain":
            yield not found.in_service and not found.others, text
        case "none":
            yield found.in_service.keys() == kept, f"{text}: those of before"
        case _:
            new = not found.in_service.keys() & kept and set(versions) == {found.version}
            yield new and len(versions) == found.sizes[1], f"{text}: none of before"
    if rollout == "rolling" and before:
        fewest, floor = looks.fewest_in_service(client, name, since), min(before.sizes[1], found.sizes[1])
        yield fewest >= floor, f"never fewer than {fewest} in service, counted at every change"


def _image_of_group(
    client: Client, scene: Scene, run: str, before: looks.Group | None, found: looks.Group
) -> Iterator[Finding]:
    image = looks.image_of(client, scene.group, found.version)
    if "goBackTo" in scene.run_input:
        older = before is not None and int(found.version) < int(before.version)
        yield older, f"version {found.version} is an older one, with image {image}"
    else:
        new = image in {one["ImageId"] for one in looks.images(client, run)}
        yield new, f"version {found.version} has {'the new' if new else 'another'} image"


def _sizes(scene: Scene, rollout: str, before: looks.Group | None) -> tuple[int, ...]:
    """What the group should have: what the input states, else what it had."""
    if rollout == "drain" or before is None:
        return 0, 0, 0
    stated = scene.run_input.get("group", {})
    return tuple(stated.get(name, had) for name, had in zip(_SIZES, before.sizes, strict=True))


def _source(client: Client, scene: Scene) -> Finding:
    state = looks.state_of(client, scene.source)
    return state == "running", f"source {scene.source} {state}"


def _unlocked(client: Client, run: str) -> Finding:
    held = looks.locks(client, run)
    return not held, f"held: {', '.join(held)}" if held else "no lock is held"
