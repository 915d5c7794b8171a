"""Builds of the product, and a sandbox in which one follows another while runs are under way."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import tarfile
from functools import cached_property
from typing import TYPE_CHECKING, Any

from samtranslator.yaml_helper import yaml_parse

from sandbox.build import ROOT, local_template
from sandbox.launcher import delete, update
from tests.workflow.conftest import eventually, left_of, locks, succeeded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.client import Client

# What a task hands over, by the end of its Resource. The input of undo stays: whichever sweeper is deployed
# has to start the undo that a run began with.
HANDED = {"lambda:invoke": "Payload", "states:startExecution.sync:2": "Input"}
VERSION = "AWS::StepFunctions::StateMachineVersion"
# What stands for the handler of a build whose events have all that they had in one field.
HANDLER = """

def handler(event: dict, context: object) -> object:
    return handler_of_before(event["event"], context)
"""


# How a run is held in a state: by the EC2 world's duration of what the state waits for.
HOLDS = {"Check Snapshots": "snapshotBase", "Check Group Drained": "terminate"}
PRODUCT = ("template.yaml", "samconfig.toml", ".python-version", "functions", "statemachine")
# What the template's metadata names: `sam deploy` uploads it. It is no part of what is deployed.
NAMED = ("LICENSE", "README.md")


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


# The subjects of the messages of a build whose state machines notify by themselves, by the state.
SUBJECTS = {
    "Notify Completion": "$about.group & ': SUCCEEDED'",
    "Notify Failure": "$about.group & ': FAILED at ' & $failure.State",
    "Notify Clean-Up": "$states.context.Execution.Input.(group & ': ' & status & ', cleaned up')",
}


def notify_alone(definition: dict[str, Any]) -> None:
    """Have a state machine notify as that of the release before did: by itself."""
    for name in SUBJECTS.keys() & definition["States"]:
        run = "$states.context.Execution.Input.run" if "Clean" in name else "$states.context.Execution.Id"
        definition["States"][name] |= {
            "Resource": "arn:${Partition}:states:::sns:publish",
            "Arguments": {
                "TopicArn": "${NotificationTopicArn}",
                "Subject": f"{{% 'golden image of ' & {SUBJECTS[name]} %}}",
                "Message": f"{{% 'Run: ' & {run} & '\\n' %}}",
            },
        }


def other_build(directory: Path) -> Path:
    """A copy of the product whose handlers and child workflows take other events, and are given those.

    Its state machines notify by themselves.
    """
    for name in ("functions", "statemachine"):
        shutil.copytree(ROOT / name, directory / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("template.yaml", "samconfig.toml", ".python-version", *NAMED):
        shutil.copyfile(ROOT / name, directory / name)
    # What pip installs for a build.
    (directory / ".aws-sam").symlink_to(ROOT / ".aws-sam")
    file = directory / "template.yaml"
    child, topic = (
        "        NotifyArn: !Ref NotifyVersion\n",
        "        NotificationTopicArn: !Ref NotificationTopic\n",
    )
    file.write_text(file.read_text(encoding="utf-8").replace(child, child + topic), encoding="utf-8")
    template = yaml_parse(file.read_text(encoding="utf-8"))
    for module in set(steps(template)):
        file = directory / "functions" / module
        text = file.read_text(encoding="utf-8")
        assert text.count("\ndef handler(") == 1, module
        text = text.replace("\ndef handler(", "\ndef handler_of_before(") + HANDLER
        file.write_text(text, encoding="utf-8")
    for file in (directory / "statemachine").glob("*.asl.json"):
        text = file.read_text(encoding="utf-8")
        if file.relative_to(directory).as_posix() in children(template):
            text = text.replace("Execution.Input", "Execution.Input.event")
        definition = json.loads(text)
        notify_alone(definition)
        wrap_events(definition)
        file.write_text(json.dumps(definition, indent=2), encoding="utf-8")
    return directory


def version_before() -> str | None:
    """The newest tag with another product than here, else the newest such commit; None without history.

    On a release itself, that is the release before.
    """
    tags = _git("tag", "--merged", "HEAD", "--sort=-creatordate").stdout.decode().split()
    commits = _git("log", "--format=%H", "--", *PRODUCT).stdout.decode().split()
    others = (one for one in [*tags, *commits] if _git("diff", "--quiet", one, "--", *PRODUCT).returncode)
    return next(others, None)


def build_before(directory: Path) -> Path:
    """The product as it was before; without history, the build whose events are others."""
    commit = version_before()
    if commit is None:
        return other_build(directory)
    directory.mkdir()
    archive = _git("archive", "--format=tar", commit, "--", *PRODUCT, *NAMED).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(directory, filter="data")
    (directory / ".aws-sam").symlink_to(ROOT / ".aws-sam")
    return directory


def _git(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=False)


class Stack:
    """A sandbox of its own, whose builds a test changes. `first` is the build of this clone."""

    def __init__(self, sandbox: Client, place: Path) -> None:
        self.sandbox = sandbox
        self.first = local_template(place / "first.log")
        self._place, self._log = place, place / "update.log"
        self._durations = sandbox.control("GET", "durations")

    @cached_property
    def other(self) -> Path:
        """Another build, whose functions and workflows take other events."""
        return local_template(self._place / "other.log", other_build(self._place / "other"))

    def update(self, template: Path, *options: str) -> None:
        update(self.sandbox.endpoints, template, self._log, *options)

    def delete(self, *options: str) -> None:
        delete(self.sandbox.endpoints, self._log, *options)

    def start_and_hold(self, group: str, state: str = "Check Snapshots") -> str:
        """A run that is held in a state of HOLDS, for longer than a deployment takes."""
        self.sandbox.control("PUT", "durations", {HOLDS[state]: 100_000})
        source = self.sandbox.seed()["instanceId"]
        named = {"sourceInstanceId": source, "autoScalingGroupName": group}
        run = self.sandbox.start({**named, "timeouts": {"drain": 86_400}})
        eventually(lambda: state in self.states(run))
        return run

    def fail(self, run: str) -> None:
        """Refuse the run its image, once its snapshots are ready."""
        refused = {"run": run, "service": "ec2", "action": "RegisterImage", "code": "AccessDenied"}
        self.sandbox.control("POST", "faults", [refused | {"effect": "error", "status": 403, "times": None}])

    def undone(self, run: str) -> bool:
        """Whether nothing of a run is left, its locks included."""
        return left_of(self.sandbox, run) == [] and locks(self.sandbox, run) == []

    def drained(self, run: str) -> bool:
        """Whether a run has succeeded, and not past its rollout; it was allowed to notify."""
        ended = self.sandbox.wait(run)
        output = succeeded(ended)
        assert not [told for told in output["warnings"] if told.startswith("nobody was notified")]
        return output["rollout"] == "drain" and "Check Group Drained" in ended.state_names

    def notified(self, run: str) -> list[str]:
        """The subjects of the messages about a run that the topic took: a refused one told nobody."""
        published = [call for call in self.sandbox.calls() if call["action"] == "Publish"]
        sent = [call["params"] for call in published if call["status"] == 200]
        return [one["Subject"] for one in sent if f"Run: {run}\n" in one["Message"]]

    def states(self, run: str) -> list[str]:
        """The states of a run so far, those of its children too."""
        return [visit.name for visit in self.sandbox.visits(run)]

    def let_go(self) -> None:
        """Let the snapshots that are being made be ready, in a moment of the world's time."""
        self.sandbox.control("PUT", "durations", {"scale": 1e-9})
        self.sandbox.ec2.describe_snapshots()
        self.sandbox.control("PUT", "durations", self._durations)
