"""How the artifact is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from artifact.cache import made_once
from artifact.making import imported_files

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def making(text: str, made: list[str]) -> Callable[[Path], None]:
    def make(place: Path) -> None:
        made.append(text)
        place.mkdir(parents=True)
        (place / "text").write_text(text)

    return make


def written(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_what_is_made_is_kept_until_a_source_changes(tmp_path: Path) -> None:
    made: list[str] = []
    source = tmp_path / "source"
    source.write_text("a")
    first = made_once(tmp_path / "kind", [source], making("first", made))
    again = made_once(tmp_path / "kind", [source], making("again", made))
    source.write_text("b")
    changed = made_once(tmp_path / "kind", [source], making("changed", made))

    assert made == ["first", "changed"]
    assert first == again
    assert not first.exists()
    assert (changed / "text").read_text() == "changed"


def test_what_failed_half_way_is_made_anew(tmp_path: Path) -> None:
    def fail(place: Path) -> None:
        place.mkdir(parents=True)
        (place / "half").touch()
        raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        made_once(tmp_path / "kind", [], fail)

    place = made_once(tmp_path / "kind", [], making("whole", []))

    assert [path.name for path in place.iterdir()] == ["text"]


def test_modules_that_the_code_may_import_are_taken_and_others_left(tmp_path: Path) -> None:
    code = written(
        tmp_path / "code",
        {
            "handlers/__init__.py": "",
            "handlers/act.py": "import ours\ndef handler(event, context):\n    from needed.late import it\n",
            "ours.py": "import json, other\n",
        },
    )
    packages = written(
        tmp_path / "packages",
        {
            "needed/__init__.py": "from . import always\n",
            "needed/always.py": "",
            "needed/late.py": "it = 1\n",
            "needed/never.py": "",
            "other.py": "import absent\n",
            "unused/__init__.py": "",
        },
    )

    found = [str(path.relative_to(packages)) for path in imported_files(code, packages)]

    assert found == ["needed/__init__.py", "needed/always.py", "needed/late.py", "other.py"]
