"""Check Group Drained: is no instance of before left?"""

from golden_image.roll_out import drain
from golden_image.roll_out.drain import DrainCheck
from golden_image.step import step


@step
def handler(run: str, group_name: str, waited: int, limit: int) -> DrainCheck:
    """`waited` and `limit` are seconds."""
    return drain.check_drained(run, group_name, waited, limit)
