"""Begin Undo: claim the run, and stop its rollout."""

from golden_image.step import step
from golden_image.undo import begin
from golden_image.undo.begin import Beginning


@step
def handler(run: str, ended: bool) -> Beginning:
    """`ended` is whether the run is over. Answers `undo` and `waitSeconds`."""
    return begin.begin(run, ended)
