"""Time: wakes the bot when a job is due, and keeps house. What is due stands in the table of jobs."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger

from bot.backoff import pause
from bot.clock import Clock, milliseconds
from commands.kernel.kernel import Kernel
from storage import inbox, jobs, outbox
from storage.crypto import devices, olm_sessions, received, room_keys, unreadable
from storage.database import Database
from storage.errors import StorageError
from storage.jobs import Job
from storage.session import Session

log = logging.getLogger(__name__)

INBOX_KEPT = timedelta(days=7)
OUTBOX_KEPT = timedelta(days=30)
# A request or a proposal that nobody decided in a year is decided in another way.
ASKED_KEPT = timedelta(days=400)
JOBS_KEPT = timedelta(days=400)
# Clients change their sessions after a week, or when they were away for long.
ROOM_KEYS_KEPT = timedelta(days=60)
_TRIES = 5
_AT_ONCE = 50
# What was said just before a moment may reach the bot just after it.
_ON_THE_WAY = timedelta(seconds=2)
# Whatever is waited for longer, such as a key that never comes, holds no decision up.
_HEARD_WITHIN = timedelta(hours=1)
_LOOK_AGAIN = timedelta(seconds=1)
_MILLISECOND = timedelta(milliseconds=1)
_OVERSLEPT_SECONDS = 60.0


class Schedule:
    """`start` once, `replan` whenever jobs may have changed (cheap, and many calls become one).

    `has_news` says whether there may be news that the homeserver could not tell yet: jobs that run only after
    hearing what was said before wait for them.
    """

    def __init__(
        self,
        database: Database,
        kernel: Kernel,
        clock: Clock,
        *,
        on_drafts: Callable[[Iterable[str]], None],
        has_news: Callable[[], bool] = lambda: False,
    ) -> None:
        self._database = database
        self._kernel = kernel
        self._clock = clock
        self._on_drafts = on_drafts
        self._has_news = has_news
        self._wake = asyncio.Event()
        # A run that is late is still run: whether it makes sense is for the kind of job to say.
        self._scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True}
        )
        self.failures = 0

    def start(self) -> None:
        self._scheduler.start()
        self._wake.set()

    def stop(self) -> None:
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def replan(self) -> None:
        self._wake.set()

    async def run(self) -> None:
        """Run what is due, for ever; each job in a transaction of its own."""
        failures = 0
        while True:
            # The scheduler reckons by the machine's clock: one that is put back would let it oversleep.
            # Not wait_for: in Python 3.11 it may swallow being cancelled, and the bot would never stop.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_OVERSLEPT_SECONDS):
                    await self._wake.wait()
            self._wake.clear()
            try:
                await self._plan(holds=await self._run_due())
                failures = 0
            except StorageError as error:
                failures += 1
                log.error("jobs wait for the database: %s", error)
                await asyncio.sleep(pause(failures))
                self._wake.set()

    async def keep_house(self) -> None:
        """Forget what was dealt with long ago: at the start and then each hour, for ever."""
        while True:
            now = self._clock.now()

            def purge(session: Session, now: datetime = now) -> int:
                return (
                    inbox.purge(session, before=milliseconds(now - INBOX_KEPT))
                    + outbox.purge(
                        session,
                        before=milliseconds(now - OUTBOX_KEPT),
                        about_before=milliseconds(now - ASKED_KEPT),
                    )
                    + jobs.purge(session, before=milliseconds(now - JOBS_KEPT))
                    + unreadable.purge(session, before=milliseconds(now - OUTBOX_KEPT))
                    + room_keys.purge(session, before=milliseconds(now - ROOM_KEYS_KEPT))
                    + devices.purge(session)
                    + olm_sessions.purge(session, before=milliseconds(now - ROOM_KEYS_KEPT))
                    + received.purge(session, before=milliseconds(now - INBOX_KEPT))
                )

            try:
                if gone := await self._database.write(purge):
                    log.info("%d rows that were dealt with are forgotten", gone)
            except StorageError as error:
                log.error("housekeeping waits for the database: %s", error)
            await asyncio.sleep(3600)

    async def _plan(self, *, holds: bool) -> None:
        due = await self._database.read(jobs.next_due)
        if due is None:
            if self._scheduler.get_job("next") is not None:
                self._scheduler.remove_job("next")
            return
        # The clock that is injected may stand elsewhere than the machine's.
        ahead = timedelta(milliseconds=min(due - milliseconds(self._clock.now()), 86_400_000))
        when = datetime.now(UTC) + max(ahead, _LOOK_AGAIN if holds else timedelta())
        self._scheduler.add_job(
            self._wake.set, DateTrigger(when, timezone=UTC), id="next", replace_existing=True
        )

    async def _run_due(self) -> bool:
        """Whether something that is due is held back."""
        held: set[int] = set()
        while True:
            now, limit = milliseconds(self._clock.now()), _AT_ONCE + len(held)
            due = await self._database.read(lambda s: jobs.due(s, now=now, limit=limit))  # noqa: B023  # awaited in the same turn
            ready = [job for job in due if job.id not in held]
            if not ready:
                return bool(held)
            for job in ready:
                if await self._must_hear(job, now):
                    held.add(job.id)
                else:
                    await self._run(job)

    async def _must_hear(self, job: Job, now: int) -> bool:
        """Whether it is to wait for what was said before it was due."""
        kind = self._kernel.registry.jobs.get(job.kind)
        if kind is None or not kind.after_hearing:
            return False
        if now < job.due_at + _ON_THE_WAY / _MILLISECOND or self._has_news():
            return True
        since = now - int(_HEARD_WITHIN / _MILLISECOND)
        return await self._database.read(
            lambda s: inbox.has_unheard(s, sent_until=job.due_at, received_after=since)
        )

    async def _run(self, job: Job) -> None:
        now = self._clock.now()

        def work(session: Session) -> list[str]:
            # Finished first: the handler may put down the next run under the same key.
            if not jobs.finish(session, job.id, "done", now=milliseconds(now)):
                return []
            outcome = self._kernel.due(session, job, now)
            return [outbox.add(session, draft, now=milliseconds(now)) for draft in outcome.drafts]

        try:
            self._on_drafts(await self._database.write(work))
        except StorageError:
            raise
        except Exception:
            self.failures += 1
            log.exception("job %d (%s) met a fault", job.id, job.kind)
            await self._put_off(job, now)

    async def _put_off(self, job: Job, now: datetime) -> None:
        tries = job.attempts + 1
        retry_at = milliseconds(now + timedelta(seconds=pause(tries, first=5.0, longest=600.0)))

        def note(session: Session) -> None:
            if tries >= _TRIES:
                log.error("job %d (%s) is given up", job.id, job.kind)
                jobs.finish(session, job.id, "failed", now=milliseconds(now))
            else:
                jobs.attempted(session, job.id, retry_at=retry_at)

        await self._database.write(note)
