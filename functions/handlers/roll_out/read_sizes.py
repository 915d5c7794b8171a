"""Read Sizes: what does the group have in the end?"""

from golden_image.group import group
from golden_image.model.group import Sizes
from golden_image.step import step


@step
def handler(group_name: str) -> Sizes:
    """Whoever has set them."""
    return group.sizes(group.visible(group_name))
