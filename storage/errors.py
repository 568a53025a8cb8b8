"""What can go wrong on the ground floor, with the data that whoever can act on it needs."""

from __future__ import annotations

import sqlite3
from pathlib import Path


class StorageError(Exception):
    """Something about the database file; nothing of the failed transaction was kept."""


class DatabaseNewer(StorageError):
    """The file was written by a later Kring: going on would harm it."""

    def __init__(self, path: Path, found: int, known: int) -> None:
        super().__init__(f"{path} has schema version {found}, this Kring knows up to {known}")
        self.path = path
        self.found = found
        self.known = known


class DatabaseDamaged(StorageError):
    """SQLite's own check found damage, or the file is no database."""


class DatabaseFull(StorageError):
    """No room left on the disk; safe to try again once there is."""


class DatabaseLocked(StorageError):
    """Another process held the write lock longer than the busy time-out; safe to try again."""


class DatabaseUnreachable(StorageError):
    """The disk or the file system refused; safe to try again once it works."""


class DatabaseReadOnly(StorageError):
    """A write was tried on a connection that only reads, or the file may not be written."""


_BY_CODE: dict[int, type[StorageError]] = {
    sqlite3.SQLITE_FULL: DatabaseFull,
    sqlite3.SQLITE_BUSY: DatabaseLocked,
    sqlite3.SQLITE_LOCKED: DatabaseLocked,
    sqlite3.SQLITE_READONLY: DatabaseReadOnly,
    sqlite3.SQLITE_IOERR: DatabaseUnreachable,
    sqlite3.SQLITE_CANTOPEN: DatabaseUnreachable,
    sqlite3.SQLITE_CORRUPT: DatabaseDamaged,
    sqlite3.SQLITE_NOTADB: DatabaseDamaged,
}


def translate(error: sqlite3.Error) -> StorageError | None:
    """The error of ours for SQLite's primary result code, or None when it is a programmer's error.

    Codes: https://www.sqlite.org/rescode.html (the low byte is the primary code).
    """
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return None
    kind = _BY_CODE.get(code & 0xFF)
    return kind(str(error)) if kind else None
