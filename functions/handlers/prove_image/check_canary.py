"""Check Canary: is it running, with all of its status checks ok?"""

from golden_image.model.check import Check
from golden_image.prove_image import checks
from golden_image.step import step


@step
def handler(run: str, instance_id: str, waited: int, limit: int) -> Check:
    """`waited` and `limit` are seconds."""
    return checks.check(run, instance_id, waited, limit)
