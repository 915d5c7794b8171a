"""Requests to the REST API: signed, and sent again where an answer is lost."""

from __future__ import annotations

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import HTTPClientError

from golden_image_cli import rest
from golden_image_cli.problems import AWS_REFUSED, WRONG_CALL
from golden_image_cli.sdk import Account, Sandbox
from golden_image_cli.stack import Stack

if TYPE_CHECKING:
    from collections.abc import Iterator

MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:refresh"
LOST = 0


@contextmanager
def api(*answers: tuple[int, Any]) -> Iterator[tuple[Stack, list[dict[str, str]]]]:
    """An API that gives these answers in their order, and what it was sent; LOST cuts the connection."""
    left, sent = list(answers), []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            sent.append({**self.headers, "body": body.decode(), "path": self.path})
            status, content = left.pop(0)
            if status == LOST:
                self.connection.close()
                return
            data = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    known = {"StateMachineArn": MACHINE, "ApiUrl": f"{url}/v1"}
    yield Stack("golden", Account(region="eu-west-1", sandbox=Sandbox(url, url)), known=known), sent
    server.shutdown()


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest, "_PAUSE_SECONDS", 0)


def test_a_request_is_signed_for_the_api_in_the_stacks_region() -> None:
    with api((200, {"name": "web-1"})) as (stack, sent):
        assert rest.call(stack, "POST", "/refreshes/a%2Fb/approve", {"reason": "good"}) == {"name": "web-1"}
    assert sent[0]["path"] == "/v1/refreshes/a%2Fb/approve"
    assert json.loads(sent[0]["body"]) == {"reason": "good"}
    assert "/eu-west-1/execute-api/aws4_request" in sent[0]["Authorization"]


@pytest.mark.parametrize("first", [(LOST, None), (429, {}), (503, {"error": "ServiceUnavailable"})])
def test_a_request_is_sent_again_where_its_answer_is_lost_or_the_api_is_busy(first: tuple[int, Any]) -> None:
    with api(first, (200, {"name": "web-1"})) as (stack, sent):
        assert rest.call(stack, "POST", "/refreshes", {"reason": "good"}) == {"name": "web-1"}
    assert len(sent) == 2
    assert sent[0]["body"] == sent[1]["body"]


@pytest.mark.parametrize(
    ("status", "content", "told", "code"),
    [
        (409, {"error": "AlreadyAnswered", "message": "by her"}, "AlreadyAnswered: by her", WRONG_CALL),
        (403, {"error": "Forbidden", "message": "not you"}, "Forbidden: not you", AWS_REFUSED),
        (404, "no JSON of the API", "HTTP 404: no message", WRONG_CALL),
    ],
)
def test_what_the_api_refuses_is_told_in_its_words(status: int, content: Any, told: str, code: int) -> None:
    with api((status, content)) as (stack, _), pytest.raises(rest.Refusal) as refused:
        rest.call(stack, "POST", "/refreshes", {})
    assert (str(refused.value), refused.value.exit_code, refused.value.lost) == (told, code, False)


def test_a_refusal_after_a_lost_answer_says_so() -> None:
    refusal = (409, {"error": "AlreadyAnswered", "message": "by you"})
    with api((LOST, None), refusal) as (stack, _), pytest.raises(rest.Refusal) as refused:
        rest.call(stack, "POST", "/refreshes", {})
    assert refused.value.lost


def test_an_api_that_never_answers_is_told_as_a_lost_connection() -> None:
    with api(*[(LOST, None)] * 4) as (stack, sent), pytest.raises(HTTPClientError):
        rest.call(stack, "POST", "/refreshes", {})
    assert len(sent) == 4
