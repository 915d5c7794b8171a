"""What the upgrade begins with is the newest product that is another one than here."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.workflow import upgrading
from tools import project

if TYPE_CHECKING:
    from pathlib import Path

WHO = ("-c", "user.name=tester", "-c", "user.email=tester@example.com", "-c", "tag.gpgSign=false")


class Clone:
    """A clone whose product is one file."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._minutes = 0
        self.git("init", "--quiet")

    def git(self, *arguments: str) -> str:
        """What git answers; each call has a time of its own."""
        self._minutes += 1
        now = f"2026-11-29T12:{self._minutes:02}:00Z"
        dates = {"GIT_AUTHOR_DATE": now, "GIT_COMMITTER_DATE": now}
        told = subprocess.run(
            ["git", *WHO, *arguments],
            cwd=self._place,
            env=os.environ | dates,
            capture_output=True,
            text=True,
            check=True,
        )
        return told.stdout.strip()

    def commit(self, file: str, text: str) -> str:
        """Commit a file with this text; the commit."""
        (self._place / file).write_text(text)
        self.git("add", file)
        self.git("commit", "--quiet", "--no-gpg-sign", "--message", text)
        return self.git("rev-parse", "HEAD")

    def tag(self, name: str) -> None:
        """Name the newest commit, as a release does."""
        self.git("tag", "--annotate", name, "--message", name)


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    monkeypatch.setattr(upgrading, "ROOT", tmp_path)
    return Clone(tmp_path)


def test_it_is_the_newest_release_if_the_product_has_changed_since(clone: Clone) -> None:
    for number in ("9", "10"):
        clone.commit("template.yaml", number)
        clone.tag(f"v0.{number}.0")
    clone.commit("template.yaml", "next")
    assert upgrading.version_before() == "v0.10.0"


def test_on_a_release_it_is_the_release_before(clone: Clone) -> None:
    for number in ("9", "10"):
        clone.commit("template.yaml", number)
        clone.tag(f"v0.{number}.0")
    assert upgrading.version_before() == "v0.9.0"
    clone.commit("README.md", "a page")
    assert upgrading.version_before() == "v0.9.0"


def test_on_the_first_release_and_without_one_it_is_a_commit(clone: Clone) -> None:
    clone.commit("template.yaml", "first")
    second = clone.commit("template.yaml", "second")
    clone.commit("template.yaml", "third")
    assert upgrading.version_before() == second
    clone.tag("v0.1.0")
    assert upgrading.version_before() == second


def test_without_history_there_is_none(clone: Clone) -> None:
    assert upgrading.version_before() is None
    clone.commit("template.yaml", "first")
    assert upgrading.version_before() is None


def test_the_build_of_an_earlier_product_has_what_its_template_names(clone: Clone, tmp_path: Path) -> None:
    for name in (*upgrading.NAMED, *upgrading.PRODUCT):
        clone.commit(name, "before")
    clone.commit("template.yaml", "now")
    built = upgrading.build_before(tmp_path / "before")
    names = {*upgrading.PRODUCT, *upgrading.NAMED}
    assert {name: (built / name).read_text() for name in names} == dict.fromkeys(names, "before")


def test_the_files_that_the_template_names_are_those_that_a_build_has() -> None:
    published = project.template()["Metadata"]["AWS::ServerlessRepo::Application"]
    assert {published["LicenseUrl"], published["ReadmeUrl"]} == set(upgrading.NAMED)
