"""A look at the database file from outside, for `kring check`: never writes, never migrates."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from storage import inbox, outbox, rooms
from storage.crypto import account, own_keys, secrets
from storage.crypto.own_keys import OwnKeys
from storage.database import BUSY_TIMEOUT_MS
from storage.errors import StorageError, translate
from storage.migrate import migrations, version_of
from storage.rooms import Room
from storage.session import Session

_SHOWN_PROBLEMS = 5


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found; times are milliseconds UTC. Without the newest schema only `damage` is told.

    `own_keys` are those that the bot showed when it last ran; `recovery_key` is sealed.
    """

    version: int
    newest: int
    damage: tuple[str, ...]
    inbox_waiting: int = 0
    outbox_waiting: int = 0
    outbox_held: int = 0
    outbox_failed: int = 0
    oldest_waiting: int | None = None
    rooms: tuple[Room, ...] = ()
    has_device: bool = False
    own_keys: OwnKeys | None = None
    recovery_key: bytes | None = field(default=None, repr=False)


def inspect(path: Path) -> Inspection:
    """Check the whole file, and what waits in it. Raises StorageError if it cannot be read."""
    with _opened(path) as connection:
        return _look(connection)


def holds_keys(path: Path) -> bool:
    """Whether anything in it is sealed under a key of the configuration. Raises StorageError."""
    with _opened(path) as connection:
        table = "SELECT 1 FROM sqlite_schema WHERE name = 'crypto_account'"
        if connection.execute(table).fetchone() is None:
            return False
        found = connection.execute(
            "SELECT EXISTS (SELECT * FROM crypto_account) OR EXISTS (SELECT * FROM crypto_secrets)"
        )
        return bool(found.fetchone()[0])


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        with contextlib.closing(
            sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        ) as connection:
            connection.row_factory = sqlite3.Row
            connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
            yield connection
    except sqlite3.Error as error:
        raise (translate(error) or StorageError(str(error))) from error


def _look(connection: sqlite3.Connection) -> Inspection:
    version, newest = version_of(connection), migrations()[-1][0]
    found = connection.execute(f"PRAGMA integrity_check({_SHOWN_PROBLEMS})").fetchall()
    damage = [str(row[0]) for row in found if row[0] != "ok"]
    orphans = len(connection.execute("PRAGMA foreign_key_check").fetchall())
    if orphans:
        damage.append(f"{orphans} rows refer to rows that are gone")
    if version != newest:
        return Inspection(version, newest, tuple(damage))
    session = Session(connection, writable=False)
    return Inspection(
        version=version,
        newest=newest,
        damage=tuple(damage),
        inbox_waiting=inbox.count_waiting(session),
        outbox_waiting=outbox.count_waiting(session),
        outbox_held=outbox.count_held(session),
        outbox_failed=int(session.value("SELECT count(*) FROM outbox WHERE status = 'failed'")),
        oldest_waiting=session.value(
            "SELECT min(since) FROM (SELECT min(received_at) AS since FROM inbox"
            " WHERE status = 'waiting' UNION ALL SELECT min(max(created_at, next_try_at))"
            f" FROM outbox WHERE status = 'waiting' AND NOT {outbox.HELD})"
        ),
        rooms=tuple(rooms.joined(session)),
        has_device=account.get(session) is not None,
        own_keys=own_keys.get(session),
        recovery_key=secrets.get(session, "recovery"),
    )
