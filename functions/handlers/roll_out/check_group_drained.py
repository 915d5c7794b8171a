"""Check Group Drained: is no instance left?"""

from golden_image.model.check import Check
from golden_image.roll_out import drain
from golden_image.step import step


@step
def handler(group_name: str, waited: int, limit: int) -> Check:
    """`waited` and `limit` are seconds."""
    return drain.check_drained(group_name, waited, limit)
