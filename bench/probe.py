"""`python -S -B bench/probe.py PACKAGES FIGURES HANDLER`: AWS's runtime client, which says what a start took.

When the client asks for the first invocation, the function is ready; when it hands in that invocation's
answer, FIGURES is written: the processor seconds until then, and the most memory so far, in kilobytes. Before
the function is ready, nothing is imported here that the client does not import itself.
"""

from __future__ import annotations

import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

packages, figures, handler = sys.argv[1:]
sys.path[:1] = [os.getcwd(), packages]  # noqa: PTH109 - in the place of this file's directory

# Found only now.
from awslambdaric.__main__ import main  # type: ignore[import-untyped]  # noqa: E402
from awslambdaric.lambda_runtime_client import (  # type: ignore[import-untyped]  # noqa: E402
    LambdaRuntimeClient,
)

_ready: list[float] = []
_wait = LambdaRuntimeClient.wait_next_invocation


def _waiting(self: Any) -> Any:
    _ready.append(time.process_time())
    return _wait(self)


def _answering(post: Any) -> Any:
    def answer(*arguments: Any, **named: Any) -> Any:
        # Not getrusage's, which begins with that of the process this one was forked from.
        with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123
            peak = next(line.split()[1] for line in status if line.startswith("VmHWM"))
        with open(figures, "w", encoding="ascii") as file:  # noqa: PTH123
            file.write(f"{_ready[0]} {peak}")
        return post(*arguments, **named)

    return answer


LambdaRuntimeClient.wait_next_invocation = _waiting
for name in ("post_invocation_result", "post_invocation_error"):
    setattr(LambdaRuntimeClient, name, _answering(getattr(LambdaRuntimeClient, name)))
main(["awslambdaric", handler])
