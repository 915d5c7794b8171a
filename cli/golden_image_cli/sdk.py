"""Clients of AWS, by botocore alone: boto3 imports S3's transfers too, which costs a tenth of a second."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import botocore

# The sandbox's EC2 world answers these, its MiniStack all others.
_OF_THE_WORLD = {"ec2", "autoscaling", "elbv2", "ssm", "iam"}
_SANDBOX_KEY = "test"


@dataclass(frozen=True)
class Sandbox:
    """Where a sandbox's services are; both are base URLs."""

    aws: str
    ec2: str


@dataclass(frozen=True)
class Account:
    """Whose AWS is called, and in which Region; what is None is found as the AWS CLI finds it.

    Attributes:
        sandbox: is called instead of AWS, with credentials of its own.
    """

    profile: str | None = None
    region: str | None = None
    sandbox: Sandbox | None = None
    _clients: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def client(self, service: str) -> Any:
        """A client of the service, always the same one.

        Raises:
            BotoCoreError: there is no such profile, or no Region.
        """
        if service not in self._clients:
            self._clients[service] = self._made(service)
        return self._clients[service]

    def credentials(self) -> Any:
        """Those of the account, for a request that is signed without a client.

        Raises:
            NoCredentialsError: there are none.
        """
        session = self._session
        from botocore.credentials import Credentials  # noqa: PLC0415 - after the docs are left out
        from botocore.exceptions import NoCredentialsError  # noqa: PLC0415

        if self.sandbox:
            return Credentials(_SANDBOX_KEY, _SANDBOX_KEY)
        found = session.get_credentials()
        if found is None:
            raise NoCredentialsError
        return found

    @property
    def endpoint_url(self) -> str | None:
        """What answers in AWS's place for every service: AWS_ENDPOINT_URL, or the profile's endpoint_url."""
        if self._session.get_config_variable("ignore_configured_endpoint_urls"):
            return None
        found: str | None = os.environ.get("AWS_ENDPOINT_URL") or self._session.get_scoped_config().get(
            "endpoint_url"
        )
        return found

    @property
    def keeps_credentials(self) -> bool:
        """Its credentials are variables of this process, which nobody can renew while it runs."""
        return not self.sandbox and self.profile is None and "AWS_ACCESS_KEY_ID" in os.environ

    def renewed(self) -> Account:
        """The same, with credentials read anew: somebody may have signed in again."""
        return Account(self.profile, self.region, self.sandbox)

    @cached_property
    def _session(self) -> Any:
        """One for all clients: a profile may ask for an MFA code when its credentials are needed first."""
        _leave_out_docs()
        from botocore.session import Session  # noqa: PLC0415 - after the docs are left out

        session = Session(profile=self.profile)
        # Three attempts, as the AWS CLI makes.
        session.set_config_variable("retry_mode", "standard")
        return session

    def _made(self, service: str) -> Any:
        # botocore reads AWS_DEFAULT_REGION only; the AWS CLI reads AWS_REGION first.
        region = self.region or os.environ.get("AWS_REGION") or None
        if not self.sandbox:
            return self._session.create_client(service, region_name=region)
        url = self.sandbox.ec2 if service in _OF_THE_WORLD else self.sandbox.aws
        return self._session.create_client(
            service,
            region_name=region,
            endpoint_url=url,
            aws_access_key_id=_SANDBOX_KEY,
            aws_secret_access_key=_SANDBOX_KEY,
        )


def _leave_out_docs() -> None:
    """Have botocore not import what makes the help texts of its clients: a quarter of its import.

    The package stays, for its small modules that botocore needs, but without its own imports.
    """
    if "botocore.docs" in sys.modules:
        return
    docs, docstring = ModuleType("botocore.docs"), ModuleType("botocore.docs.docstring")
    docs.__path__ = [str(Path(botocore.__file__).parent / "docs")]
    # Whatever kind of help text it is asked for.
    docstring.__getattr__ = lambda _: lambda *_, **__: None  # type: ignore[method-assign]
    sys.modules |= {docs.__name__: docs, docstring.__name__: docstring}
