"""Roll Back: delete what the run created, restore the source and the group."""

from golden_image.model.check import Check
from golden_image.step import step
from golden_image.undo import undo


@step
def handler(run: str, waited: int, limit: int) -> Check:
    """`waited` and `limit` are seconds."""
    return undo.undo(run, waited, limit)
