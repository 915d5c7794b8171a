"""The acceptance in a sandbox: `python -m acceptance.in_sandbox run --yes`, with the options of the command.

The only module that knows the sandbox. It sets the endpoints in the environment, gives the command the
sandbox's template, pace and name, and lets it call as a user who has policy.json and no other right.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document

from acceptance.names import PREFIX
from sandbox.build import ROOT, local_template
from sandbox.launcher import REGION, Place, emulators
from sandbox.processes import end_with_parent, forget_user_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

PACE = 0.02
POLICY = Path(__file__).with_name("policy.json")
_DIRECTORY = ROOT / ".sandbox/acceptance/sandbox"
_USER = "acceptance"
_ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# The world has no quota of vCPUs: the launches of the scenario's group fail by a rule.
_QUOTA = {
    "service": "autoscaling",
    "action": "UpdateAutoScalingGroup",
    "contains": "-quota",
    "times": None,
    "effect": "fail",
    "message": "You have requested more vCPU capacity than your current vCPU limit of 0 allows for the "
    "instance bucket that the specified instance type belongs to.",
}


@contextmanager
def in_sandbox(directory: Path = _DIRECTORY) -> Iterator[Place]:
    """A sandbox with nothing in it, whose endpoints are in this process's environment."""
    with emulators(directory, PACE) as place:
        os.environ.update(_endpoints(place))
        verb(place, "PUT", "faults", [_QUOTA])
        os.environ.update(_user())
        yield place


def options() -> list[str]:
    """The options of the command in a sandbox."""
    return ["--pace", str(PACE)]


def run_options() -> list[str]:
    """The options of `run` in a sandbox, beside `options`."""
    return ["--template", str(local_template(_DIRECTORY / "build.log")), "--place", "the sandbox"]


def verb(place: Place, method: str, name: str, body: object = None) -> Any:
    """Use one of the world's `/_sandbox/` verbs."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{place.ec2}/_sandbox/{name}", data, method=method)  # noqa: S310
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        return json.load(answer)


def denied_calls(place: Place) -> list[str]:
    """The calls of EC2 and Auto Scaling that policy.json does not allow: the world does not ask it."""
    statements = parse_policy_document(json.loads(POLICY.read_text()))
    calls = verb(place, "GET", "calls?since=0")
    calls = calls["calls"] if isinstance(calls, dict) else calls
    own = [call for call in calls if call["role"] == os.environ["AWS_ACCESS_KEY_ID"]]
    asked = {one for call in own if call["service"] in ("ec2", "autoscaling") for one in _asked(call)}
    return sorted({action for action, made_by in asked if not _allowed(statements, action, made_by)})


def _asked(call: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The actions that IAM is asked about for a call, with the call that makes what is tagged."""
    yield f"{call['service']}:{call['action']}", ""
    if call["service"] == "ec2" and "TagSpecifications" in call["params"]:
        yield "ec2:CreateTags", call["action"]


def _allowed(statements: list[Any], action: str, made_by: str) -> bool:
    """Whether the policy allows an action on something of the acceptance's."""
    group = f"arn:aws:autoscaling:{REGION}:123456789012:autoScalingGroup:0:autoScalingGroupName/{PREFIX}0"
    pair = f"arn:aws:ec2:{REGION}:123456789012:key-pair/{PREFIX}0"
    instance = f"arn:aws:ec2:{REGION}:123456789012:instance/i-0"
    context = {"ec2:createaction": made_by}
    context |= {f"aws:resourcetag/golden-image:{one}": f"{PREFIX}0" for one in ("acceptance", "stack")}
    return any(
        evaluate(
            EvalContext(
                principal_arn=f"arn:aws:iam::123456789012:user/{_USER}",
                principal_type="User",
                principal_account="123456789012",
                action=action,
                resource_arn=resource,
                region=REGION,
                service_context=context,
            ),
            [statements],
        ).decision
        == "Allow"
        for resource in (group, pair, instance)
    )


def _endpoints(place: Place) -> dict[str, str]:
    world = {f"AWS_ENDPOINT_URL_{one}": place.ec2 for one in ("EC2", "AUTO_SCALING", "IAM")}
    return world | {
        "AWS_ENDPOINT_URL": place.aws,
        "AWS_ENDPOINT_URL_EXECUTE_API": place.aws,
        "AWS_DEFAULT_REGION": REGION,
        "SAM_CLI_POLL_DELAY": "0.1",
        "PYTHONPATH": f"{ROOT / 'functions'}:{ROOT}",
    }


def _user() -> dict[str, str]:
    """A user with policy.json; answers the environment with its key."""
    iam = boto3.client("iam")
    policy = iam.create_policy(PolicyName=_USER, PolicyDocument=json.dumps(json.loads(POLICY.read_text())))
    iam.create_user(UserName=_USER)
    iam.attach_user_policy(UserName=_USER, PolicyArn=policy["Policy"]["Arn"])
    key = iam.create_access_key(UserName=_USER)["AccessKey"]
    return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}


def main() -> int:
    """Run the command in a sandbox of its own.

    Answers its exit code; 1 also where it needs a right that policy.json lacks.
    """
    forget_user_settings()
    command, *more = sys.argv[1:]
    with in_sandbox() as place:
        own = run_options() if command == "run" else []
        line = [sys.executable, "-m", "acceptance", *options(), command, *own, *more]
        process = subprocess.Popen(line, preexec_fn=end_with_parent)  # noqa: PLW1509 - one thread
        for number in _ENDS:  # the command removes everything before the sandbox may end
            signal.signal(number, lambda received, _frame: process.send_signal(received))
        code, denied = process.wait(), denied_calls(place)
    for action in denied:
        print(f"acceptance/policy.json does not allow {action}")
    return code or bool(denied)


if __name__ == "__main__":
    sys.exit(main())
