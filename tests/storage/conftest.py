"""A session on a fresh database in memory, for what needs no threads."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.migrate import migrate
from storage.session import Session


@pytest.fixture
def session() -> Iterator[Session]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys = ON")
    migrate(connection, Path("memory"))
    yield Session(connection, writable=True)
    connection.close()
