"""The world over HTTP.

Python's own threading server, for werkzeug's closes the connection after every answer, which doubles the
time of a call.
"""

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ec2world.control.verbs import control
from ec2world.wire.call import Request
from ec2world.wire.upstream import Upstream
from ec2world.world import Answer, World


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body in one packet
    server: "WorldServer"

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        world = self.server.world
        if self.path.startswith("/_sandbox/"):
            status, text = control(world, self.command, self.path, body)
            self._send(status, "application/json", text.encode())
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = world.handle(Request(self.command, self.path, headers, body))
        if answer.cut:
            self._cut()
        else:
            self._send(answer.status, answer.content_type, answer.body.encode(), answer)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = _serve  # noqa: N815

    def _send(self, status: int, content_type: str, body: bytes, answer: Answer | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        if answer is not None:
            self.send_header("x-amzn-RequestId", answer.request_id)
        self.end_headers()
        self.wfile.write(body)

    def _cut(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def handle(self) -> None:
        """Serve a connection until either side ends it."""
        try:
            super().handle()
        except ConnectionError:
            self.close_connection = True

    def finish(self) -> None:
        """End a connection, which may be gone already."""
        try:
            super().finish()
        except OSError:
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing: the record is the log."""


class WorldServer(ThreadingHTTPServer):
    """A world on a port of 127.0.0.1; port 0 is a free one."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, world: World, port: int = 0) -> None:
        self.world = world
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def url(self) -> str:
        """Where it is served."""
        return f"http://127.0.0.1:{self.server_address[1]}"


def serve(
    port: int = 0, *, scale: float = 1.0, region: str = "us-east-1", upstream: str | None = None
) -> WorldServer:
    """Serve a new world from a thread of its own; `shutdown()` and `server_close()` end it.

    Calls of other services go to the server at `upstream`, else to moto's own.
    """
    server = WorldServer(World(scale, region, Upstream(upstream) if upstream else None), port)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return server
