"""Prove Generation: would EC2 launch from the version that the group is to get again?"""

from golden_image.generation import launch
from golden_image.model.generation import Generation
from golden_image.model.launch_template import LaunchTemplatePlan
from golden_image.step import step


@step
def handler(generation: Generation, launch_template: LaunchTemplatePlan) -> None:
    """Ends the run where it would not; nothing has changed yet."""
    launch.prove(generation, launch_template.subnet_ids, launch_template.types)
