"""End Canary: terminate it, and delete the volumes that outlive it."""

from golden_image.model.check import Check
from golden_image.prove_image import ending
from golden_image.step import step


@step
def handler(run: str, waited: int, limit: int) -> Check:
    """`waited` and `limit` are seconds."""
    return ending.check(run, waited, limit)
