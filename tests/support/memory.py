"""A database in memory, for tests that need neither files nor threads."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from storage.migrate import migrate
from storage.session import Session


@contextlib.contextmanager
def session_in_memory() -> Iterator[Session]:
    """A session on a fresh database of the newest version."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys = ON")
    migrate(connection, Path("memory"))
    try:
        yield Session(connection, writable=True)
    finally:
        connection.close()
