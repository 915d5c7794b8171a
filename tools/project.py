"""The project's files that checks and generated pages read: template, definition, functions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).parent.parent
TEMPLATE = ROOT / "template.yaml"
DEFINITION = ROOT / "statemachine/golden_image_refresh.asl.json"
FUNCTIONS = ROOT / "functions"
STATE_MACHINE = "GoldenImageRefresh"


def template() -> dict[str, Any]:
    """The template, with `!Ref x` as {"Ref": x} and the like."""
    return yaml_parse(TEMPLATE.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def definition() -> dict[str, Any]:
    """The state machine's definition, its substitutions left as they are."""
    return json.loads(DEFINITION.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def functions(template: dict[str, Any]) -> dict[str, str]:
    """The handler's module (`handlers.undo.roll_back`) of each function's logical id."""
    return {
        name: resource["Properties"]["Handler"].removesuffix(".handler")
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }
