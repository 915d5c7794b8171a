"""How fast time goes for what handlers are measured by.

Virtual time can be a thousand times faster than real time; a handler's own work takes as long as it takes.
"""

from __future__ import annotations

import os

REAL_SCALE_FLOOR = 0.05
# Real seconds per virtual second of a workflow's waits.
WAIT_SCALE = float(os.environ.get("SFN_WAIT_SCALE", "1"))
# Real seconds per second of a function's time-out, of a wait for its end, and of the sweeper's schedule.
REAL_SCALE = max(WAIT_SCALE, REAL_SCALE_FLOOR)
