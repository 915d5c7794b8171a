"""What runs on instances: a document of Systems Manager with its parameters."""

from __future__ import annotations

from dataclasses import dataclass

# Whom a document is run for: the name of its error follows from it.
PREPARE = "prepare"
CANARY = "canary"


@dataclass(frozen=True)
class Document:
    """A document of the type Command.

    Attributes:
        document: its name; the ARN of one that another account shares.
        parameters: the values of each parameter. They may be secret.
    """

    document: str
    parameters: dict[str, list[str]]


@dataclass(frozen=True)
class Job(Document):
    """A document that is run on an instance.

    Attributes:
        purpose: `prepare` or `canary`.
    """

    purpose: str
    instance_id: str


@dataclass(frozen=True)
class Prepare(Document):
    """The document that is run on the source before it is stopped, for so many seconds at most."""

    timeout: int

    def on(self, instance_id: str) -> Job:
        """What is run on the source."""
        return Job(self.document, self.parameters, PREPARE, instance_id)


@dataclass(frozen=True)
class Canary:
    """The proof of the image: one instance, and what is run on it, if anything."""

    document: Document | None = None
