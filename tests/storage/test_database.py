"""What the database promises: whole transactions, neighbours that do not harm each other, clear errors."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage import database as database_module
from storage import facts, inbox, rooms
from storage.database import Database
from storage.errors import (
    DatabaseDamaged,
    DatabaseFull,
    DatabaseLocked,
    DatabaseNewer,
    DatabaseReadOnly,
    DatabaseUnreachable,
    StorageError,
)
from storage.migrate import migrations
from storage.session import Session


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(tmp_path / "kring.db")
    yield opened
    await opened.close()


def names_in(session: Session) -> list[str]:
    return session.column("SELECT name FROM facts ORDER BY name")


async def put(database: Database, name: str, value: str = "x") -> None:
    await database.write(lambda session: facts.put(session, name, value))


async def test_only_the_owner_may_read_the_file(database: Database) -> None:
    assert stat.S_IMODE(database.path.stat().st_mode) == 0o600


async def test_a_transaction_that_raises_leaves_nothing(database: Database) -> None:
    def half(session: Session) -> None:
        facts.put(session, "half", "x")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await database.write(half)
    assert await database.read(names_in) == []
    await put(database, "next")
    assert await database.read(names_in) == ["next"]


async def test_a_failing_write_does_not_harm_those_that_share_its_commit(
    database: Database,
) -> None:
    def failing(session: Session) -> None:
        facts.put(session, "lost", "x")
        session.run("INSERT INTO jobs (kind) VALUES (NULL)")

    def refusing(session: Session) -> None:
        facts.put(session, "lost too", "x")
        raise LookupError

    results = await asyncio.gather(
        put(database, "a"),
        database.write(failing),
        put(database, "b"),
        database.write(refusing),
        put(database, "c"),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [
        type(None),
        sqlite3.IntegrityError,
        type(None),
        LookupError,
        type(None),
    ]
    assert await database.read(names_in) == ["a", "b", "c"]


async def test_writes_that_wait_together_share_a_commit(database: Database) -> None:
    statements: list[str] = []
    await database._writer.hop(lambda connection: connection.set_trace_callback(statements.append))
    await asyncio.gather(*(put(database, f"fact {number:02}") for number in range(50)))
    assert statements.count("COMMIT") <= 2
    assert len(await database.read(names_in)) == 50


async def test_writes_keep_their_order(database: Database) -> None:
    await asyncio.gather(*(put(database, "last", str(number)) for number in range(100)))
    assert await database.read(lambda session: facts.get(session, "last")) == "99"


async def test_a_caller_that_goes_away_does_not_stop_the_others(database: Database) -> None:
    gone = asyncio.create_task(put(database, "gone"))
    stays = asyncio.create_task(put(database, "stays"))
    await asyncio.sleep(0)
    gone.cancel()
    await stays
    with pytest.raises(asyncio.CancelledError):
        await gone
    assert "stays" in await database.read(names_in)


async def test_a_reader_sees_one_moment(database: Database) -> None:
    await put(database, "before")
    loop = asyncio.get_running_loop()

    def look_twice(session: Session) -> tuple[list[str], list[str]]:
        first = names_in(session)
        asyncio.run_coroutine_threadsafe(put(database, "meanwhile"), loop).result(10)
        return first, names_in(session)

    assert await database.read(look_twice) == (["before"], ["before"])
    assert await database.read(names_in) == ["before", "meanwhile"]


async def test_a_reader_refuses_to_write(database: Database) -> None:
    with pytest.raises(DatabaseReadOnly):
        await database.read(lambda session: facts.put(session, "sneaked in", "x"))
    assert await database.read(names_in) == []


async def test_close_waits_for_what_was_asked(tmp_path: Path) -> None:
    path = tmp_path / "kring.db"
    database = await Database.open(path)
    asked = [asyncio.create_task(put(database, f"fact {number}")) for number in range(5)]
    await asyncio.sleep(0)
    await database.close()
    await asyncio.gather(*asked)
    again = await Database.open(path)
    assert len(await again.read(names_in)) == 5
    await again.close()


async def test_a_newer_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "kring.db"
    await (await Database.open(path)).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 9000")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(DatabaseNewer) as refused:
        await Database.open(path)
    assert (refused.value.found, refused.value.known) == (9000, migrations()[-1][0])
    assert path.read_bytes() == before


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "kring.db"
    path.write_bytes(b"Dear diary, " * 1000)
    with pytest.raises(DatabaseDamaged):
        await Database.open(path)
    assert path.read_bytes() == b"Dear diary, " * 1000


async def test_a_damaged_page_is_found_at_the_start(tmp_path: Path) -> None:
    path = tmp_path / "kring.db"
    database = await Database.open(path)
    await asyncio.gather(*(put(database, f"fact {number}", "x" * 500) for number in range(200)))
    await database.close()
    with path.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(os.urandom(4096 * (path.stat().st_size // 4096 - 4)))
    with pytest.raises(DatabaseDamaged):
        await Database.open(path)


async def test_a_place_that_cannot_hold_a_file_is_a_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "kring.db"
    path.mkdir()
    with pytest.raises(DatabaseUnreachable):
        await Database.open(path)


async def test_a_full_disk_is_said_and_loses_nothing(database: Database) -> None:
    await put(database, "before")

    def limit(connection: sqlite3.Connection) -> int:
        pages: int = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 20}")
        return pages

    pages = await database._writer.hop(limit)
    results = await asyncio.gather(
        put(database, "small"),
        put(database, "huge", "x" * 1_000_000),
        put(database, "small too"),
        return_exceptions=True,
    )
    assert isinstance(results[1], DatabaseFull)
    # What says that it was kept was kept, what says that it was not was not.
    kept = {
        name
        for name, result in zip(("small", "huge", "small too"), results, strict=True)
        if result is None
    }
    assert set(await database.read(names_in)) == {"before", *kept}
    assert all(result is None or isinstance(result, DatabaseFull) for result in results)

    await database._writer.hop(
        lambda connection: connection.execute(f"PRAGMA max_page_count = {pages + 5000}").fetchall()
    )
    await put(database, "huge", "x" * 1_000_000)
    assert "huge" in await database.read(names_in)


async def test_a_locked_file_is_said_and_works_again_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "BUSY_TIMEOUT_MS", 50)
    database = await Database.open(tmp_path / "kring.db")
    other = sqlite3.connect(database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseLocked):
        await put(database, "blocked")
    assert await database.read(names_in) == []
    other.execute("ROLLBACK")
    other.close()
    await put(database, "free")
    assert await database.read(names_in) == ["free"]
    await database.close()


async def test_changes_moves_only_for_other_processes(database: Database) -> None:
    before = await database.changes()
    await put(database, "own")
    assert await database.changes() == before
    other = sqlite3.connect(database.path)
    other.execute("INSERT INTO facts VALUES ('theirs', 'x')")
    other.commit()
    other.close()
    assert await database.changes() != before


async def test_a_backup_while_writing_is_one_moment_and_whole(
    database: Database, tmp_path: Path
) -> None:
    filler = "x" * 20_000
    for start in range(0, 200, 50):
        await asyncio.gather(
            *(put(database, f"old {number}", filler) for number in range(start, start + 50))
        )
    stop = asyncio.Event()

    def pair(session: Session, number: int) -> None:
        facts.put(session, f"left {number}", "x")
        facts.put(session, f"right {number}", "x")

    async def keep_writing() -> int:
        number = 0
        while not stop.is_set():
            number += 1
            await database.write(lambda session, number=number: pair(session, number))  # type: ignore[misc]
        return number

    writing = asyncio.create_task(keep_writing())
    await asyncio.sleep(0.05)
    target = tmp_path / "copy.db"
    await asyncio.wait_for(database.backup(target), 20)
    stop.set()
    assert await writing > 1
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert not target.with_name("copy.db.part").exists()
    copy = await Database.open(target)
    names = await copy.read(names_in)
    tables = await copy.read(lambda session: session.column("SELECT sql FROM sqlite_schema"))
    await copy.close()
    assert sum(name.startswith("old") for name in names) == 200
    assert [name[5:] for name in names if name.startswith("left")] == [
        name[6:] for name in names if name.startswith("right")
    ]
    assert tables == await database.read(
        lambda session: session.column("SELECT sql FROM sqlite_schema")
    )


async def test_a_bot_restored_from_a_backup_begins_anew(database: Database, tmp_path: Path) -> None:
    def live(session: Session) -> None:
        facts.put(session, facts.SYNC_TOKEN, "s1")
        rooms.know(session, "!room:x", now=1)
        rooms.set_joined(session, "!room:x", True, None)
        create = {"type": "m.room.create", "sender": "@a:x", "content": {"room_version": "12"}}
        rooms.apply_state(session, "!room:x", create)
        inbox.add(
            session, event_id="$1", kind="message", lane="!room:x", room_id="!room:x",
            sender="@a:x", body={"text": "zebulonia"}, sent_at=1, now=1,
        )  # fmt: skip

    await database.write(live)
    target = tmp_path / "copy.db"
    await database.backup(target)
    copy = await Database.open(target)
    assert await copy.read(lambda session: facts.get(session, facts.SYNC_TOKEN)) is None
    assert await copy.read(inbox.count_waiting) == 0
    assert await copy.read(rooms.unloaded) == ["!room:x"]
    await copy.close()
    assert b"zebulonia" not in target.read_bytes()
    assert await database.read(inbox.count_waiting) == 1


async def test_a_backup_that_cannot_be_written_leaves_the_old_one(
    database: Database, tmp_path: Path
) -> None:
    target = tmp_path / "copy.db"
    target.write_bytes(b"yesterday")
    (tmp_path / "copy.db.part").mkdir()
    with pytest.raises((OSError, StorageError)):
        await database.backup(target)
    assert target.read_bytes() == b"yesterday"


async def test_closing_does_not_wait_for_ever_for_another_program(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "kring.db")
    other = sqlite3.connect(database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waiting = asyncio.create_task(put(database, "late"))
    await asyncio.sleep(0.05)
    async with asyncio.timeout(1):
        await database.close(patience=0.1)
    with pytest.raises(asyncio.CancelledError):
        await waiting
    other.execute("ROLLBACK")
    other.close()
    await database._writer.close()  # its thread has come to its end, as it would with the process


_WRITER = """
import asyncio, sys
from pathlib import Path
from storage import facts, inbox, rooms
from storage.database import Database

async def main():
    database = await Database.open(Path(sys.argv[1]))
    number = 0
    while True:
        def pair(session):
            for side in range(20):
                facts.put(session, f"{number:06} {side}", "x" * 300)
        await database.write(pair)
        print(number, flush=True)
        number += 1

asyncio.run(main())
"""


def write_until_killed(path: Path, after: int) -> int:
    """Write in a process of its own and kill it; returns the last number that it said was kept."""
    with subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as process:
        assert process.stdout is not None
        said = -1
        while said < after:
            said = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read().split()
    return int(rest[-1]) if rest else said


@pytest.mark.parametrize("after", [1, 7, 40])
async def test_killed_in_the_middle_the_file_is_sound_and_holds_what_was_said(
    tmp_path: Path, after: int
) -> None:
    path = tmp_path / "kring.db"
    said = write_until_killed(path, after)
    database = await Database.open(path)
    names = await database.read(names_in)
    await database.close()
    written = {int(name.split()[0]) for name in names}
    assert written in (set(range(said + 1)), set(range(said + 2)))
    assert len(names) == 20 * len(written), "half a transaction was kept"
