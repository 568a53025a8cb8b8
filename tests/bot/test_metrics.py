"""What a monitoring system sees."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest_asyncio

from bot.clock import milliseconds
from bot.metrics import Metrics, Monitor
from storage import outbox
from storage.database import Database
from storage.outbox import Draft


class Clock:
    def __init__(self) -> None:
        self.time = datetime(2026, 3, 2, 9, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time


class Served:
    def __init__(self, database: Database) -> None:
        self.clock = Clock()
        self.metrics = Metrics()
        self.database = database
        self.monitor = Monitor(self.metrics, database, self.clock)
        self.port = 0

    async def get(self, path: str) -> tuple[int, str]:
        async with (
            aiohttp.ClientSession() as http,
            http.get(f"http://127.0.0.1:{self.port}{path}") as answer,
        ):
            return answer.status, await answer.text()

    async def health(self) -> tuple[int, Any]:
        status, _ = await self.get("/health")
        return status, (await self.monitor.health())[1]


@pytest_asyncio.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    database = await Database.open(tmp_path / "kring.db")
    served = Served(database)
    served.port = await served.monitor.start("127.0.0.1", 0)
    yield served
    await served.monitor.stop()
    await database.close()


async def test_health_follows_the_last_sync(served: Served) -> None:
    assert await served.health() == (503, (await served.monitor.health())[1])
    served.metrics.synced(milliseconds(served.clock.now()))
    status, told = await served.health()
    assert (status, told["sync"], told["database"]) == (200, "ok", "ok")
    served.clock.time += timedelta(minutes=5)
    status, told = await served.health()
    assert (status, told["sync"]) == (503, "late")


async def test_health_fails_when_the_database_does_not_answer(served: Served) -> None:
    served.metrics.synced(milliseconds(served.clock.now()))
    taken = [await served.database._idle.get() for _ in range(2)]
    import bot.metrics

    before, bot.metrics._DATABASE_SECONDS = bot.metrics._DATABASE_SECONDS, 0.05
    try:
        status, told = await served.health()
    finally:
        bot.metrics._DATABASE_SECONDS = before
        for reader in taken:
            served.database._idle.put_nowait(reader)
    assert (status, told["database"]) == (503, "no answer")


async def test_metrics_count_what_was_told(served: Served) -> None:
    served.metrics.command_handled("find", "ok")
    served.metrics.command_handled("find", "ok")
    served.metrics.homeserver_failed("M_LIMIT_EXCEEDED")
    served.metrics.answer_sent(0.02)
    served.metrics.answer_sent(100.0)
    served.metrics.synced(milliseconds(served.clock.now()))
    served.clock.time += timedelta(seconds=7)
    draft = Draft("m.room.message", {"body": "x"}, room_id="!r:x")
    await served.database.write(lambda session: outbox.add(session, draft, now=0))
    status, text = await served.get("/metrics")
    lines = text.splitlines()
    assert status == 200
    for line in (
        'kring_commands_total{command="find",outcome="ok"} 2.0',
        'kring_homeserver_errors_total{code="M_LIMIT_EXCEEDED"} 1.0',
        'kring_answer_seconds_bucket{le="0.025"} 1.0',
        'kring_answer_seconds_bucket{le="60.0"} 1.0',
        'kring_answer_seconds_bucket{le="+Inf"} 2.0',
        "kring_answer_seconds_count 2.0",
        "kring_sync_age_seconds 7.0",
        "kring_inbox_waiting 0.0",
        "kring_outbox_waiting 1.0",
    ):
        assert line in lines
