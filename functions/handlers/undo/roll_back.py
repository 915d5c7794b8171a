"""Roll Back: delete what the run created, restore the source and the group."""

from golden_image.step import step
from golden_image.undo import undo
from golden_image.undo.undo import UndoCheck


@step
def handler(run: str, waited: int, limit: int) -> UndoCheck:
    """`waited` and `limit` are seconds. Answers `rollBack` besides, what the roll-back has come to."""
    return undo.undo(run, waited, limit)
