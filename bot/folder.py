"""The data folder: one bot works on it at a time; other commands work beside it.

Two that share an inbox, an outbox and a device would answer twice.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from bot.errors import FolderInUse

DATABASE_NAME = "kring.db"
LOCK_NAME = "run.lock"


class Hold:
    """The hold on a data folder; the system lets go of it however the process ends."""

    def __init__(self, folder: Path) -> None:
        """Take hold, and make the folder if there is none. Raises FolderInUse and OSError."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(self._file, 20).decode("ascii", "replace").strip()
            os.close(self._file)
            if not isinstance(error, BlockingIOError):
                raise
            raise FolderInUse(folder, holder) from error
        os.truncate(self._file, 0)
        os.write(self._file, f"{os.getpid()}\n".encode())

    def release(self) -> None:
        """The file stays: one that is removed while somebody waits for it would be held twice."""
        os.close(self._file)
