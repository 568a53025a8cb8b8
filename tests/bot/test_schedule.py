"""Jobs run once, when they are due, also after a fault; what was dealt with long ago is forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from bot.clock import milliseconds
from bot.schedule import INBOX_KEPT, Schedule
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.kernel import Kernel
from commands.kernel.settings import Settings
from storage import inbox, jobs, outbox
from storage.database import Database
from storage.jobs import Job
from storage.outbox import Draft
from storage.session import Session

ROOM = "!room:example.org"
START = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)


class StandingClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.moment = START

    def now(self) -> datetime:
        return self.moment


class Planned:
    """A schedule at work on a database, with one kind of job that notes its runs."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = StandingClock()
        self.runs: list[tuple[str, bool]] = []
        self.faults = 0
        self.lanes: list[str] = []
        router = Router("test")

        @router.job("ring", grace=timedelta(minutes=5))
        def ring(ctx: Context, job: Job, late: bool) -> None:
            if self.faults:
                self.faults -= 1
                raise RuntimeError("a bug")
            self.runs.append((job.key, late))
            ctx._queue(Draft("m.room.message", {"body": job.key}, room_id=ROOM))

        def filled(lanes: Iterable[str]) -> None:
            self.lanes.extend(lanes)

        kernel = Kernel(Settings(bot_user="@kring:example.org"), [router], [])
        self.schedule = Schedule(database, kernel, self.clock, on_drafts=filled)

    async def add(self, key: str, due: datetime) -> None:
        await self.database.write(
            lambda session: jobs.add(session, "ring", key, due_at=milliseconds(due))
        )
        self.schedule.replan()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not condition():  # noqa: ASYNC110  # there is no event to wait for
                await asyncio.sleep(0.01)


@pytest_asyncio.fixture
async def planned(tmp_path: Path) -> AsyncIterator[Planned]:
    database = await Database.open(tmp_path / "kring.db")
    made = Planned(database)
    made.schedule.start()
    running = asyncio.create_task(made.schedule.run())
    yield made
    running.cancel()
    made.schedule.stop()
    await database.close()


async def test_what_is_due_runs_once_and_what_is_not_waits(planned: Planned) -> None:
    await planned.add("now", START)
    await planned.add("late", START - timedelta(hours=1))
    await planned.add("later", START + timedelta(minutes=1))
    await planned.add("soon", START + timedelta(milliseconds=300))
    await planned.until(lambda: len(planned.runs) >= 2)
    assert sorted(planned.runs) == [("late", True), ("now", False)]
    # The scheduler wakes by itself; by then the clock says that it is time.
    planned.clock.moment += timedelta(milliseconds=300)
    await planned.until(lambda: len(planned.runs) == 3)
    planned.clock.moment += timedelta(minutes=1)
    planned.schedule.replan()
    await planned.until(lambda: len(planned.runs) == 4)
    planned.schedule.replan()
    waiting = await planned.database.read(outbox.waiting_lanes)
    assert waiting == [ROOM] and planned.lanes == [ROOM] * 4


async def test_a_clock_that_jumps_is_noticed(
    planned: Planned, monkeypatch: pytest.MonkeyPatch
) -> None:
    await planned.add("tomorrow", START + timedelta(days=1))
    monkeypatch.setattr("bot.schedule._OVERSLEPT_SECONDS", 0.05)
    planned.schedule.replan()
    await asyncio.sleep(0)
    planned.clock.moment += timedelta(days=2)  # and nobody says so
    await planned.until(lambda: planned.runs == [("tomorrow", True)])


async def test_a_fault_is_tried_again_and_keeps_nothing_back(planned: Planned) -> None:
    planned.faults = 1
    await planned.add("first", START)
    await planned.until(lambda: planned.schedule.failures == 1)
    await planned.add("second", START)
    await planned.until(lambda: planned.runs == [("second", False)])
    planned.clock.moment += timedelta(seconds=10)
    planned.schedule.replan()
    await planned.until(lambda: len(planned.runs) == 2)
    assert planned.runs[1] == ("first", False)


async def test_old_rows_are_forgotten_and_waiting_ones_kept(planned: Planned) -> None:
    old = milliseconds(START - INBOX_KEPT - timedelta(hours=1))

    def fill(session: Session) -> None:
        for key in ("done", "waiting"):
            item = inbox.add(
                session,
                event_id=f"${key}",
                kind="message",
                lane=ROOM,
                room_id=ROOM,
                sender="@anna:example.org",
                body={},
                sent_at=old,
                now=old,
            )
            assert item is not None
            if key == "done":
                inbox.finish(session, item, acted=False, now=old)

    await planned.database.write(fill)
    keeping = asyncio.create_task(planned.schedule.keep_house())
    async with asyncio.timeout(5):
        while await planned.database.read(  # noqa: ASYNC110  # there is no event to wait for
            lambda s: inbox.knows(s, "$done")
        ):
            await asyncio.sleep(0.01)
    keeping.cancel()
    assert await planned.database.read(lambda s: inbox.knows(s, "$waiting"))
