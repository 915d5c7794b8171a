"""A stage of a roll."""

from __future__ import annotations

from dataclasses import dataclass, replace

from golden_image.model.launch_template import LaunchTemplate
from golden_image.model.plan import Timeouts
from golden_image.model.rolling import RefreshPreferences


@dataclass(frozen=True)
class Stage:
    """A stage of a roll, which is one instance refresh.

    A roll has one, unless people approve each checkpoint: AWS goes on after CheckpointDelay, whatever people
    say. Then each checkpoint is the end of a refresh.

    Attributes:
        number: from 1.
        launch_template: the version to which the group is rolled.
        rolling: the preferences of the whole roll.
        approves: whether people approve each checkpoint.
    """

    number: int
    launch_template: LaunchTemplate
    rolling: RefreshPreferences
    timeouts: Timeouts
    approves: bool = False

    @property
    def is_last(self) -> bool:
        """Whether nothing is left to be replaced after it."""
        return not self.approves or self.number >= len(self.rolling.checkpoint_percentages or ())

    @property
    def preferences(self) -> RefreshPreferences:
        """Those of this stage's refresh.

        The first stage replaces what the whole roll is to replace, the others what the ones before have left.
        """
        percentages = self.rolling.checkpoint_percentages
        if not (self.approves and percentages):
            return self.rolling
        return replace(
            self.rolling,
            checkpoint_percentages=None if self.is_last else (percentages[self.number - 1],),
            # The refresh is over at its last percentage: nobody waits for AWS's default delay there.
            checkpoint_delay=None if self.is_last else 0,
            bake_time=self.rolling.bake_time if self.is_last else None,
            skip_matching=self.rolling.skip_matching or self.number > 1,
        )
