"""The X-Ray trace of a run: how a call that a function makes is known as the run's.

With tracing enabled Step Functions gives each run one trace, Lambda hands it to the handler, and botocore
sends it along with every call (`X-Amzn-Trace-Id`). On AWS its root is random; here it follows from the run's
ARN, so that whoever knows the run knows its calls.
"""

from __future__ import annotations

import hashlib


def root_of(run: str) -> str:
    """The root of the trace of an execution, by its ARN."""
    digest = hashlib.sha256(run.encode()).hexdigest()
    return f"1-{digest[:8]}-{digest[8:32]}"


def root_in(header: str) -> str:
    """The root in a trace header; empty where it has none."""
    fields = dict(part.partition("=")[::2] for part in header.split(";"))
    return fields.get("Root", "")
