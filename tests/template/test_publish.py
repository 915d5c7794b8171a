"""`sam package` and `sam publish` take the template's metadata, as far as that shows without AWS.

A server stands for S3, which keeps what is uploaded, and for the AWS Serverless Application Repository, which
keeps what it is asked.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
import tomllib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from sandbox.build import ROOT, SAM, sam_environment
from tools import project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PUBLISHED = project.template()["Metadata"]["AWS::ServerlessRepo::Application"]
# The limits of CreateApplication, by its API reference.
NAME, AUTHOR = r"[a-zA-Z0-9-]{1,140}", r"(?=.{1,127}$)[a-z0-9](([a-z0-9]|-(?!-))*[a-z0-9])?"
LABEL = r"[a-zA-Z0-9+_:/@-]{1,127}"


class Repository(ThreadingHTTPServer):
    """S3 and the Serverless Application Repository: what each was sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.objects: dict[str, bytes] = {}
        self.asked: list[dict[str, Any]] = []


class Answers(BaseHTTPRequestHandler):
    """Nothing is there before it is uploaded, and each application is new."""

    server: Repository

    def do_HEAD(self) -> None:
        self._answer(200 if self.path in self.server.objects else 404)

    def do_PUT(self) -> None:
        self.server.objects[self.path.split("?")[0]] = self._body()
        self._answer(200)

    def do_POST(self) -> None:
        self.server.asked.append(json.loads(self._body()))
        arn = "arn:aws:serverlessrepo:us-east-1:123456789012:applications/golden-image-refresh"
        self._answer(201, json.dumps({"applicationId": arn}).encode())

    def _body(self) -> bytes:
        if self.headers.get("Expect"):
            self.send_response_only(100)
            self.end_headers()
        if "Content-Length" in self.headers:
            return self.rfile.read(int(self.headers["Content-Length"]))
        return self._chunks()

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return body

    def _answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", '"0"')
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: the requests are looked at."""


@pytest.fixture
def repository() -> Iterator[Repository]:
    server = Repository()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What the metadata needs of a clone: the template with one resource, and the files that it names."""
    template = yaml.safe_load(json.dumps(project.template()))
    kept = {"Topic": {"Type": "AWS::SNS::Topic"}}
    one = {"Metadata": template["Metadata"], "Resources": kept, "Description": template["Description"]}
    (tmp_path / "template.yaml").write_text(yaml.safe_dump(one))
    for name in (PUBLISHED["LicenseUrl"], PUBLISHED["ReadmeUrl"]):
        shutil.copyfile(ROOT / name, tmp_path / name)
    return tmp_path


def sam(repository: Repository, clone: Path, *command: str) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
    keys["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{repository.server_port}"
    run = [str(SAM), *command, "--region", "us-east-1"]
    done = subprocess.run(run, cwd=clone, env=sam_environment() | keys, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()


def test_sam_packages_and_publishes_it_with_its_licence_and_readme(
    repository: Repository, clone: Path
) -> None:
    packaged = "packaged.yaml"
    sam(repository, clone, "package", "--s3-bucket", "artifacts", "--output-template-file", packaged)
    sam(repository, clone, "publish", "--template-file", packaged)

    [asked] = repository.asked
    for key in ("licenseUrl", "readmeUrl"):
        name = PUBLISHED[key[0].upper() + key[1:]]
        place = re.fullmatch(r"s3://artifacts/(\w+)", asked[key])
        assert place
        assert (ROOT / name).read_bytes() in repository.objects[f"/artifacts/{place[1]}"]
    same = ("name", "description", "author", "spdxLicenseId", "labels", "semanticVersion")
    assert {key: asked[key] for key in same} == {key: PUBLISHED[key[0].upper() + key[1:]] for key in same}
    assert "ServerlessRepo" not in asked["templateBody"]


def test_the_version_is_the_one_of_the_project() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert PUBLISHED["SemanticVersion"] == declared["version"]
    assert (PUBLISHED["SpdxLicenseId"], PUBLISHED["LicenseUrl"]) == (
        declared["license"],
        *declared["license-files"],
    )
    assert PUBLISHED["ReadmeUrl"] == declared["readme"]


def test_the_repository_takes_every_field() -> None:
    assert re.fullmatch(NAME, PUBLISHED["Name"])
    assert re.fullmatch(AUTHOR, PUBLISHED["Author"])
    assert 0 < len(PUBLISHED["Description"]) <= 256
    assert len(PUBLISHED["Labels"]) <= 10
    assert all(re.fullmatch(LABEL, label) for label in PUBLISHED["Labels"])
    for name in (PUBLISHED["LicenseUrl"], PUBLISHED["ReadmeUrl"]):
        assert (ROOT / name).stat().st_size < 5 * 1024 * 1024
