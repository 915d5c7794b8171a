"""A hook of the build: packs what the command line takes from the project's other files."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

DATA = "cli/golden_image_cli/data"


class PackedData(BuildHookInterface[Any]):
    """Writes the data folder of the package: the schema of an input, the advice of docs/guides/failure.md."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - the interface's
        """Write it before each build, of an editable install too."""
        root = Path(self.root)
        sys.path.insert(0, self.root)
        from tools.failure_page import advice, advice_of_other_ends  # noqa: PLC0415 - the build's own path

        data = root / DATA
        data.mkdir(exist_ok=True)
        shutil.copy(root / "functions/golden_image/run/input.schema.json", data)
        told = json.dumps(advice_of_other_ends() | advice(), ensure_ascii=False, indent=1)
        (data / "advice.json").write_text(told + "\n", encoding="utf-8")
