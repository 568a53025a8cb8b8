"""Numbered migrations, each in a transaction of its own; refuses a database newer than the code."""

from __future__ import annotations

import sqlite3
from functools import cache
from importlib import resources
from pathlib import Path

from storage.errors import DatabaseNewer


@cache
def migrations() -> tuple[tuple[int, str], ...]:
    """(version, SQL script) in order; versions are 1, 2, 3 ... without gaps."""
    folder = resources.files("storage") / "migrations"
    found = sorted(
        (int(entry.name.split("_", 1)[0]), entry.read_text(encoding="utf-8"))
        for entry in folder.iterdir()
        if entry.name.endswith(".sql")
    )
    assert [number for number, _ in found] == list(range(1, len(found) + 1)), "gap in migrations"
    return tuple(found)


def version_of(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def migrate(connection: sqlite3.Connection, path: Path, upto: int | None = None) -> list[int]:
    """Bring the database to the newest version (or `upto`); returns the versions applied."""
    known = migrations()[-1][0]
    found = version_of(connection)
    if found > known:
        raise DatabaseNewer(path, found, known)
    applied = []
    for number, script in migrations():
        if number <= found or (upto is not None and number > upto):
            continue
        # One script for BEGIN..COMMIT: executescript would otherwise commit before it runs.
        try:
            connection.executescript(
                f"BEGIN EXCLUSIVE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;"
            )
        except sqlite3.Error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        applied.append(number)
    return applied
