"""Each row of "Not yet seen on AWS" in docs/explanations/internals.md: its question, or why there is none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from acceptance import observations, questions
from acceptance.account import NotInTimeError
from acceptance.evidence import NO, NOT_ASKED, Evidence, Finding
from sandbox.build import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

_PAGE = ROOT / "docs/explanations/internals.md"
_HEADING = "## Not yet seen on AWS\n"
STATES_ON_AWS = "STATES_ON_AWS=1 .venv/bin/python -m pytest tests/states"
# Words that only one row has: its question, or why this command does not ask.
PROBES: dict[str, Callable[[Evidence], Finding] | str] = {
    "How long the stages take": observations.stages,
    "a launch by Auto Scaling, or that of a canary": observations.rights_of_a_launch,
    "target group that does not exist": questions.target_group,
    "to start a source with encrypted volumes": observations.start_with_a_customer_key,
    "for Windows, RHEL, SUSE and marketplace": observations.windows,
    "shows the snapshots of CreateImage": questions.created_image,
    "UEFI variable stores": questions.uefi,
    "topic of another Region or account": questions.foreign_topic,
    "tells that the subscription has ended": "it needs a marketplace subscription that has ended",
    "codes for a lack of capacity": "nobody can cause a lack of capacity",
    "console's links": "a person has to open the links of a notification, in each partition",
    "profile that Auto Scaling does not know yet": questions.unknown_profile,
    "How long SSM takes to check": questions.image_parameter,
    "`ssm:GetParameters` is asked of the caller": "it needs the stack without that right",
    "body that is not in UTF-8": questions.body_not_in_utf8,
    "encoded slash or percent sign": questions.group_of_any_name,
    "more than ten target groups": "it needs eleven target groups, which nothing else here has",
    "How long IAM takes to see the tags": questions.new_tags,
    "What GetLaunchTemplateData answers": questions.launch_template_data,
    "IPv6 addresses or EFA": "it needs subnets with IPv6, and an instance type with EFA for dollars an hour",
    "Cold starts": observations.cold_starts,
    "Child executions": observations.stopped_child,
    "regular expressions of the definitions": observations.expressions,
    "An upgrade while runs are open": "it needs a second deployment, which takes as long as all of this",
    "A second deployment of a build": "it needs a deployment that fails",
    "refresh of a group on a launch configuration": "AWS lets newer accounts make no launch configuration",
    "Status checks and Run Command": "no scenario has a canary or a document",
    "answers `InvalidInstanceId` for a stopped instance": "no scenario has a document",
    "wait for a task token": "no scenario asks for approval",
    "percentage of a refresh with `SkipMatching`": "no scenario rolls a group",
    "`MaxHealthyPercentage` is rounded": "no scenario rolls a group",
    "a refresh looks at its group and its alarms": "no scenario rolls a group",
    "sees a version by its number at once": "no scenario rolls a group",
    "the answer of `StartInstanceRefresh`": "it needs an answer that is lost",
    "a capacity reservation of open": "it needs a capacity reservation or a Dedicated Host",
    "generation's image and version stay usable": "it needs a policy of the account, and days",
    "which changes nothing of the group's configuration": "no scenario rolls a group",
    "AWS refuses `InstanceRequirements`": "no scenario rolls a group",
    "of an instance that was terminated": "no scenario has a canary",
    "embedded metric format": observations.metrics,
    "AWS Serverless Application Repository": "a publication cannot be taken back under its version",
    "EC2's token buckets": "emptying them would disturb the account",
    "image is disabled or whose version was deleted": questions.dry_run_of_a_lost_version,
    "What TestState answers": f"it has a command of its own: `{STATES_ON_AWS}`",
    "of which one subnet was deleted": "it needs a subnet to delete, and the default VPC has none to spare",
    "GovCloud and the China Regions.": "it needs an account in each partition",
}


@dataclass(frozen=True)
class Answer:
    """A row with its answer: yes, no, different, or not asked; and what was seen, or why it was not asked."""

    row: str
    verdict: str
    seen: str


def rows() -> list[str]:
    """The rows of the page, each as one line."""
    section = _PAGE.read_text().partition(_HEADING)[2].partition("\n## ")[0]
    return [" ".join(row.split()) for row in re.split(r"^- ", section, flags=re.MULTILINE)[1:]]


def probe_of(row: str) -> Callable[[Evidence], Finding] | str:
    """The question of a row, or why there is none.

    Raises:
        LookupError: not exactly one entry of PROBES is about the row.
    """
    found = [probe for words, probe in PROBES.items() if words in row]
    if len(found) != 1:
        raise LookupError(f"{len(found)} entries of acceptance/probes.py are about the row '{row}'")
    return found[0]


def answers(evidence: Evidence) -> list[Answer]:
    """The answer to each row. A question that fails is answered no, with its error."""
    return [_answer(row, evidence) for row in rows()]


def _answer(row: str, evidence: Evidence) -> Answer:
    probe = probe_of(row)
    if isinstance(probe, str):
        return Answer(row, NOT_ASKED, f"Not asked by this command, because {probe}.")
    try:
        finding = probe(evidence)
    except (BotoCoreError, ClientError, LookupError, NotInTimeError) as error:
        finding = Finding(NO, f"the question failed: {error!r}")
    return Answer(row, finding.verdict, finding.seen)
