"""What the bot counts about itself, and the optional port where /health and /metrics show it.

Worker, sender and sync call the methods of `Metrics`, which only add up; Prometheus' library is loaded
when a port is opened. No label holds a person, a room or a text.
"""

from __future__ import annotations

import asyncio
import contextlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.clock import Clock, milliseconds
from storage import inbox, outbox
from storage.database import Database
from storage.errors import StorageError
from storage.session import Session

if TYPE_CHECKING:
    from aiohttp import web
    from prometheus_client import Metric

# A long poll lasts half a minute, and one that failed is tried again after at most a minute.
OLDEST_SYNC_SECONDS = 150.0
_DATABASE_SECONDS = 5.0
BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


@dataclass(slots=True)
class Histogram:
    """How many values fell below each of `BUCKETS`; the last place is for all that are above."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    total: float = 0.0

    def add(self, value: float) -> None:
        self.counts[bisect_left(BUCKETS, value)] += 1
        self.total += value

    def cumulative(self) -> list[tuple[str, float]]:
        """(upper bound, how many are at most that), as Prometheus wants them."""
        below, buckets = 0, []
        for bound, count in zip((*BUCKETS, "+Inf"), self.counts, strict=True):
            below += count
            buckets.append((str(bound), float(below)))
        return buckets


@dataclass(slots=True)
class Metrics:
    """The figures of one process; all of it is used from the event loop's thread."""

    commands: Counter[tuple[str, str]] = field(default_factory=Counter)
    answers: Histogram = field(default_factory=Histogram)
    errors: Counter[str] = field(default_factory=Counter)
    synced_at: int | None = None

    def command_handled(self, command: str, outcome: str) -> None:
        """`command` is its declared name, never what was typed; `outcome` such as ok, refused, failed."""
        self.commands[command, outcome] += 1

    def answer_sent(self, seconds: float) -> None:
        """How long it took from the receipt of an event until its answer stood at the homeserver."""
        self.answers.add(max(0.0, seconds))

    def homeserver_failed(self, code: str) -> None:
        """`code` is that of `bot.errors.MatrixError`."""
        self.errors[code] += 1

    def synced(self, now: int) -> None:
        """A sync succeeded; `now` is in milliseconds UTC."""
        self.synced_at = now

    def sync_age(self, now: int) -> float | None:
        """Seconds since the last successful sync, None before the first."""
        return None if self.synced_at is None else max(0.0, (now - self.synced_at) / 1000)


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many events and messages wait."""

    inbox: int
    outbox: int

    @classmethod
    def count(cls, session: Session) -> Waiting:
        return cls(inbox.count_waiting(session), outbox.count_waiting(session))


class Monitor:
    """Serves /health and /metrics between `start` and `stop`."""

    def __init__(self, metrics: Metrics, database: Database, clock: Clock) -> None:
        self._metrics = metrics
        self._database = database
        self._clock = clock
        self._runner: web.AppRunner | None = None

    async def start(self, address: str, port: int) -> int:
        """Listen; returns the port (of use when 0 was asked for). Raises OSError if it is taken."""
        from aiohttp import web

        app = web.Application()
        app.router.add_get("/health", self._health)
        app.router.add_get("/metrics", self._figures)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        try:
            await web.TCPSite(runner, address, port).start()
        except OSError:
            await runner.cleanup()
            raise
        self._runner = runner
        return int(runner.addresses[0][1])

    async def stop(self) -> None:
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def health(self) -> tuple[bool, dict[str, Any]]:
        """Whether all is well, and what was looked at."""
        age = self._metrics.sync_age(milliseconds(self._clock.now()))
        waiting = await self._waiting()
        fresh = age is not None and age <= OLDEST_SYNC_SECONDS
        well = fresh and waiting is not None
        return well, {
            "status": "ok" if well else "failing",
            "sync": "ok" if fresh else "none yet" if age is None else "late",
            "sync_age_seconds": age,
            "database": "ok" if waiting is not None else "no answer",
            "inbox_waiting": waiting.inbox if waiting else None,
            "outbox_waiting": waiting.outbox if waiting else None,
        }

    async def _waiting(self) -> Waiting | None:
        with contextlib.suppress(StorageError, TimeoutError):
            async with asyncio.timeout(_DATABASE_SECONDS):
                return await self._database.read(Waiting.count)
        return None

    async def _health(self, _request: web.Request) -> web.Response:
        from aiohttp import web

        well, body = await self.health()
        return web.json_response(body, status=200 if well else 503)

    async def _figures(self, _request: web.Request) -> web.Response:
        from aiohttp import web
        from prometheus_client import CollectorRegistry, ProcessCollector
        from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

        registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        age = self._metrics.sync_age(milliseconds(self._clock.now()))
        registry.register(_Figures(self._metrics, await self._waiting(), age))
        return web.Response(
            body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )


class _Figures:
    """A collector in Prometheus' sense, for one look."""

    def __init__(self, metrics: Metrics, waiting: Waiting | None, age: float | None) -> None:
        self._metrics = metrics
        self._waiting = waiting
        self._age = age

    def collect(self) -> Iterator[Metric]:
        from prometheus_client.core import (
            CounterMetricFamily,
            GaugeMetricFamily,
            HistogramMetricFamily,
        )

        commands = CounterMetricFamily(
            "kring_commands", "Commands by name and outcome.", labels=["command", "outcome"]
        )
        for (command, outcome), count in self._metrics.commands.items():
            commands.add_metric([command, outcome], count)
        yield commands
        errors = CounterMetricFamily(
            "kring_homeserver_errors", "Failed requests by Matrix's code.", labels=["code"]
        )
        for code, count in self._metrics.errors.items():
            errors.add_metric([code], count)
        yield errors
        yield HistogramMetricFamily(
            "kring_answer_seconds",
            "From the receipt of an event until its answer was sent.",
            buckets=self._metrics.answers.cumulative(),
            sum_value=self._metrics.answers.total,
        )
        if self._age is not None:
            yield GaugeMetricFamily(
                "kring_sync_age_seconds", "Since the last successful sync.", value=self._age
            )
        if self._waiting is not None:
            yield GaugeMetricFamily(
                "kring_inbox_waiting", "Events that wait.", value=self._waiting.inbox
            )
            yield GaugeMetricFamily(
                "kring_outbox_waiting", "Messages that wait.", value=self._waiting.outbox
            )
