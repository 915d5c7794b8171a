"""The acceptance in a sandbox: `python -m acceptance.in_sandbox run --yes`, with the options of the command.

The only module that knows the sandbox. It sets the endpoints in the environment, and gives the command the
sandbox's template, pace and name.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.build import ROOT, local_template
from sandbox.launcher import REGION, Place, emulators
from sandbox.processes import forget_user_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

PACE = 0.02
_DIRECTORY = ROOT / ".sandbox/acceptance/sandbox"
# The quota of the acceptance's scenario: the world has none, so that the launches of its group fail by a rule.
_QUOTA = {
    "service": "autoscaling",
    "action": "UpdateAutoScalingGroup",
    "contains": "-quota",
    "times": None,
    "effect": "fail",
    "message": "You have requested more vCPU capacity than your current vCPU limit of 0 allows for the instance "
    "bucket that the specified instance type belongs to.",
}


@contextmanager
def in_sandbox(directory: Path = _DIRECTORY) -> Iterator[list[str]]:
    """A sandbox, in this process's environment; answers the options of the command that belong to it."""
    with emulators(directory, PACE) as place:
        os.environ.update(_environment(place))
        request = urllib.request.Request(  # noqa: S310 - always http://127.0.0.1
            f"{place.ec2}/_sandbox/faults", json.dumps([_QUOTA]).encode(), method="PUT"
        )
        with urllib.request.urlopen(request, timeout=10):  # noqa: S310
            pass
        yield ["--pace", str(PACE)]


def _environment(place: Place) -> dict[str, str]:
    world = {f"AWS_ENDPOINT_URL_{one}": place.ec2 for one in ("EC2", "AUTO_SCALING", "IAM")}
    return world | {
        "AWS_ENDPOINT_URL": place.aws,
        "AWS_ENDPOINT_URL_EXECUTE_API": place.aws,
        "AWS_DEFAULT_REGION": REGION,
        "SAM_CLI_POLL_DELAY": "0.1",
    }


def template() -> list[str]:
    """The options of `run` for the template that the sandbox deploys."""
    return ["--template", str(local_template(_DIRECTORY / "build.log")), "--place", "the sandbox"]


def main() -> int:
    """Run the command in a sandbox of its own."""
    forget_user_settings()
    command, *more = sys.argv[1:]
    with in_sandbox() as options:
        own = template() if command == "run" else []
        process = subprocess.Popen([sys.executable, "-m", "acceptance", *options, command, *own, *more])
        return process.wait()


if __name__ == "__main__":
    sys.exit(main())
