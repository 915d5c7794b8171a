"""What a person is told when a command cannot do what it was asked to, and the exit codes."""

from __future__ import annotations

SUCCESS, RUN_FAILED, WRONG_CALL, OUTDATED_PLAN, AWS_REFUSED, INTERRUPTED = 0, 1, 2, 3, 4, 130


class Problem(Exception):
    """Ends the command: the message goes to stderr and says what was found, where, and what to do."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code
