"""The logger, and the wrapper that each step's handler wears."""

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

from aws_lambda_powertools import Logger

from golden_image.aws import make_clients, named_errors
from golden_image.events import arguments, to_event
from golden_image.redaction import without_secrets

logger = Logger()
# Lambda's runtime decodes an event before any code of ours can. A number of 5,000 digits, which Python would
# not read, so comes to the check of the input, which refuses it by its field.
sys.set_int_max_str_digits(0)


def step(domain_call: Callable[..., object]) -> Callable[[object, Any], Any]:
    """A Lambda handler from one domain call: its arguments out of the event, and a plain answer.

    Clients are made before the first event, errors of AWS get names, and what happens is logged with the run.

    Raises:
        InvalidInput: the event lacks an argument, or has one of another type; the handler's own errors.
    """
    make_clients(domain_call.__module__)

    @logger.inject_lambda_context
    @wraps(domain_call)
    def handler(event: object, _context: Any) -> Any:
        logger.append_keys(run=event.get("run") if isinstance(event, dict) else None)
        try:
            with named_errors():
                answer = to_event(domain_call(**arguments(domain_call, event)))
        except Exception as error:
            logger.warning("step failed", extra={"error": type(error).__name__, "reason": str(error)})
            raise
        logger.info("step done", extra={"answer": without_secrets(answer)})
        return answer

    return handler
