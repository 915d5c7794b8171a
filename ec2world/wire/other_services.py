"""The other services of moto (kms, iam, …), unchanged."""

import sys
import traceback

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.test import create_environ, run_wsgi_app

from ec2world.wire.call import Call
from ec2world.wire.errors import error_body


class OtherServices:
    """moto's server application, without a socket."""

    def __init__(self) -> None:
        self._application = DomainDispatcherApplication(create_backend_app)

    def answer(self, call: Call) -> tuple[int, str, str]:
        """HTTP status, body and content type."""
        request = call.request
        path, _, query = request.path.partition("?")
        environ = create_environ(
            path,
            query_string=query,
            method=request.method,
            data=request.body,
            headers=list(request.headers.items()),
        )
        try:
            chunks, status, headers = run_wsgi_app(self._application, environ, buffered=True)
        except Exception:  # moto's own defects and what it has not implemented
            traceback.print_exc(file=sys.stderr)
            body, content_type = error_body(call.protocol, "InternalFailure", "An internal error.", "")
            return 500, body, content_type
        text = b"".join(chunks).decode("utf-8", "replace")
        return int(status.split()[0]), text, headers.get("content-type", "application/json")
