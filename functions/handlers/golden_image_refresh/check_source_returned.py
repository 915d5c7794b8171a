"""Check Source Returned: is the source running again? Where EC2 has no capacity for it, it is owed."""

from golden_image.model.check import Check
from golden_image.source import returns
from golden_image.step import step


@step
def handler(run: str, group_name: str, instance_id: str, waited: int, limit: int) -> Check:
    """`waited` and `limit` are seconds."""
    return returns.check(run, group_name, instance_id, waited, limit)
