"""What the bot counts about itself, and the optional port where /health and /metrics show it.

Whoever sees something happen calls the methods of `Metrics`, which only add up; Prometheus' library is
loaded when it is looked at. No label holds a person, a room or a text.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from storage.errors import StorageError

if TYPE_CHECKING:
    from aiohttp import web
    from prometheus_client import Metric

    from bot.app import Health

# A long poll lasts half a minute, and one that failed is tried again after at most a minute.
OLDEST_SYNC_SECONDS = 150.0
DATABASE_SECONDS = 5.0
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

    def command_handled(self, command: str, outcome: str) -> None:
        """`command` is its declared name, never what was typed; `outcome` such as ok or refused."""
        self.commands[command, outcome] += 1

    def answer_sent(self, seconds: float) -> None:
        """How long it took from the receipt of an event until its answer stood at the homeserver."""
        self.answers.add(max(0.0, seconds))

    def homeserver_failed(self, code: str) -> None:
        """`code` is that of `bot.errors.MatrixError`."""
        self.errors[code] += 1


class Watched(Protocol):
    """The running bot, as far as it is watched."""

    async def health(self) -> Health:
        """Raises StorageError."""
        ...


class Monitor:
    """Serves /health and /metrics between `start` and `stop`."""

    def __init__(self, watched: Watched, metrics: Metrics) -> None:
        self._watched = watched
        self._metrics = metrics
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

    async def _look(self) -> Health | None:
        """None when the database does not answer."""
        try:
            async with asyncio.timeout(DATABASE_SECONDS):
                return await self._watched.health()
        except (StorageError, TimeoutError):
            return None

    async def _health(self, _request: web.Request) -> web.Response:
        from aiohttp import web

        well, body = judged(await self._look())
        return web.json_response(body, status=200 if well else 503)

    async def _figures(self, _request: web.Request) -> web.Response:
        from aiohttp import web
        from prometheus_client import CollectorRegistry, ProcessCollector
        from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

        registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        registry.register(_Figures(self._metrics, await self._look()))
        return web.Response(
            body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )


def judged(health: Health | None) -> tuple[bool, dict[str, Any]]:
    """Whether all is well, and what was looked at."""
    if health is None:
        return False, {"status": "failing", "sync": "unknown", "database": "no answer"}
    age = health.seconds_since_sync
    fresh = age is not None and age <= OLDEST_SYNC_SECONDS
    return fresh, {
        "status": "ok" if fresh else "failing",
        "sync": "ok" if fresh else "none yet" if age is None else "late",
        "sync_age_seconds": None if age is None else round(age, 1),
        "database": "ok",
        "inbox_waiting": health.inbox_waiting,
        "outbox_waiting": health.outbox_waiting,
    }


class _Figures:
    """A collector in Prometheus' sense, for one look."""

    def __init__(self, metrics: Metrics, health: Health | None) -> None:
        self._metrics = metrics
        self._health = health

    def collect(self) -> Iterator[Metric]:
        from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily

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
        if self._health is not None:
            yield from _of(self._health)


def _of(health: Health) -> Iterator[Metric]:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    for name, meaning, value in (
        ("handled", "Events that were dealt with.", health.handled),
        ("sent", "Messages and room actions that were done.", health.sent),
        ("failed", "Messages and room actions that were given up.", health.failed),
        ("faults", "Unexpected errors; the log says which.", health.faults),
    ):
        yield CounterMetricFamily(f"kring_{name}", meaning, value=value)
    for name, meaning, figure in (
        ("sync_age_seconds", "Since the last successful sync.", health.seconds_since_sync),
        ("sync_failures", "Failed syncs since the last successful one.", health.sync_failures),
        ("inbox_waiting", "Events that wait.", health.inbox_waiting),
        ("outbox_waiting", "Messages and room actions that wait.", health.outbox_waiting),
    ):
        if figure is not None:
            yield GaugeMetricFamily(f"kring_{name}", meaning, value=figure)
