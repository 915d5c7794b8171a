"""The settings that the template gives a function, read from its environment."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Settings:
    """Each value from the environment variable of its name in capitals.

    Attributes:
        stack_name: the stack that the function belongs to.
        ledger_table: the name of the ledger's table.
        default_group_name: the group of an input that names none; empty where such an input is refused.
        state_machine_arn: the workflow golden_image_refresh; only functions that start or read runs have it.
        roll_out_arn: the workflow roll_out; only the function that begins an undo has it.
        notification_topic_arn: where people are told of what happens; only the sweeper has it.
    """

    stack_name: str
    ledger_table: str
    default_group_name: str = ""
    state_machine_arn: str = ""
    roll_out_arn: str = ""
    notification_topic_arn: str = ""

    @classmethod
    def from_env(cls) -> Settings:
        """The settings of this function."""
        names = {field.name: field.name.upper() for field in fields(cls)}
        return cls(**{name: os.environ[key] for name, key in names.items() if key in os.environ})
