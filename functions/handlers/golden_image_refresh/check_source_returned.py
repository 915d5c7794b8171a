"""Check Source Returned: is the source running again?"""

from golden_image.model.check import Check
from golden_image.source import power
from golden_image.step import step


@step
def handler(instance_id: str, waited: int, limit: int) -> Check:
    """`waited` and `limit` are seconds."""
    return power.check_returned(instance_id, waited, limit)
