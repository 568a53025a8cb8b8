"""What a limited timeline left out is read again whole and in order; a sync waits as long as it is asked to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.concern import Identity
from bot.crypto.engine import Encryption
from bot.crypto.policy import Policy
from bot.errors import HomeserverError, RateLimited
from bot.metrics import Metrics
from bot.sync import Sync
from storage.database import Database
from tests.bot.scripted import BOT, Scripted, StandingClock

ROOM = "!room:example.org"
ANNA = "@anna:example.org"


@pytest_asyncio.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(tmp_path / "kring.db", readers=1)
    yield opened
    await opened.close()


async def sync_of(scripted: Scripted, database: Database, *, largest_gap: int = 10_000) -> Sync:
    clock = StandingClock()
    encryption = await Encryption.open(scripted.homeserver, database, clock, b"a secret", Policy())
    return Sync(
        scripted.homeserver,
        database,
        clock,
        Identity(BOT, "Kring", "!"),
        encryption,
        page=5,
        largest_gap=largest_gap,
        metrics=Metrics(),
        on_news=lambda lanes: None,
        on_back=lambda: None,
    )


def said(number: int) -> dict[str, Any]:
    content = {"msgtype": "m.text", "body": str(number)}
    return {"event_id": f"${number}", "type": "m.room.message", "sender": ANNA, "content": content}


def pages(method: str, path: str, query: Mapping[str, str]) -> dict[str, Any]:
    """Three events on each of four pages, the newest first, as /messages with dir=b gives them."""
    page = int(query["from"])
    chunk = [said(page * 3 + 2), said(page * 3 + 1), said(page * 3)]
    return {"chunk": chunk, **({"end": str(page - 1)} if page else {})}


async def test_all_pages_are_read_and_come_in_the_order_in_which_they_were_said(
    database: Database,
) -> None:
    scripted = Scripted(pages)
    found, whole = await (await sync_of(scripted, database))._gap(ROOM, "3", "since")
    assert [event["event_id"] for event in found] == [f"${number}" for number in range(12)]
    assert whole
    assert len(scripted.asked) == 4


async def test_a_gap_without_end_is_read_so_far_only_and_said_to_be_cut(database: Database) -> None:
    found, whole = await (await sync_of(Scripted(pages), database, largest_gap=5))._gap(
        ROOM, "3", "since"
    )
    assert [event["event_id"] for event in found] == [f"${number}" for number in range(6, 12)]
    assert not whole


async def test_what_may_not_be_read_holds_nothing_up(database: Database) -> None:
    def refuse(method: str, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        if query["from"] == "2":
            raise HomeserverError("M_FORBIDDEN", 403)
        return pages(method, path, query)

    found, whole = await (await sync_of(Scripted(refuse), database))._gap(ROOM, "3", "since")
    assert [event["event_id"] for event in found] == ["$9", "$10", "$11"]
    assert whole


async def test_a_sync_waits_as_long_as_it_is_asked_to(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def limited(method: str, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        raise RateLimited("M_LIMIT_EXCEEDED", 429, retry_after_ms=123_000)

    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        raise asyncio.CancelledError

    monkeypatch.setattr("bot.sync.asyncio.sleep", sleep)
    sync = await sync_of(Scripted(limited), database)
    monkeypatch.setattr(sync, "_first", lambda: sync._homeserver.request("GET", "/sync"))
    with pytest.raises(asyncio.CancelledError):
        await sync.run()
    assert waits == [123.0]
