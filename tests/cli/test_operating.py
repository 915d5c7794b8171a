"""`approve`, `reject`, `generations` and `go-back`."""

from __future__ import annotations

import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import GoldenImage
from tests.workflow.conftest import asked, left_of, locks, succeeded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.client import Client


def waiting(sandbox: Client, group: str) -> str:
    """A run that waits for approval of its image; its ARN."""
    run = sandbox.start(
        {
            "sourceInstanceId": sandbox.seed()["instanceId"],
            "autoScalingGroupName": group,
            "rollout": "none",
            "approval": {"at": ["image"]},
        }
    )
    assert asked(sandbox, run)
    return run


def with_endpoints(folder: Path, sandbox: Client, **others: str) -> GoldenImage:
    """The command line in a folder whose sandbox has these endpoints in the place of its own."""
    (folder / ".sandbox").mkdir()
    replace(sandbox.endpoints, **others).write(folder / ".sandbox")  # type: ignore[arg-type]
    return GoldenImage(folder)


def name_of(run: str) -> str:
    return run.rpartition(":")[2]


@contextmanager
def losing_first_answer(url: str) -> Iterator[str]:
    """A way to the API at this URL on which the first answer is lost, after it was given."""
    lost = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            request = urllib.request.Request(url + self.path, body, dict(self.headers), method="POST")  # noqa: S310
            try:
                with urllib.request.urlopen(request) as response:  # noqa: S310
                    status, data = response.status, response.read()
            except urllib.error.HTTPError as error:
                status, data = error.code, error.read()
            if not lost:
                lost.append(status)
                self.connection.close()
                return
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    assert lost == [200]


def test_a_run_that_is_approved_goes_on_and_has_the_reason(
    sandbox: Client, golden_image: GoldenImage, group: str
) -> None:
    run = waiting(sandbox, group)
    told = golden_image("approve", "--sandbox", name_of(run), "--reason", "looks good")
    assert told.code == 0, told.err
    assert f"approved {name_of(run)} at image, as " in told.out
    assert "launch template: none, as the group is new" in told.out
    (approval,) = succeeded(sandbox.wait(run))["approvals"]
    assert (approval["approved"], approval["reason"]) == (True, "looks good")
    again = golden_image("approve", "--sandbox", name_of(run), "--reason", "looks good")
    assert again.code == 2
    assert f"{name_of(run)} does not wait for an approval. It is SUCCEEDED." in again.err


def test_a_run_that_is_rejected_is_undone(sandbox: Client, golden_image: GoldenImage, group: str) -> None:
    run = waiting(sandbox, group)
    told = golden_image("reject", "--sandbox", run, "--reason", "too big", "--json")
    assert told.code == 0, told.err
    assert told.json["approval"]["answer"]["approved"] is False
    over = sandbox.wait(run)
    assert (over.status, over.error) == ("FAILED", "ApprovalRejected")
    assert "too big" in str(over.cause)
    assert left_of(sandbox, run) == locks(sandbox, run) == []


def test_an_answer_needs_its_reason_and_a_run_that_waits(golden_image: GoldenImage) -> None:
    without_reason = golden_image("approve", "--sandbox")
    unknown = golden_image("reject", "--sandbox", "no-such-run", "--reason", "why")
    assert (without_reason.code, unknown.code) == (2, 2)
    assert "--reason" in without_reason.err
    assert "has no run no-such-run" in unknown.err


@pytest.mark.parametrize("verb", ["approve", "reject"])
def test_an_answer_that_was_taken_and_lost_is_no_error(
    sandbox: Client, tmp_path: Path, group: str, verb: str
) -> None:
    run = waiting(sandbox, group)
    host, _, path = sandbox.endpoints.apiUrl.partition("/restapis")
    with losing_first_answer(host) as url:
        golden_image = with_endpoints(tmp_path, sandbox, apiUrl=f"{url}/restapis{path}")
        told = golden_image(verb, "--sandbox", name_of(run), "--reason", "once")
    assert told.code == 0, told.err
    assert told.out.startswith({"approve": "approved ", "reject": "rejected "}[verb])
    assert sandbox.wait(run).status == {"approve": "SUCCEEDED", "reject": "FAILED"}[verb]


def test_an_answer_that_somebody_else_has_given_is_told(
    sandbox: Client, golden_image: GoldenImage, group: str
) -> None:
    run = waiting(sandbox, group)
    status, _, _ = sandbox.api("POST", f"/refreshes/{name_of(run)}/reject", {"reason": "theirs"})
    told = golden_image("approve", "--sandbox", name_of(run), "--reason", "mine")
    assert (status, told.code) == (200, 2)
    assert sandbox.wait(run).error == "ApprovalRejected"


def test_generations_are_listed_and_a_group_goes_back_to_one(
    sandbox: Client, golden_image: GoldenImage, group: str
) -> None:
    source = sandbox.seed()["instanceId"]
    for _ in range(2):
        wanted = {"sourceInstanceId": source, "autoScalingGroupName": group, "rollout": "none"}
        succeeded(sandbox.run(wanted))

    listed = golden_image("generations", "--sandbox", group)
    read = golden_image("generations", "--sandbox", group, "--json")
    back = golden_image("go-back", "--sandbox", group, "--to", "1", "--rollout", "none", "--watch")

    assert (listed.code, read.code, back.code) == (0, 0, 0), back.out + back.err
    assert [line.split()[0] for line in listed.out.splitlines()[:2]] == ["2", "1"]
    assert [one["number"] for one in read.json["generations"]] == [2, 1]
    assert "SUCCEEDED" in back.out
    newest = golden_image("generations", "--sandbox", group, "--limit", "1", "--json").json["generations"][0]
    assert (newest["number"], newest["goesBackTo"]) == (3, 1)


def test_a_group_without_generations_goes_nowhere(golden_image: GoldenImage, group: str) -> None:
    listed = golden_image("generations", "--sandbox", group)
    to_nothing = golden_image("go-back", "--sandbox", group, "--to", "0")
    back = golden_image("go-back", "--sandbox", group, "--rollout", "none", "--watch")
    assert (listed.code, to_nothing.code, back.code) == (2, 2, 1)
    assert "NoGeneration: " in listed.err
    assert "goBackTo" in to_nothing.err
    assert "GroupNotSupported" in back.out
