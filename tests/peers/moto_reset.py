"""A plugin for a run of moto's own tests, in their environment (`.tools/world`).

Before and after each test, moto's server mode asks its server to forget everything; here it asks the EC2
world.
"""

import os
from urllib.request import Request, urlopen

from moto.core.models import ServerModeMockAWS


def pytest_configure() -> None:
    """Change whom moto's server mode asks."""
    ServerModeMockAWS.reset = _reset


def _reset(_mock: ServerModeMockAWS) -> None:
    url = f"{os.environ['TEST_SERVER_MODE_ENDPOINT']}/_sandbox/reset"
    urlopen(Request(url, method="POST")).close()  # noqa: S310 - always http://127.0.0.1
