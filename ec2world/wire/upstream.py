"""The services that are not of this world: passed on to the server that has them.

So functions' calls to DynamoDB, SNS and the rest come through here too, under the same rules and into the
same record. A request is passed on as it was signed, its Host header included.
"""

import http.client
import threading
from urllib.parse import urlsplit

from ec2world.wire.call import Call

_SECONDS = 60
_OF_THE_CONNECTION = {"connection", "keep-alive", "transfer-encoding", "content-length", "expect"}


class Upstream:
    """A server at a base URL; each thread keeps a connection to it."""

    def __init__(self, url: str) -> None:
        self._host = urlsplit(url).netloc
        self._own = threading.local()

    def answer(self, call: Call) -> tuple[int, str, str]:
        """HTTP status, body and content type."""
        try:
            return self._ask(call)
        except (http.client.HTTPException, OSError):
            # The other end has closed an idle connection.
            self._own.connection.close()
            return self._ask(call)

    def _ask(self, call: Call) -> tuple[int, str, str]:
        if not hasattr(self._own, "connection"):
            self._own.connection = http.client.HTTPConnection(self._host, timeout=_SECONDS)
        connection: http.client.HTTPConnection = self._own.connection
        request = call.request
        headers = {k: v for k, v in request.headers.items() if k not in _OF_THE_CONNECTION}
        headers["content-length"] = str(len(request.body))
        connection.request(request.method, request.path, request.body, headers)
        response = connection.getresponse()
        text = response.read().decode()
        return response.status, text, response.headers.get("content-type", "application/json")
