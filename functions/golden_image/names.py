"""Names that every service takes: Step Functions and Auto Scaling allow nearly any character in theirs."""

from __future__ import annotations

import hashlib
import re

_DIGEST = 8
# Printable ASCII: what EC2 takes in a description, of 255 characters at most, and CloudWatch in a dimension.
ASCII = " -~"
_LONGEST_LABEL = 200


def legal(text: str, allowed: str, longest: int, shortest: int = 0) -> str:
    """The text in characters that are allowed, and neither longer nor shorter than that.

    Where something had to go or was too short, the text's own digest is at the end: two texts never become
    one.

    Args:
        allowed: as in the brackets of a regular expression; `-` and hexadecimal digits are among them.
        shortest: 9 at most.
    """
    kept = re.sub(f"[^{allowed}]", "-", text)[:longest]
    if kept == text and len(text) >= shortest:
        return text
    return f"{kept[: longest - _DIGEST - 1]}-{digest(text)}"


def digest(text: str) -> str:
    """8 hexadecimal digits that tell the text from any other."""
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGEST]


def label(run: str) -> str:
    """The run's ARN for descriptions: in ASCII, 200 characters at most. No other run has the same."""
    return legal(run, ASCII, _LONGEST_LABEL)
