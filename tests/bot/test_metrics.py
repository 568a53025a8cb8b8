"""What a monitoring system sees."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from bot import metrics
from bot.app import Health
from bot.metrics import Metrics, Monitor
from storage.errors import DatabaseLocked


class Bot:
    """A running bot, as far as it is watched."""

    def __init__(self) -> None:
        self.now = Health(
            seconds_since_sync=None,
            sync_failures=0,
            inbox_waiting=2,
            outbox_waiting=1,
            handled=7,
            sent=5,
            failed=0,
            faults=0,
        )
        self.trouble: Exception | None = None
        self.hangs = False

    async def health(self) -> Health:
        if self.hangs:
            await asyncio.Event().wait()
        if self.trouble is not None:
            raise self.trouble
        return self.now


class Served:
    def __init__(self) -> None:
        self.bot = Bot()
        self.metrics = Metrics()
        self.monitor = Monitor(self.bot, self.metrics)
        self.port = 0

    async def get(self, path: str) -> tuple[int, str]:
        async with (
            aiohttp.ClientSession() as http,
            http.get(f"http://127.0.0.1:{self.port}{path}") as answer,
        ):
            return answer.status, await answer.text()

    async def health(self) -> tuple[int, Any]:
        status, text = await self.get("/health")
        return status, json.loads(text)


@pytest_asyncio.fixture
async def served() -> AsyncIterator[Served]:
    served = Served()
    served.port = await served.monitor.start("127.0.0.1", 0)
    yield served
    await served.monitor.stop()


async def test_health_follows_the_last_sync(served: Served) -> None:
    status, told = await served.health()
    assert (status, told["sync"]) == (503, "none yet")
    served.bot.now = replace(served.bot.now, seconds_since_sync=12.0)
    status, told = await served.health()
    assert (status, told["status"], told["database"]) == (200, "ok", "ok")
    served.bot.now = replace(served.bot.now, seconds_since_sync=300.0)
    status, told = await served.health()
    assert (status, told["sync"]) == (503, "late")


async def test_health_fails_when_the_database_does(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.bot.now = replace(served.bot.now, seconds_since_sync=1.0)
    served.bot.trouble = DatabaseLocked("locked")
    status, told = await served.health()
    assert (status, told["database"]) == (503, "no answer")
    monkeypatch.setattr(metrics, "DATABASE_SECONDS", 0.05)
    served.bot.hangs = True
    status, told = await served.health()
    assert (status, told["database"]) == (503, "no answer")


async def test_metrics_count_what_was_told(served: Served) -> None:
    served.bot.now = replace(served.bot.now, seconds_since_sync=7.0)
    served.metrics.command_handled("find", "ok")
    served.metrics.command_handled("find", "ok")
    served.metrics.homeserver_failed("M_LIMIT_EXCEEDED")
    served.metrics.answer_sent(0.02)
    served.metrics.answer_sent(100.0)
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
        "kring_inbox_waiting 2.0",
        "kring_outbox_waiting 1.0",
        "kring_sent_total 5.0",
    ):
        assert line in lines


async def test_a_port_that_is_taken_is_told(served: Served) -> None:
    with pytest.raises(OSError, match="in use"):
        await Monitor(served.bot, served.metrics).start("127.0.0.1", served.port)
