"""Start Instance Refresh: roll the group to the run's version, some instances at a time."""

from golden_image.model.stage import Stage
from golden_image.roll_out import refresh
from golden_image.roll_out.refresh import Started
from golden_image.step import step


@step
def handler(run: str, group_name: str, stage: Stage) -> Started:
    """Returns before an instance is replaced."""
    return refresh.start(run, group_name, stage)
