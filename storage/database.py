"""The one SQLite file: its connections, its transactions and its backup.

One writer and a few readers, each an aiosqlite connection with a thread of its own. Work is a plain
function that gets a `Session`: it runs in a single hop to the thread, inside one transaction. Writes
that wait at the same moment share one commit, each in a savepoint, so that a burst pays for one fsync.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

import aiosqlite

from storage.errors import DatabaseDamaged, StorageError, translate
from storage.facts import SYNC_TOKEN
from storage.migrate import migrate
from storage.session import Session

T = TypeVar("T")

BUSY_TIMEOUT_MS = 10_000


class _Connection(aiosqlite.Connection):
    async def hop(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Run `function` on the connection's thread.

        aiosqlite offers one hop for each statement only; a transaction of ten statements would pay
        ten thread switches (0.2 ms each), so this reaches for the method under its public ones.
        """
        result: T = await self._execute(lambda: function(self._conn))  # type: ignore[no-untyped-call]
        return result


def _connector(path: Path, *, writable: bool) -> Callable[[], sqlite3.Connection]:
    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        for pragma in (
            f"busy_timeout = {BUSY_TIMEOUT_MS}",
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            "secure_delete = ON",
            "temp_store = MEMORY",
            "cache_size = -8000",
        ):
            connection.execute(f"PRAGMA {pragma}")
        if not writable:
            connection.execute("PRAGMA query_only = ON")
        return connection

    return connect


@dataclass(slots=True)
class _Write(Generic[T]):
    function: Callable[[Session], T]
    future: asyncio.Future[T]


class Database:
    """Open with `Database.open`; close with `close`."""

    def __init__(self, path: Path, writer: _Connection, readers: list[_Connection]) -> None:
        self.path = path
        self._writer = writer
        self._readers = readers
        self._idle: asyncio.LifoQueue[_Connection] = asyncio.LifoQueue()
        for reader in readers:
            self._idle.put_nowait(reader)
        self._waiting: list[_Write[Any]] = []
        self._drain: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, path: Path, *, readers: int = 2, check: bool = True) -> Database:
        """Open and migrate; creates the file (mode 0600) if there is none.

        Raises DatabaseNewer, DatabaseDamaged, DatabaseLocked, DatabaseFull.
        """
        _create(path)
        connections: list[_Connection] = []
        try:
            writer = _Connection(_connector(path, writable=True), iter_chunk_size=64)
            await _opened(writer)
            connections.append(writer)
            await writer.hop(partial(_prepare, path, check))
            for _ in range(readers):
                reader = _Connection(_connector(path, writable=False), iter_chunk_size=64)
                await _opened(reader)
                connections.append(reader)
        except sqlite3.Error as error:
            await _close_all(connections)
            raise (translate(error) or StorageError(str(error))) from error
        except BaseException:
            await _close_all(connections)
            raise
        return cls(path, writer, connections[1:])

    async def close(self, *, patience: float | None = None) -> None:
        """Wait for what is being written, for at most `patience` seconds, and close.

        What another process keeps from being written until then is given up, and nothing of it is kept;
        the threads that wait for it end with the process.
        """
        drain = self._drain
        if drain is not None:
            _, late = await asyncio.wait([drain], timeout=patience)
            if late:
                drain.cancel()
                await asyncio.wait([drain])
                await _close_all(self._readers)
                return
        await _close_all([*self._readers, self._writer])

    async def read(self, function: Callable[[Session], T]) -> T:
        """Run `function` on a consistent snapshot; side by side with the writer."""
        reader = await self._idle.get()
        try:
            return await reader.hop(partial(_reading, function))
        finally:
            self._idle.put_nowait(reader)

    async def write(self, function: Callable[[Session], T]) -> T:
        """Run `function` in a transaction that is on the disk when this returns.

        If it raises, or if the commit fails, nothing of it is kept and the exception is raised here.
        A caller that is cancelled does not know whether its write was kept.
        """
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Write(function, future))
        if self._drain is None:
            self._drain = asyncio.create_task(self._write_waiting(), name="storage-writer")
        return await future

    async def _write_waiting(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                try:
                    results = await self._writer.hop(
                        partial(_writing, [write.function for write in batch])
                    )
                except asyncio.CancelledError:
                    for write in [*batch, *self._waiting]:
                        write.future.cancel()
                    self._waiting.clear()
                    raise
                except BaseException as error:
                    results = [error] * len(batch)
                for write, result in zip(batch, results, strict=True):
                    if write.future.done():
                        continue
                    if isinstance(result, BaseException):
                        write.future.set_exception(result)
                    else:
                        write.future.set_result(result)
        finally:
            self._drain = None

    async def changes(self) -> int:
        """A number that moves when *another process* commits to the file."""

        def version(connection: sqlite3.Connection) -> int:
            number: int = connection.execute("PRAGMA data_version").fetchone()[0]
            return number

        return await self._writer.hop(version)

    async def backup(self, target: Path) -> None:
        """A consistent copy while running (SQLite's online backup), whole or not at all.

        A bot that is restored from it begins anew, as at its very first start: what came in after the
        copy was made was answered by the bot that is gone, and must not be answered again.
        """
        partial_file = target.with_name(target.name + ".part")

        def copy(connection: sqlite3.Connection) -> None:
            with contextlib.closing(sqlite3.connect(partial_file)) as copied:
                # In one step, which reads one snapshot: in several, each write would start it anew.
                connection.backup(copied)
                _forget_position(copied)
                problems = copied.execute("PRAGMA integrity_check").fetchall()
                if problems != [("ok",)]:
                    raise DatabaseDamaged(f"the backup is damaged: {problems[0][0]}")

        partial_file.unlink(missing_ok=True)
        partial_file.touch(mode=0o600)
        reader = await self._idle.get()
        try:
            await reader.hop(copy)
        except sqlite3.Error as error:
            raise (translate(error) or StorageError(str(error))) from error
        finally:
            self._idle.put_nowait(reader)
        os.replace(partial_file, target)


def _forget_position(copied: sqlite3.Connection) -> None:
    """Take out where the sync stood, what waited to be handled, what holds in the rooms, and all keys."""
    copied.execute("PRAGMA secure_delete = ON")
    copied.execute("DELETE FROM facts WHERE name = ?", (SYNC_TOKEN,))
    copied.execute("UPDATE inbox SET status = 'withdrawn', body = NULL WHERE status = 'waiting'")
    # Without a version a room counts as never looked at: its state and members are fetched again.
    copied.execute("UPDATE rooms SET version = NULL")
    # Whoever is restored is another device; its identity comes by the recovery key, which stays apart.
    tables = copied.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name GLOB 'crypto_*'"
    )
    for (name,) in tables.fetchall():
        copied.execute(f"DELETE FROM {name}")
    copied.commit()


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.touch(mode=0o600)


