"""A job that another one called off in the same moment does not run."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from bot.clock import milliseconds
from bot.schedule import Schedule
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.kernel import Kernel
from commands.kernel.settings import Settings
from storage import jobs
from storage.database import Database
from storage.jobs import Job
from storage.session import Session
from tests.bot.scripted import BOT, StandingClock


async def test_what_was_called_off_by_a_job_of_the_same_moment_does_not_run(tmp_path: Path) -> None:
    router, runs, clock = Router("test"), list[str](), StandingClock()

    @router.job("ring", grace=timedelta(minutes=5))
    def ring(ctx: Context, job: Job, late: bool) -> None:
        runs.append(job.key)
        jobs.cancel(ctx.session, "ring", "second", now=ctx.now_ms)

    def add(session: Session) -> None:
        for key in ("first", "second", "third"):
            jobs.add(session, "ring", key, due_at=milliseconds(clock.now()))

    database = await Database.open(tmp_path / "kring.db", readers=1)
    try:
        await database.write(add)
        kernel = Kernel(Settings(bot_user=BOT), [router], [])
        schedule = Schedule(database, kernel, clock, on_drafts=lambda lanes: None)
        await schedule._run_due()
    finally:
        await database.close()
    assert runs == ["first", "third"]
