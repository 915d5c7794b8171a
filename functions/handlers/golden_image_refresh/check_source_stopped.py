"""Check Source Stopped: has the source reached `stopped`?"""

from golden_image.model.check import Check
from golden_image.source import power
from golden_image.step import step


@step
def handler(instance_id: str, waited: int, limit: int) -> Check:
    """`waited` and `limit` are seconds."""
    return power.check_stopped(instance_id, waited, limit)
