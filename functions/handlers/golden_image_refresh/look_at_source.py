"""Look at Source: has the source, for which there was no capacity, been started meanwhile?"""

from golden_image.source import returns
from golden_image.source.returns import Look
from golden_image.step import step


@step
def handler(instance_id: str) -> Look:
    """The source as it is now."""
    return returns.look(instance_id)
