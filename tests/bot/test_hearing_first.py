"""A decision waits for what was said before its moment, also while the bot was down; nothing else does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest_asyncio

from bot.clock import milliseconds
from bot.schedule import Schedule
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.kernel import Kernel
from commands.kernel.settings import Settings
from storage import inbox, jobs
from storage.database import Database
from storage.jobs import Job
from storage.session import Session
from tests.bot.scripted import BOT, StandingClock

ROOM = "!room:example.org"


class Deciding:
    """A schedule with a job that decides, one that does not, and a homeserver that may have news."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = StandingClock()
        self.due = milliseconds(self.clock.now())
        self.runs: list[str] = []
        self.has_news = False
        router = Router("test")

        @router.job("decide", grace=timedelta(days=365), after_hearing=True)
        def decide(ctx: Context, job: Job, late: bool) -> None:
            self.runs.append(job.kind)

        @router.job("ring", grace=timedelta(days=365))
        def ring(ctx: Context, job: Job, late: bool) -> None:
            self.runs.append(job.kind)

        kernel = Kernel(Settings(bot_user=BOT), [router], [])
        self.schedule = Schedule(
            database, kernel, self.clock, on_drafts=lambda lanes: None,
            has_news=lambda: self.has_news,
        )  # fmt: skip

    async def add(self, kind: str, key: str = "1") -> None:
        await self.database.write(lambda s: jobs.add(s, kind, key, due_at=self.due))

    async def hear(self, event_id: str, *, sent: int, kind: inbox.Kind = "message") -> int:
        def work(session: Session) -> int:
            found = inbox.add(
                session, event_id=event_id, kind=kind, lane=ROOM, room_id=ROOM, sender="@a:x",
                body={}, sent_at=sent, now=milliseconds(self.clock.now()),
            )  # fmt: skip
            assert found is not None
            return found

        return await self.database.write(work)

    async def finish(self, item: int) -> None:
        await self.database.write(lambda s: inbox.finish(s, item, acted=True, now=self.due))

    def wait(self, **span: float) -> None:
        self.clock.moment += timedelta(**span)


@pytest_asyncio.fixture
async def deciding(tmp_path: Path) -> AsyncIterator[Deciding]:
    database = await Database.open(tmp_path / "kring.db", readers=1)
    yield Deciding(database)
    await database.close()


async def test_it_waits_for_the_homeserver_and_for_what_it_told(deciding: Deciding) -> None:
    deciding.has_news = True
    await deciding.add("decide")
    await deciding.add("ring")
    deciding.wait(hours=3)
    assert await deciding.schedule._run_due() and deciding.runs == ["ring"]
    said = await deciding.hear("$before", sent=deciding.due - 1)
    deciding.has_news = False
    assert await deciding.schedule._run_due() and deciding.runs == ["ring"]
    await deciding.finish(said)
    assert not await deciding.schedule._run_due()
    assert deciding.runs == ["ring", "decide"]


async def test_what_was_said_later_is_not_waited_for(deciding: Deciding) -> None:
    await deciding.add("decide")
    deciding.wait(seconds=3)
    await deciding.hear("$after", sent=deciding.due + 1)
    assert not await deciding.schedule._run_due() and deciding.runs == ["decide"]


async def test_it_gives_what_was_just_said_the_time_to_come(deciding: Deciding) -> None:
    await deciding.add("decide")
    deciding.wait(seconds=1)
    assert await deciding.schedule._run_due() and deciding.runs == []
    deciding.wait(seconds=1)
    assert not await deciding.schedule._run_due() and deciding.runs == ["decide"]


async def test_a_key_that_never_comes_holds_nothing_up_for_ever(deciding: Deciding) -> None:
    await deciding.add("decide")
    deciding.wait(seconds=3)
    await deciding.hear("$sealed", sent=deciding.due - 1, kind="encrypted")
    deciding.wait(minutes=59)
    assert await deciding.schedule._run_due()
    deciding.wait(minutes=2)
    assert not await deciding.schedule._run_due() and deciding.runs == ["decide"]


async def test_many_that_wait_keep_back_no_others(deciding: Deciding) -> None:
    deciding.has_news = True
    for number in range(60):
        await deciding.add("decide", str(number))
    await deciding.add("ring")
    deciding.wait(seconds=3)
    assert await deciding.schedule._run_due() and deciding.runs == ["ring"]


async def test_the_schedule_looks_again_by_itself(deciding: Deciding) -> None:
    deciding.has_news = True
    looked = _count_looks(deciding)
    await deciding.add("decide")
    deciding.wait(seconds=3)
    deciding.schedule.start()
    running = asyncio.create_task(deciding.schedule.run())
    try:
        await _until(lambda: looked[0] >= 1)
        deciding.has_news = False
        await _until(lambda: deciding.runs == ["decide"])
        # It waited for the next look, and did not look all the time.
        assert looked[0] < 5
    finally:
        running.cancel()
        deciding.schedule.stop()


def _count_looks(deciding: Deciding) -> list[int]:
    looked = [0]

    def has_news() -> bool:
        looked[0] += 1
        return deciding.has_news

    deciding.schedule._has_news = has_news
    return looked


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  # there is no event to wait for
            await asyncio.sleep(0.01)
