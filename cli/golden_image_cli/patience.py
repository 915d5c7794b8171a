"""Step Functions for one who waits: what keeps it from answering for a while ends no wait."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from golden_image_cli.refusals import code, of_credentials, passing_trouble

if TYPE_CHECKING:
    from collections.abc import Callable

    from golden_image_cli.sdk import Account

_FIRST_SECONDS, _LONGEST_SECONDS = 2.0, 30.0
# So long Step Functions may not know a run that was just started.
_VISIBLE_SECONDS, _LOOK_SECONDS = 10.0, 0.5


class Patient:
    """Calls Step Functions again, with credentials read anew, until it answers.

    What it tells: once what the trouble is, and once that it is over.
    """

    def __init__(self, account: Account, note: Callable[[str], None]) -> None:
        """With the clients of this account; `note` gets what is told."""
        self._account, self._note = account, note
        self._trouble = ""

    def describe_execution(self, *, executionArn: str) -> Any:  # noqa: N803 - botocore's
        """DescribeExecution; a run that was just started may not be visible yet."""
        deadline = time.monotonic() + _VISIBLE_SECONDS
        while True:
            try:
                return self._call("describe_execution", {"executionArn": executionArn})
            except Exception as error:
                if code(error) != "ExecutionDoesNotExist" or time.monotonic() > deadline:
                    raise
            time.sleep(_LOOK_SECONDS)

    def get_execution_history(self, **query: Any) -> Any:
        """GetExecutionHistory."""
        return self._call("get_execution_history", query)

    def _hint(self, error: Exception) -> str:
        if of_credentials(error) and self._account.keeps_credentials:
            return (
                "but this can never see new ones, as they are variables of its shell:"
                " end it with Ctrl-C, export new ones, and watch the run again."
            )
        return "this waits."

    def _call(self, operation: str, query: dict[str, Any]) -> Any:
        wait = _FIRST_SECONDS
        while True:
            try:
                answer = getattr(self._account.client("stepfunctions"), operation)(**query)
            except Exception as error:
                trouble = passing_trouble(error)
                if trouble is None:
                    raise
                if trouble != self._trouble:
                    self._note(f"{trouble}. The run goes on; {self._hint(error)}")
                self._trouble = trouble
                time.sleep(wait)
                wait = min(2 * wait, _LONGEST_SECONDS)
                self._account = self._account.renewed()
            else:
                if self._trouble:
                    self._note("AWS answers again.")
                    self._trouble = ""
                return answer
