"""Step Functions: every evaluation of a JSONata expression, written down for `make judge-jsonata`.

JSONATA_RECORD names the file; without it nothing is recorded. Each line is a JSON object: `expression`, the
`bindings` of the variables that it names, and `value` or `error`. An evaluation that is like an earlier one
in all of it is not written again.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
from pathlib import Path
from typing import Any

from ministack.services import stepfunctions as states

_RECORD = "JSONATA_RECORD"
_VARIABLE = re.compile(r"\$([A-Za-z_]\w*)")
# What MiniStack keeps in the context object beside what Step Functions has there.
_MINIS_OWN = {"variables", "QueryLanguage"}


def install() -> None:
    """Record where a file is named; installed after what else changes evaluations."""
    if name := os.environ.get(_RECORD):
        states._evaluate_jsonata = _Recorder(Path(name), states._evaluate_jsonata).evaluate


class _Recorder:
    def __init__(self, file: Path, evaluate: Any) -> None:
        self._lines = file.open("a", encoding="utf-8")
        self._evaluate = evaluate
        self._seen: set[bytes] = set()
        self._lock = threading.Lock()

    def evaluate(
        self,
        expression: str,
        state_input: Any,
        context: dict[str, Any] | None = None,
        result: Any = None,
        error_output: Any = None,
    ) -> Any:
        """Evaluate as before, and write down with what and to what."""
        bindings = _bindings(expression, state_input, context or {})
        if "states" in bindings:
            bindings["states"] |= {} if result is None else {"result": result}
            bindings["states"] |= {} if error_output is None else {"errorOutput": error_output}
        # Before the evaluation, which could change them.
        given = json.dumps({"expression": expression, "bindings": bindings}, ensure_ascii=False)
        try:
            value = self._evaluate(expression, state_input, context, result, error_output)
        except states._ExecutionError as error:
            self._write(given, {"error": error.cause})
            raise
        self._write(given, {"value": value})
        return value

    def _write(self, given: str, became: dict[str, Any]) -> None:
        line = f"{given[:-1]}, {json.dumps(became, ensure_ascii=False)[1:]}\n"
        digest = hashlib.sha256(line.encode()).digest()
        with self._lock:
            if digest not in self._seen:
                self._seen.add(digest)
                self._lines.write(line)
                self._lines.flush()


def _bindings(expression: str, state_input: Any, context: dict[str, Any]) -> dict[str, Any]:
    named = set(_VARIABLE.findall(expression))
    variables = context.get("variables", {})
    bindings = {name: variables[name] for name in sorted(named & variables.keys())}
    if "states" in named:
        own = {name: value for name, value in context.items() if name not in _MINIS_OWN}
        bindings["states"] = {"input": state_input, "context": own}
    return bindings
