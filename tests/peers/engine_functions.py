"""A plugin for a run of LocalStack's own tests, in their environment (`.tools/engine`).

It lets the tests' Python functions run as the sandbox's do, under AWS's runtime client: MiniStack's own
worker reports every exception under one name.
"""

import io
import zipfile

from botocore.client import BaseClient

# What a function of runtime provided.al2023 must have; the sandbox starts AWS's client in its place.
_BOOTSTRAP = "#!/bin/sh\nexit 1\n"
_call = BaseClient._make_api_call


def pytest_configure() -> None:
    """Change what the tests' clients ask Lambda for."""
    BaseClient._make_api_call = _with_bootstrap


def _with_bootstrap(client, action, parameters):
    if action == "CreateFunction" and parameters.get("Runtime", "").startswith("python"):
        code = io.BytesIO(parameters["Code"]["ZipFile"])
        with zipfile.ZipFile(code, "a") as archive:
            entry = zipfile.ZipInfo("bootstrap")
            entry.external_attr = 0o755 << 16
            archive.writestr(entry, _BOOTSTRAP)
        parameters = {**parameters, "Runtime": "provided.al2023", "Code": {"ZipFile": code.getvalue()}}
    return _call(client, action, parameters)
