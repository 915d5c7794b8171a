"""Has parliament check the policies, and checkov the template that SAM makes of template.yaml.

.parliament.yaml and .checkov.yaml list the findings that are intended, each with its reason.

usage: python -m tools.check_security
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml
from samtranslator.translator.transform import transform

from tools.policy_documents import Deployment
from tools.project import DEFINITIONS, ROOT, machine, template

_TOOLS = ROOT / ".tools/checks"
_AWS = "arn:aws:iam::aws:policy"
_DEPLOYMENT = Deployment(account="123456789012", region="ap-northeast-2", stack="golden-image-refresh")


class _ManagedPolicies:
    """The policies of AWS's own that SAM adds to the template's, which it would look up in an account."""

    def load(self) -> dict[str, str]:
        return {
            "AWSLambdaBasicExecutionRole": f"{_AWS}/service-role/AWSLambdaBasicExecutionRole",
            "AWSXrayWriteOnlyAccess": f"{_AWS}/AWSXrayWriteOnlyAccess",
        }


def plain_template() -> dict[str, Any]:
    """The template after SAM's transformation: roles, permissions and routes are there as resources."""
    found = template()
    found["Globals"]["Function"]["CodeUri"] = "s3://bucket/code"
    for name in DEFINITIONS:
        found["Resources"][machine(name)]["Properties"]["DefinitionUri"] = f"s3://bucket/{name}"
    os.environ.setdefault("AWS_DEFAULT_REGION", _DEPLOYMENT.region)
    made: dict[str, Any] = transform(found, {"AWS::Region": _DEPLOYMENT.region}, _ManagedPolicies())
    return made


def _write(directory: Path) -> None:
    shutil.rmtree(directory, ignore_errors=True)
    (directory / "policies").mkdir(parents=True)
    (directory / "template.json").write_text(json.dumps(plain_template()), encoding="utf-8")
    found = template()
    for owner in found["Resources"]:
        # As one, for what an owner may do is what all of its policies allow together.
        if policies := _DEPLOYMENT.policies(found, owner):
            joined = [statement for policy in policies for statement in policy["Statement"]]
            text = json.dumps({"Version": "2012-10-17", "Statement": joined}, indent=2)
            (directory / f"policies/{owner}.json").write_text(text, encoding="utf-8")


def _run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    # parliament has escapes that Python warns of.
    quiet = os.environ | {"PYTHONWARNINGS": "ignore"}
    return subprocess.run(command, cwd=ROOT, env=quiet, check=False, capture_output=True, text=True)


def unexplained(findings: list[dict[str, Any]], meant: list[dict[str, Any]]) -> list[str]:
    """parliament's findings that no entry explains, and the entries that explain none.

    A finding with actions is explained only where each of them is.
    """
    needed: set[tuple[int, str]] = set()
    found = []
    for finding in findings:
        policy = Path(finding["location"]["filepath"]).stem
        left = set(finding["location"].get("actions", ["*"]))
        for number, entry in enumerate(meant):
            explained = left & set(entry.get("actions", ["*"]))
            if finding["issue"] == entry["issue"] and policy in entry["policies"] and explained:
                needed.add((number, policy))
                left -= explained
        if left:
            found.append(f"{policy}: {finding['issue']}: {finding['detail'] or sorted(left)}")
    every = {(number, policy) for number, entry in enumerate(meant) for policy in entry["policies"]}
    unused = sorted(every - needed)
    return found + [f"{policy}: {meant[number]['issue']} is not found any more" for number, policy in unused]


def main() -> int:
    """Answer 0 where nothing is left unexplained."""
    made = _TOOLS / "input"
    _write(made)
    policies = made / "policies"
    parliament = _run(
        _TOOLS / "bin/parliament", "--directory", policies, "--json", "--include-community-auditors"
    )
    findings = [json.loads(line) for line in parliament.stdout.splitlines()]
    meant = yaml.safe_load((ROOT / ".parliament.yaml").read_text(encoding="utf-8"))
    lines = unexplained(findings, meant) if not parliament.stderr else [parliament.stderr]
    checkov = _run(_TOOLS / "bin/checkov", "--file", made / "template.json", "--config-file", ".checkov.yaml")
    if checkov.returncode:
        lines.append(checkov.stdout + checkov.stderr)
    sys.stderr.writelines(f"{line}\n" for line in lines)
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
