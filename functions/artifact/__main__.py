"""`python3.13 -m artifact TARGET CACHE`, in functions/: put the functions' code, ready to run, into TARGET.

It is made for the first of all functions and kept in CACHE until a file of functions/ changes.
"""

from __future__ import annotations

import fcntl
import shutil
import sys
from pathlib import Path

from artifact.cache import made_once


def main() -> None:
    """Put the artifact into the directory that is the first argument."""
    source, target, cache = Path(), Path(sys.argv[1]), Path(sys.argv[2]).resolve()

    def make(place: Path) -> None:
        from artifact import making  # noqa: PLC0415 - most times there is nothing to make

        making.make(source, place, cache)

    cache.mkdir(parents=True, exist_ok=True)
    files = sorted(path for path in source.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        shutil.copytree(made_once(cache / "artifact", files, make), target, dirs_exist_ok=True)


if __name__ == "__main__":
    main()