async def _opened(connection: _Connection) -> None:
    connection._thread.daemon = True  # a bot that is told to stop must not hang on a long query
    try:
        await connection
    except BaseException:
        # Its thread still reports to this loop, which may be closed by the time it does.
        await asyncio.to_thread(connection._thread.join, 1)
        raise


async def _close_all(connections: list[_Connection]) -> None:
    for connection in connections:
        await connection.close()


def _prepare(path: Path, check: bool, connection: sqlite3.Connection) -> None:
    if check:
        _verify(path, connection)
    migrate(connection, path)


def _verify(path: Path, connection: sqlite3.Connection) -> None:
    problems = connection.execute("PRAGMA quick_check(3)").fetchall()
    if [tuple(row) for row in problems] != [("ok",)]:
        raise DatabaseDamaged(f"{path}: {problems[0][0]}")


def verify(path: Path) -> None:
    """Read a whole database for damage, beside whoever uses it; one that is not there yet is sound.

    Raises DatabaseDamaged and other StorageErrors. Takes 0.3 s for 35,000 members, without the GIL.
    """
    if not path.exists():
        return
    try:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
            connection.execute("PRAGMA query_only = ON")
            _verify(path, connection)
    except sqlite3.Error as error:
        raise (translate(error) or StorageError(str(error))) from error


def _reading(function: Callable[[Session], T], connection: sqlite3.Connection) -> T:
    connection.execute("BEGIN")
    try:
        return function(Session(connection, writable=False))
    except sqlite3.Error as error:
        raise (translate(error) or error) from error
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _writing(
    functions: list[Callable[[Session], Any]], connection: sqlite3.Connection
) -> list[Any]:
    """Results in order; an exception stands in the place of the result of a function that raised."""
    results: list[Any] = []
    try:
        connection.execute("BEGIN IMMEDIATE")
        for function in functions:
            connection.execute("SAVEPOINT one")
            try:
                results.append(function(Session(connection, writable=True)))
            except sqlite3.Error as error:
                # On a full disk SQLite may have rolled back the whole transaction already.
                if not connection.in_transaction:
                    raise
                connection.execute("ROLLBACK TO one")
                results.append(translate(error) or error)
            except Exception as error:
                connection.execute("ROLLBACK TO one")
                results.append(error)
            connection.execute("RELEASE one")
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise (translate(error) or error) from error
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return results
