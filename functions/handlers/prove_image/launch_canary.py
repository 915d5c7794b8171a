"""Launch Canary: one instance of the new version, outside the group."""

from golden_image.model.launch_template import LaunchTemplate
from golden_image.prove_image import canary
from golden_image.step import step


@step
def handler(
    run: str,
    source_id: str | None,
    launch_template: LaunchTemplate,
    subnet_ids: list[str],
    instance_types: list[str],
) -> dict[str, str]:
    """Answers `instanceId`; the instance is not running yet. `source_id` is that of the image, if known."""
    return {"instanceId": canary.launch(run, source_id, launch_template, subnet_ids, instance_types)}
