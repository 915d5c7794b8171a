"""Documents of Systems Manager: two of AWS's own, and those that somebody makes.

Sources: "Creating SSM documents" in the Systems Manager User Guide, CreateDocument and DescribeDocument in
its API Reference.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from ec2world.wire.errors import AWSError

_AWS = "Amazon"


@dataclass(frozen=True)
class Document:
    """A document: what it takes, where it runs, and the names of its steps.

    Attributes:
        parameters: as its content has them, by name: `type`, `description`, `default`.
    """

    name: str
    kind: str
    platforms: tuple[str, ...]
    parameters: dict[str, dict[str, Any]]
    steps: tuple[str, ...]
    owner: str = _AWS
    content: dict[str, Any] = field(default_factory=dict)

    def described(self) -> dict[str, Any]:
        """As DescribeDocument shows it. Only a parameter that may be left out has a default."""
        return {
            "Name": self.name,
            "Owner": self.owner,
            "Status": "Active",
            "DocumentVersion": "1",
            "LatestVersion": "1",
            "DefaultVersion": "1",
            "DocumentFormat": "JSON",
            "DocumentType": self.kind,
            "SchemaVersion": str(self.content.get("schemaVersion", "1.2")),
            "PlatformTypes": list(self.platforms),
            "Parameters": [_parameter(name, one) for name, one in self.parameters.items()],
        }

    def filled(self, given: dict[str, list[str]]) -> dict[str, list[str]]:
        """The parameters of a command; InvalidParameters where they are not those of the document."""
        unknown = sorted(given.keys() - self.parameters.keys())
        missing = [
            name for name, one in self.parameters.items() if "default" not in one and not given.get(name)
        ]
        if unknown or missing:
            raise AWSError("InvalidParameters", f"Unknown: {unknown}; without a value: {missing}")
        for name, values in given.items():
            wanted = self.parameters[name]
            if wanted["type"] == "String" and len(values) != 1:
                raise AWSError("InvalidParameters", f"{name} takes one value")
            for value in values:
                if "allowedValues" in wanted and value not in wanted["allowedValues"]:
                    raise AWSError("InvalidParameters", f"{name} does not allow {value}")
                if not re.fullmatch(wanted.get("allowedPattern", ".*"), value, re.DOTALL):
                    raise AWSError("InvalidParameters", f"{name} does not match its pattern")
        defaults = {name: one["default"] for name, one in self.parameters.items() if "default" in one}
        return {**{k: v if isinstance(v, list) else [str(v)] for k, v in defaults.items()}, **given}


def _parameter(name: str, one: dict[str, Any]) -> dict[str, Any]:
    default = one.get("default")
    shown = {"Name": name, "Type": one["type"], "Description": one.get("description", "")}
    if default is None:
        return shown
    return {**shown, "DefaultValue": default if isinstance(default, str) else json.dumps(default)}


def made(params: dict[str, Any], account: str) -> Document:
    """The document of a CreateDocument, of the schemas 1.2 and 2.2 in JSON."""
    try:
        content = json.loads(params["Content"])
    except ValueError:
        raise AWSError("InvalidDocumentContent", "The content is no JSON.") from None
    steps = [one["name"] for one in content.get("mainSteps", [])] or list(content.get("runtimeConfig", {}))
    if not steps:
        raise AWSError("InvalidDocumentContent", "The content has no steps.")
    windows = {one.get("action") for one in content.get("mainSteps", [])} == {"aws:runPowerShellScript"}
    return Document(
        name=params["Name"],
        kind=params.get("DocumentType", "Command"),
        platforms=("Windows", "Linux", "MacOS") if windows else ("Linux", "MacOS"),
        parameters=content.get("parameters", {}),
        steps=tuple(steps),
        owner=account,
        content=content,
    )


def _script(name: str, plugin: str, *platforms: str) -> Document:
    parameters = {
        "commands": {"type": "StringList", "description": "The commands to run."},
        "workingDirectory": {"type": "String", "default": ""},
        "executionTimeout": {"type": "String", "default": "3600", "allowedPattern": "([1-9][0-9]{0,5})"},
    }
    return Document(name, "Command", platforms, parameters, (plugin,))


OF_AWS = {
    one.name: one
    for one in (
        _script("AWS-RunShellScript", "aws:runShellScript", "Linux", "MacOS"),
        _script("AWS-RunPowerShellScript", "aws:runPowerShellScript", "Windows", "Linux", "MacOS"),
        Document("AWS-StopEC2Instance", "Automation", ("Windows", "Linux", "MacOS"), {}, ("stop",)),
    )
}
"""The documents of AWS's own that this world has; they run no script here."""
