"""Files that only their owner may read: logins, keys, personal data."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path


def write_private(path: Path, data: bytes) -> None:
    """Put the file in its place whole or not at all, readable for its owner only. Raises OSError."""
    _put(path, data, os.replace)


def make_private(path: Path, data: bytes) -> None:
    """Like `write_private`, but a file that is there stays as it is: FileExistsError is raised then."""
    _put(path, data, _place_anew)


def _place_anew(draft: Path, path: Path) -> None:
    try:
        os.link(draft, path)
    except FileExistsError:
        raise
    except OSError:
        # Not every file system has hard links: there, two at the same moment are not told apart.
        if path.exists():
            raise
        draft.replace(path)


def _put(path: Path, data: bytes, place: Callable[[Path, Path], None]) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        place(draft, path)
    finally:
        draft.unlink(missing_ok=True)
