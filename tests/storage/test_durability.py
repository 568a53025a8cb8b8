"""What every connection to the file keeps to: on the disk before it is said to be, no loose ends, no traces."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage import facts, inbox
from storage.database import Database
from storage.errors import DatabaseDamaged
from storage.session import Session


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(tmp_path / "kring.db")
    yield opened
    await opened.close()


async def test_the_writer_keeps_to_what_was_promised(database: Database) -> None:
    def settings(session: Session) -> dict[str, object]:
        names = ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        return {name: session.value(f"PRAGMA {name}") for name in names}

    assert await database.write(settings) == {
        "journal_mode": "wal",
        "synchronous": 2,  # FULL: a commit is on the disk, not only in the system's memory
        "foreign_keys": 1,
        "secure_delete": 1,
    }


async def test_nothing_refers_to_what_is_not_there(database: Database) -> None:
    def stray(session: Session) -> None:
        session.run(
            "INSERT INTO member_accounts (user_id, member_id, source, linked_at)"
            " VALUES ('@ann:x', 4711, 'self', 1)"
        )

    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        await database.write(stray)


async def test_what_was_forgotten_is_not_in_the_file_either(database: Database) -> None:
    def hear(session: Session) -> int | None:
        return inbox.add(
            session,
            event_id="$1",
            kind="message",
            lane="!a",
            room_id="!a",
            sender="@ann:x",
            body={"body": "quixotically"},
            sent_at=1,
            now=1,
        )

    item = await database.write(hear)
    assert item is not None
    await database.write(lambda session: inbox.finish(session, item, acted=False, now=2))
    await database.close()
    assert b"quixotically" not in database.path.read_bytes()


async def test_damage_beside_what_the_start_needs_is_found_too(tmp_path: Path) -> None:
    path = tmp_path / "kring.db"
    database = await Database.open(path)

    async def put(number: int) -> None:
        await database.write(lambda session: facts.put(session, f"{number:04}", "x" * 500))

    await asyncio.gather(*(put(number) for number in range(200)))
    await database.close()
    with path.open("r+b") as file:
        file.seek(path.stat().st_size - 4096 * 10)
        file.write(os.urandom(4096 * 10))
    unchecked = await Database.open(path, check=False)
    await unchecked.close()
    with pytest.raises(DatabaseDamaged):
        await Database.open(path)
