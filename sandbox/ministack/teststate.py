"""Step Functions: TestState, one state alone, with or without a mocked result of its task.

Map and Parallel states are refused: no definition of this project has one.
https://docs.aws.amazon.com/step-functions/latest/apireference/API_TestState.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import stepfunctions as states

from sandbox.ministack import history, integrations
from sandbox.ministack.state_requests import Refused, StateRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

# The event of the state's entrance in a history: the execution's start is the first.
_ENTERED = 2


def install() -> None:
    """Put this module's function in the place of MiniStack's."""
    states._test_state = _test_state


def _test_state(data: dict[str, Any]) -> Any:
    try:
        return json_response(_Test(StateRequest.of(data)).answer())
    except Refused as refused:
        return error_response_json(refused.code, str(refused), 400)


@dataclass
class _Test:
    """One request: a state, what it is given, and what is shown of it."""

    request: StateRequest
    shown: dict[str, Any] = field(default_factory=dict)
    """What inspectionData has, not yet as JSON."""
    details: dict[str, int] = field(default_factory=dict)
    """Its errorDetails."""

    @property
    def state(self) -> dict[str, Any]:
        return self.request.state

    @property
    def state_input(self) -> Any:
        return self.request.state_input

    @property
    def context(self) -> dict[str, Any]:
        return self.request.context

    @property
    def jsonata(self) -> bool:
        return bool(states._state_query_language(self.state, self.context) == "JSONata")

    def answer(self) -> dict[str, Any]:
        """The API's answer."""
        history.enter(self.request.name, _ENTERED)
        self.shown["input"] = self.state_input
        kind = self.state["Type"]
        try:
            told = self._task() if kind == "Task" else self._other(kind)
        except states._ExecutionError as error:
            told = self._failed("FAILED", error)
        if self.request.data.get("inspectionLevel", "INFO") != "INFO":
            told["inspectionData"] = self._inspection()
        return told

    def _other(self, kind: str) -> dict[str, Any]:
        if kind == "Pass" and not self.jsonata and self.state.get("End"):
            self._show_paths_of_pass()
        elif kind != "Pass" and not self.jsonata and self.request.alone:
            effective = states._apply_input_path(self.state, self.state_input, self.context)
            self.shown["afterInputPath"] = effective
        if kind == "Fail":
            error, cause = states._fail_state_error(self.state, self.state_input, self.context)
            raise states._ExecutionError(error, cause)
        if kind == "Succeed":
            output = states._apply_input_path(self.state, self.state_input, self.context)
            return _succeeded(states._apply_output_path(self.state, output, self.context), None)
        run = {"Pass": states._execute_pass, "Choice": states._execute_choice, "Wait": states._execute_wait}
        return _succeeded(*run[kind](self.state, self.state_input, self.context))

    def _show_paths_of_pass(self) -> None:
        effective = states._apply_input_path(self.state, self.state_input, self.context)
        parameters = states._apply_parameters(self.state, effective, self.context)
        if "Result" in self.state:
            result = self.shown["result"] = self.state["Result"]
        else:
            result = parameters
            self.shown |= {"afterInputPath": effective, "afterParameters": parameters}
        self.shown["afterResultSelector"] = result
        self.shown["afterResultPath"] = states._apply_result_path(self.state, self.state_input, result)

    def _task(self) -> dict[str, Any]:
        try:
            result = self._result(self._arguments())
            return _succeeded(self._output(result), states._next_or_end(self.state))
        except states._ExecutionError as error:
            return self._handled(error)

    def _arguments(self) -> Any:
        if self.jsonata:
            arguments = states._apply_jsonata_arguments(self.state, self.state_input, self.context)
            self.shown["afterArguments"] = arguments
            return arguments
        effective = states._apply_input_path(self.state, self.state_input, self.context)
        parameters = states._apply_parameters(self.state, effective, self.context)
        self.shown |= {"afterInputPath": effective, "afterParameters": parameters}
        return parameters

    def _result(self, arguments: Any) -> Any:
        mock = self.request.data.get("mock")
        if mock is None:
            resource = self.state["Resource"]
            integrations.check_rights(self.request.data["roleArn"], resource, arguments)
            result = states._invoke_resource(resource, arguments)
        elif "errorOutput" in mock:
            raise states._ExecutionError(mock["errorOutput"]["error"], mock["errorOutput"].get("cause"))
        else:
            result = json.loads(mock["result"])
        self.shown["result"] = result
        return result

    def _output(self, result: Any) -> Any:
        if self.jsonata:
            output = states._apply_jsonata_output(
                self.state, self.state_input, self.context, result=result, default=result
            )
            states._apply_state_assign(self.state, self.state_input, self.context, result=result)
            return output
        if selector := self.state.get("ResultSelector"):
            result = states._resolve_params_obj(selector, result, self.context)
        combined = states._apply_result_path(self.state, self.state_input, result)
        self.shown |= {"afterResultSelector": result, "afterResultPath": combined}
        return states._apply_output_path(self.state, combined, self.context)

    def _handled(self, error: Any) -> dict[str, Any]:
        """By the first Retry of the error's, until its attempts are used up; then by its first Catch."""
        retries = self.request.data.get("stateConfiguration", {}).get("retrierRetryCount", 0)
        for index, retrier in self._of_error("Retry", error):
            self.details["retryIndex"] = index
            if retries < retrier.get("MaxAttempts", 3):
                delay = retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2.0) ** retries
                delay = min(delay, retrier.get("MaxDelaySeconds", delay))
                self.details["retryBackoffIntervalSeconds"] = int(delay)
                return self._failed("RETRIABLE", error)
            break
        for index, catcher in self._of_error("Catch", error):
            self.details["catchIndex"] = index
            told = {"Error": error.error} | ({} if error.cause is None else {"Cause": error.cause})
            language = states._state_query_language(self.state, self.context)
            output = states._apply_catcher(catcher, self.state_input, self.context, language, told)
            caught = self._failed("CAUGHT_ERROR", error)
            return caught | {"output": _json(output), "nextState": catcher["Next"]}
        return self._failed("FAILED", error)

    def _of_error(self, handlers: str, error: Any) -> Iterator[tuple[int, dict[str, Any]]]:
        for index, handler in enumerate(self.state.get(handlers, [])):
            if states._error_matches(handler["ErrorEquals"], error.error):
                yield index, handler

    def _failed(self, status: str, error: Any) -> dict[str, Any]:
        told = {"error": error.error, "cause": error.cause}
        return {"status": status} | {name: value for name, value in told.items() if value}

    def _inspection(self) -> dict[str, Any]:
        shown: dict[str, Any] = {name: _json(value) for name, value in self.shown.items()}
        if variables := self.context["variables"]:
            shown["variables"] = _json(variables)
        if self.details:
            shown["errorDetails"] = self.details
        return shown


def _succeeded(output: Any, next_state: str | None) -> dict[str, Any]:
    following = {"nextState": next_state} if next_state else {}
    return {"status": "SUCCEEDED", "output": _json(output), **following}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
