"""`sam local invoke` without its container: AWS's emulator around a function's directory."""

from pathlib import Path

import pytest

from sandbox.rie import invoke

HANDLER = """
import os

class SourceTired(Exception):
    pass

def handler(event, context):
    if event.get("tired"):
        raise SourceTired("it sleeps")
    return {"event": event, "name": context.function_name, "stack": os.environ["STACK_NAME"]}
"""


@pytest.fixture
def code(tmp_path: Path) -> Path:
    (tmp_path / "handlers").mkdir()
    (tmp_path / "handlers/nap.py").write_text(HANDLER)
    (tmp_path / "handlers/broken.py").write_text("import no_such_module\n")
    return tmp_path


def test_a_function_answers_its_event(code: Path) -> None:
    invocation = invoke(code, "handlers.nap.handler", {"a": "ä"}, {"STACK_NAME": "web"})

    assert not invocation.is_error
    assert invocation.payload == {"event": {"a": "ä"}, "name": "nap", "stack": "web"}


def test_the_start_of_the_runtime_is_reported(code: Path) -> None:
    invocation = invoke(code, "handlers.nap.handler", {}, {"STACK_NAME": "web"})

    assert invocation.init_report.startswith("INIT REPORT(durationMs: ")
    assert 0 < invocation.init_milliseconds < 10_000


def test_an_exception_keeps_its_name(code: Path) -> None:
    invocation = invoke(code, "handlers.nap.handler", {"tired": True}, {"STACK_NAME": "web"})

    assert invocation.is_error
    assert invocation.payload["errorType"] == "SourceTired"
    assert invocation.payload["errorMessage"] == "it sleeps"


def test_a_module_that_cannot_be_imported_is_an_error(code: Path) -> None:
    invocation = invoke(code, "handlers.broken.handler", {})

    assert invocation.is_error
    assert "no_such_module" in invocation.payload["errorMessage"]
