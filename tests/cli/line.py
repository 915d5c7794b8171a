"""The line between the command line and AWS, which can be cut, and on which credentials can expire."""

from __future__ import annotations

import http.client
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

OPEN, CUT, EXPIRED, DENIED = "open", "cut", "expired", "denied"
_REFUSALS = {
    EXPIRED: ("ExpiredTokenException", "The security token included in the request is expired"),
    DENIED: ("AccessDeniedException", "User: ops is not authorized to perform: states:DescribeExecution"),
}


class Line:
    """Forwards each request as it is, while it is OPEN; `state` may be changed at any time."""

    def __init__(self, url: str) -> None:
        self.state = OPEN
        self.hits = dict.fromkeys((OPEN, CUT, *_REFUSALS), 0)
        self._to = urlsplit(url).netloc
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    @contextmanager
    def up(self) -> Iterator[Line]:
        thread = threading.Thread(target=self._server.serve_forever)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, str, bytes]:
        """The status, the content type and the body of the answer.

        Raises:
            ConnectionAbortedError: the line is cut.
        """
        self.hits[self.state] += 1
        if self.state == CUT:
            raise ConnectionAbortedError
        if self.state in _REFUSALS:
            code, message = _REFUSALS[self.state]
            return (
                400,
                "application/x-amz-json-1.0",
                json.dumps({"__type": code, "message": message}).encode(),
            )
        connection = http.client.HTTPConnection(self._to, timeout=60)
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in headers.items():
            # The Host is signed, so it stays.
            connection.putheader(name, value)
        connection.endheaders(body)
        response = connection.getresponse()
        found = response.status, response.headers.get("Content-Type", ""), response.read()
        connection.close()
        return found


def _handler(line: Line) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            try:
                status, kind, answer = line.answer("POST", self.path, dict(self.headers.items()), body)
            except ConnectionAbortedError:
                return
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            pass

    return Handler
