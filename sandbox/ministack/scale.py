"""How fast time goes for what handlers are measured by.

Virtual time can be a thousand times faster than real time; a handler's own work takes as long as it takes.
"""

from __future__ import annotations

import os

REAL_SCALE_FLOOR = 0.05
# A handler that waits for a processor beside many others is still within its 60 s, which are 24 s here.
HANDLER_SCALE_FLOOR = 0.4
# Real seconds per virtual second of a workflow's waits.
WAIT_SCALE = float(os.environ.get("SFN_WAIT_SCALE", "1"))
# Real seconds per second of the sweeper's schedule, and of an execution's time-out.
REAL_SCALE = max(WAIT_SCALE, REAL_SCALE_FLOOR)
# Real seconds per second of a function's time-out.
HANDLER_SCALE = max(WAIT_SCALE, HANDLER_SCALE_FLOOR)
