"""One transaction's view of the database: the few verbs that every aggregate's module speaks."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

Parameters = Sequence[Any] | Mapping[str, Any]
R = TypeVar("R")


class Session:
    """Valid inside one transaction only, on the thread that runs it.

    Whether the transaction commits is decided by who opened it, never by who uses the session.
    """

    __slots__ = ("_connection", "writable")

    def __init__(self, connection: sqlite3.Connection, *, writable: bool) -> None:
        self._connection = connection
        self.writable = writable

    @property
    def changes(self) -> int:
        """How many rows this connection ever changed: it moves when something was written."""
        return self._connection.total_changes

    def run(self, sql: str, parameters: Parameters = ()) -> int:
        """Execute, and return how many rows changed."""
        return self._connection.execute(sql, parameters).rowcount

    def run_many(self, sql: str, rows: Iterable[Parameters]) -> int:
        return self._connection.executemany(sql, rows).rowcount

    def insert(self, sql: str, parameters: Parameters = ()) -> int:
        """Execute an INSERT and return the new row's id."""
        rowid = self._connection.execute(sql, parameters).lastrowid
        assert rowid is not None
        return rowid

    def rows(self, sql: str, parameters: Parameters = ()) -> list[sqlite3.Row]:
        return self._connection.execute(sql, parameters).fetchall()

    def row(self, sql: str, parameters: Parameters = ()) -> sqlite3.Row | None:
        found: sqlite3.Row | None = self._connection.execute(sql, parameters).fetchone()
        return found

    def value(self, sql: str, parameters: Parameters = ()) -> Any:
        """The first column of the first row, or None."""
        found = self._connection.execute(sql, parameters).fetchone()
        return found[0] if found else None

    def column(self, sql: str, parameters: Parameters = ()) -> list[Any]:
        return [row[0] for row in self._connection.execute(sql, parameters)]

    def typed(
        self, make: Callable[[sqlite3.Row], R], sql: str, parameters: Parameters = ()
    ) -> list[R]:
        return [make(row) for row in self._connection.execute(sql, parameters)]

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """What is written inside is kept whole, or not at all if it raises; the exception goes on."""
        self._connection.execute("SAVEPOINT attempt")
        try:
            yield
        except BaseException:
            # On a full disk SQLite may have rolled back the whole transaction already.
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK TO attempt")
                self._connection.execute("RELEASE attempt")
            raise
        self._connection.execute("RELEASE attempt")
