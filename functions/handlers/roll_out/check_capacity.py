"""Check Capacity: are as many instances in service as are desired?"""

from golden_image.model.group import Sizes
from golden_image.roll_out import capacity
from golden_image.roll_out.capacity import CapacityCheck
from golden_image.step import step


@step
def handler(group_name: str, sizes: Sizes, waited: int, limit: int) -> CapacityCheck:
    """`sizes` are the restored ones; `waited` and `limit` are seconds."""
    return capacity.check(group_name, sizes, waited, limit)
