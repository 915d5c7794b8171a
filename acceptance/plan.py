"""What an acceptance makes, for how long, and at what price: shown before anything is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from acceptance.scenarios import SCENARIOS, WINDOWS, Scenario
from acceptance.sources import SOURCES

if TYPE_CHECKING:
    from acceptance.account import Account

# US dollars in us-east-1. That of a key is from https://aws.amazon.com/kms/pricing/ (November 2026). Those of
# EC2 and EBS were written down without a look at https://aws.amazon.com/ec2/pricing/on-demand/ and
# https://aws.amazon.com/ebs/pricing/: compare them before the first run. Other Regions cost up to twice as
# much.
PER_HOUR = {"t4g.nano": 0.0042, "t3.micro": 0.0104, "t3.medium": 0.0600, "g4dn.xlarge": 0.526}
"""Of an instance; t3.medium with Windows."""
PER_GIB_MONTH = 0.08 + 0.05
"""Of a volume (gp3) and of its snapshot, as if the snapshot held every block."""
PER_ADDRESS_HOUR = 0.005
PER_RUN = 0.01
"""More than any run in docs/reference/cost.md, with its API calls, messages and logs."""
PER_KEY_MONTH = 1.00
"""AWS bills a part of a month by the hour, and nothing while the key waits for its deletion."""
_MONTH_HOURS = 730
HOURS = 1.5
"""More than the scenarios of docs/reference/aws-acceptance-example.md take, with deployment and removal."""
GROUP_INSTANCES = 2
"""Instances of a group while it is recreated: the one before and the one after."""
VCPUS = 2
"""Of an instance of each of the sources' types, T3 and T4g up to medium."""


@dataclass(frozen=True)
class Plan:
    """The sources and the scenarios of an acceptance."""

    kinds: tuple[str, ...]
    scenarios: tuple[Scenario, ...]

    def dollars(self) -> float:
        """The price at most, where the quota of the scenario `quota` is 0 as in a new account."""
        total = HOURS * PER_KEY_MONTH / _MONTH_HOURS + PER_RUN * len(self.scenarios)
        for kind in self.kinds:
            source = SOURCES[kind]
            instances = 1 + GROUP_INSTANCES * len({one.group for one in self.scenarios if one.source == kind})
            hourly = PER_HOUR[source.type] + PER_ADDRESS_HOUR + source.root_gib * PER_GIB_MONTH / _MONTH_HOURS
            total += instances * HOURS * hourly
        return total

    def vcpus(self) -> int:
        """The most that run at a time: the sources, the groups that stay, and one more that is recreated."""
        staying = {one.group for one in self.scenarios if one.expected.sizes != "none"}
        return VCPUS * (len(self.kinds) + len(staying) + GROUP_INSTANCES)

    def text(self, account: Account, name: str) -> str:
        """The plan for a person."""
        sources = "\n".join(f"  - {SOURCES[kind].what} ({SOURCES[kind].type})" for kind in self.kinds)
        runs = "\n".join(f"  - {one.name}: {one.what}" for one in self.scenarios)
        return (
            f"This will create in account {account.number}, Region {account.region}, for about an hour:\n"
            f"- the stack {name}, and a bucket of that name for its code\n"
            f"- a key pair and a customer key (its deletion takes seven days, which cost nothing)\n"
            f"- the service-linked role of Auto Scaling, if the account has none; it stays\n"
            f"- in the default VPC, the sources\n{sources}\n"
            "- one run after another, with the images, snapshots, launch templates and groups of them\n"
            f"{runs}\n"
            f"The instances have at most {self.vcpus()} vCPUs at a time.\n"
            f"Price: at most ${self.dollars():.2f} in us-east-1 for {HOURS} hours; "
            f"higher by ${PER_HOUR['g4dn.xlarge'] / 12:.2f} if the account's quota lets a g4dn.xlarge run.\n"
            "At the end, and after Ctrl-C, everything is removed."
        )


def plan(windows: bool) -> Plan:
    """The usual plan, with Windows if asked."""
    kinds = tuple(kind for kind in SOURCES if windows or kind != "windows")
    # The key pair is deleted by the scenario that comes last.
    return Plan(kinds, (WINDOWS, *SCENARIOS) if windows else SCENARIOS)
