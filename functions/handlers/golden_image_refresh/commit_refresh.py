"""Commit Refresh: the rollout has succeeded, and the run is a generation of its group."""

from golden_image.generation import commit
from golden_image.model.generation import Generation, GenerationImage
from golden_image.model.launch_template import LaunchTemplate
from golden_image.step import step


@step
def handler(run: str, image: GenerationImage, launch_template: LaunchTemplate, started_at: str) -> Generation:
    """From here on nothing is undone. `started_at` is the execution's start."""
    return commit.commit(run, image, launch_template, started_at)
