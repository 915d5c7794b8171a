"""Check Instance Refresh: how far is it, and has it succeeded?"""

from golden_image.model.stage import Stage
from golden_image.roll_out import refresh_check
from golden_image.roll_out.refresh_check import RefreshCheck
from golden_image.step import step


@step
def handler(  # noqa: PLR0913, PLR0917 - the check of a wait, and of a stage
    group_name: str, refresh_id: str, waited: int, waited_before: int, limit: int, stage: Stage
) -> RefreshCheck:
    """`waited` and `limit` are seconds of this stage, `waited_before` those of the stages before."""
    done = refresh_check.check(group_name, refresh_id, waited, waited_before, limit, stage.launch_template)
    if done.done:
        refresh_check.refuse_left(group_name, stage)
    return done
