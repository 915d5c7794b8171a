"""Create Launch Template: the template, or a new version of it, tested with a dry run."""

from golden_image.group import launch_template as templates
from golden_image.group import proof
from golden_image.model.launch_template import LaunchTemplate, LaunchTemplatePlan
from golden_image.step import step


@step
def handler(
    run: str, instance_id: str, launch_template: LaunchTemplatePlan, image_id: str, user_data: str | None
) -> LaunchTemplate:
    """The version; `user_data` is the input's, None where it states none."""
    made = templates.create(run, instance_id, launch_template, image_id, user_data)
    proof.prove(made, launch_template.subnet_ids, launch_template.types)
    return made
