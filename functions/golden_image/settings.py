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
        prove_image_arn, roll_out_arn, run_document_arn: the workflows prove_image, roll_out and run_document;
            only the function that begins an undo and the sweeper have them.
        notification_topic_arn: where people are told of what happens; only functions that tell them have it.
        generations_table: the name of the table of generations; only functions that use them have it.
        canary_role_arn: the role that launches canaries; only the function that plans a run has it.
        answer_approval_arn: the function that takes answers from the AWS CLI; only the one that asks has it.
    """

    stack_name: str
    ledger_table: str
    default_group_name: str = ""
    state_machine_arn: str = ""
    prove_image_arn: str = ""
    roll_out_arn: str = ""
    run_document_arn: str = ""
    notification_topic_arn: str = ""
    generations_table: str = ""
    canary_role_arn: str = ""
    answer_approval_arn: str = ""

    @classmethod
    def from_env(cls) -> Settings:
        """The settings of this function."""
        names = {field.name: field.name.upper() for field in fields(cls)}
        return cls(**{name: os.environ[key] for name, key in names.items() if key in os.environ})
