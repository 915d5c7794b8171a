from __future__ import annotations

import re

from golden_image import errors


def drawn() -> list[tuple[int, bool, str]]:
    """Depth, whether it is raised, and name of each error in the drawing."""
    found = re.findall(r"^( +)([x·]) (\w+)", errors.__doc__ or "", re.MULTILINE)
    return [(len(spaces) // 2, mark == "x", name) for spaces, mark, name in found]


def declared(base: type, depth: int = 1) -> list[tuple[int, bool, str]]:
    found = []
    for kind in base.__subclasses__():
        found += [(depth, not kind.__subclasses__(), kind.__name__), *declared(kind, depth + 1)]
    return found


def test_the_drawing_of_the_errors_is_what_they_are() -> None:
    assert drawn() == declared(errors.GoldenImageError)
