"""The outbox's way to the homeserver: each lane strictly in order, the lanes side by side.

What is sent is decided elsewhere and stored before the first try, where it belongs is `bot.outgoing`'s;
here it leaves exactly once. How it ended commits together with what its continuation has to say.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

from bot import files, outgoing
from bot.actions import Actions
from bot.backoff import pause
from bot.client import CLIENT, Homeserver, quoted
from bot.clock import Clock, milliseconds
from bot.crypto.engine import Encryption
from bot.direct import DirectChats
from bot.errors import BadResponse, HomeserverError, MatrixError, RateLimited, UnknownToken
from bot.lanes import Lanes
from bot.marks import ID_KEY, find_message
from bot.metrics import Metrics
from bot.outgoing import Drop, Job, next_job
from commands.kernel.incoming import ActionEnd
from commands.kernel.kernel import Kernel, Outcome
from storage import outbox, rooms
from storage.database import Database
from storage.errors import StorageError
from storage.outbox import Item
from storage.session import Session

log = logging.getLogger(__name__)

LANES_AT_ONCE = 50
_LONGEST_PAUSE = 300.0
# Synapse keeps transaction ids for a day, the specification promises nothing.
_TRANSACTIONS_REMEMBERED_MS = 10 * 60_000
_BUG_TRIES = 3
# After so many tries a message no longer waits for those who cannot be given its key.
_PATIENT_TRIES = 3
# What stands beside the ciphertext: for the homeserver, and to find one's own message again.
_OUTSIDE = (ID_KEY, "m.relates_to")


@dataclass(frozen=True, slots=True)
class Done:
    event_id: str | None = None
    result: dict[str, Any] = field(default_factory=dict)


class Sender:
    """Wake it with the lanes that have something new; it finds the rest by itself.

    What is meant for one person, or for a room that was not encrypted, waits until the sync has `caught_up`:
    while the bot was away somebody may have come into the direct chat, or had the room encrypted. While the
    sync `is_late`, the homeserver is asked before something is sent in clear.

    `on_jobs` is told that a continuation may have changed jobs, `on_fatal` that the login is lost.
    """

    def __init__(
        self,
        homeserver: Homeserver,
        database: Database,
        kernel: Kernel,
        clock: Clock,
        directs: DirectChats,
        actions: Actions,
        encryption: Encryption,
        metrics: Metrics,
        *,
        refresh: Callable[[str], Awaitable[None]],
        caught_up: asyncio.Event,
        is_late: Callable[[], bool],
        on_jobs: Callable[[], None],
        on_fatal: Callable[[BaseException], None],
    ) -> None:
        self._homeserver = homeserver
        self._database = database
        self._kernel = kernel
        self._clock = clock
        self._directs = directs
        self._actions = actions
        self._encryption = encryption
        self._refresh = refresh
        self._metrics = metrics
        self._caught_up = caught_up
        self._is_late = is_late
        self._on_jobs = on_jobs
        self._there_before = 0
        self._tried: set[int] = set()
        self._may_be_nudged: set[int] = set()
        self._held: set[int] = set()
        self.lanes = Lanes("sender", self._drain, on_fatal, at_once=LANES_AT_ONCE)
        self.sent = 0
        self.failed = 0

    async def start(self) -> None:
        """Take up what waits. Rows that are there by now may have been tried by an earlier process."""

        def look(session: Session) -> tuple[int, list[str]]:
            return outbox.last_id(session), outbox.waiting_lanes(session)

        self._there_before, lanes = await self._database.read(look)
        self.lanes.wake(lanes)

    async def look_again(self) -> None:
        """Another process may have added rows."""
        self.lanes.wake(await self._database.read(outbox.waiting_lanes))

    async def _drain(self, lane: str) -> None:
        job = await self._database.read(lambda session: next_job(session, lane))
        while job is not None and not self.lanes.stops():
            job = await self._deal(lane, job)

    async def _deal(self, lane: str, job: Job) -> Job | None:
        """Send one row, or put it off; returns what is next in the lane."""
        item = job.item
        if outgoing.is_held(job, milliseconds(self._clock.now())):
            # Whatever comes from the person wakes the lane.
            self._held.add(item.id)
            return None
        wait = outgoing.wait_ms(job, milliseconds(self._clock.now()))
        if wait > 0:
            await self.lanes.sleep(wait / 1000, until_nudged=item.id in self._may_be_nudged)
        behind = outgoing.may_have_changed(job) and not self._caught_up.is_set()
        if behind:
            await self.lanes.until(self._caught_up)
        if self.lanes.stops():
            return None
        waited = wait > 0 or behind or self.lanes.turn.locked()
        try:
            async with self.lanes.turn:
                if self.lanes.stops():
                    return None
                job = await self._placed(lane, job)
                if job.item.id != item.id:
                    self._forget(item)
                    return job
                if outgoing.is_held(job, milliseconds(self._clock.now())):
                    return job
                file = await self._upload(job) if job.has_file else None
                if waited or file is not None:
                    # Meanwhile somebody may have come into the direct chat, the room may have become
                    # encrypted, or the row was dropped.
                    now = await self._database.read(lambda session: next_job(session, lane))
                    if now is None or now.item.id != item.id:
                        self._forget(item)
                        return now
                    if outgoing.has_moved(job, now):
                        return now
                    job = replace(now, encrypted=job.encrypted)
                done = await self._send(job, file)
        except UnknownToken:
            raise
        except Drop as error:
            log.warning("outbox %d (%s) is dropped: %s", item.id, item.type, error)
            return await self._end(lane, item, error=str(error), was_sensible=False)
        except MatrixError as error:
            self._metrics.homeserver_failed(error.code)
            if not error.heals:
                self.failed += 1
                log.warning("outbox %d (%s) failed for good: %s", item.id, item.type, error)
                return await self._end(lane, item, error=error.code, detail=str(error))
            return await self._postpone(lane, item, error)
        except StorageError:
            raise
        except Exception:
            log.exception("outbox %d (%s) met a fault of the bot's own", item.id, item.type)
            if item.attempts + 1 >= _BUG_TRIES:
                self.failed += 1
                return await self._end(lane, item, error="internal")
            return await self._postpone(lane, item, BadResponse("internal"))
        self.sent += 1
        if job.asked_at is not None and item.id not in self._held:
            took = milliseconds(self._clock.now()) - job.asked_at
            self._metrics.answer_sent(took / 1000)
        return await self._end(lane, item, done=done)

    # --- one row -----------------------------------------------------------------------------

    async def _placed(self, lane: str, job: Job) -> Job:
        """The job with its room, and with certainty whether that is encrypted; or another that came first.

        Raises MatrixError and StorageError.
        """
        item = job.item
        if item.kind != "event":
            return job
        if job.room_id is None:
            assert job.user_id is not None, "an event needs a room or a person"
            await self._directs.open(
                job.user_id, item.key, item.created_at, unsure=self._is_unsure(item)
            )
            job = await self._again(lane)
        room_id = job.room_id
        if room_id is None or item.type in outgoing.ALWAYS_CLEAR:
            return job
        if job.encrypted is None or (not job.encrypted and self._is_late()):
            content = await self._homeserver.state(room_id, "m.room.encryption")
            if content is None:
                return replace(job, encrypted=False)
            event = {"type": "m.room.encryption", "content": content}
            await self._database.write(lambda s: rooms.apply_state(s, room_id, event))
            job = await self._again(lane)
        if job.encrypted and not job.members_known:
            await self._refresh(room_id)
            job = await self._again(lane)
        return job

    async def _again(self, lane: str) -> Job:
        found = await self._database.read(lambda session: next_job(session, lane))
        if found is None:
            raise Drop("it was taken back")
        return found

    def _is_unsure(self, item: Item) -> bool:
        # No note is written before a try: the transaction id is fixed since the row was stored, and
        # a row that was there when this process began counts as tried. That costs a look at the
        # homeserver after a restart, and saves a commit for every message.
        return item.attempts > 0 or item.id <= self._there_before or item.id in self._tried

    async def _upload(self, job: Job) -> files.Attached | files.Placed | None:
        """The file that the message comes with. Raises MatrixError and StorageError."""
        item = job.item
        file = await self._database.read(lambda session: outbox.file_of(session, item.key))
        if file is None:
            return None
        return await files.put(
            self._homeserver, self._database, item.key, file, encrypted=outgoing.is_secret(job)
        )

    async def _send(self, job: Job, file: files.Attached | files.Placed | None) -> Done:
        """Raises MatrixError, StorageError, Drop."""
        item = job.item
        unsure = self._is_unsure(item)
        self._tried.add(item.id)
        if item.kind == "action":
            return Done(result=await self._actions.perform(item, unsure=unsure))
        if item.kind == "redaction":
            return await self._redact(item)
        room_id = job.room_id
        if room_id is None:
            raise BadResponse("there is no room for it")
        content = outgoing.content_of(job, room_id)
        encrypted = outgoing.is_secret(job)
        old = item.created_at < milliseconds(self._clock.now()) - _TRANSACTIONS_REMEMBERED_MS
        # Under another type the homeserver would not know the transaction again.
        if unsure and (old or encrypted):
            found = await find_message(
                self._homeserver, room_id, item.type, item.key, item.created_at
            )
            if found is not None:
                return Done(found, {"room_id": room_id})
        if file is not None:
            content = file.shown_in(content)
        kind = item.type
        if encrypted:
            sealed = await self._encryption.encrypt(
                room_id, kind, content, patient=item.attempts < _PATIENT_TRIES
            )
            if job.user_id is not None:
                # Keys may have been shared for a while: whoever came in meanwhile has them too.
                room = await self._database.read(lambda session: rooms.get(session, room_id))
                if room is None or room.direct_user != job.user_id:
                    raise BadResponse("it is no direct chat any more")
            kind = "m.room.encrypted"
            content = sealed | {name: content[name] for name in _OUTSIDE if name in content}
        path = f"{CLIENT}/rooms/{quoted(room_id)}/send/{quoted(kind)}/{item.key}"
        try:
            answer = await self._homeserver.request("PUT", path, body=content)
        except HomeserverError as error:
            if error.errcode == "M_DUPLICATE_ANNOTATION":
                return Done(None, {"room_id": room_id})
            raise
        return Done(_event_id(answer), {"room_id": room_id})

    async def _redact(self, item: Item) -> Done:
        assert item.room_id is not None
        target = str(item.content["redacts"])
        path = f"{CLIENT}/rooms/{quoted(item.room_id)}/redact/{quoted(target)}/{item.key}"
        reason = item.content.get("reason")
        answer = await self._homeserver.request(
            "PUT", path, body={"reason": reason} if reason else {}
        )
        return Done(_event_id(answer), {"room_id": item.room_id})

    # --- how it ended ------------------------------------------------------------------------

    async def _end(
        self,
        lane: str,
        item: Item,
        *,
        done: Done | None = None,
        error: str | None = None,
        detail: str = "",
        was_sensible: bool = True,
    ) -> Job | None:
        """Commit the end of a row, with what its continuation says; returns the lane's next row.

        Whoever waits for an answer that failed is told, unless there was no sense in it any more.
        """
        now = self._clock.now()
        filled: list[str] = []
        is_missed = error is not None and was_sensible and item.type == "m.room.message"
        asked = item.inbox_id if is_missed else None

        def follow(session: Session, outcome: Outcome) -> None:
            filled.extend(
                outbox.add(session, draft, now=milliseconds(now)) for draft in outcome.drafts
            )

        def commit(session: Session, *, proceed: bool = True) -> Job | None:
            filled.clear()
            if done is not None:
                changed = outbox.sent(
                    session,
                    item.id,
                    event_id=done.event_id,
                    room_id=done.result.get("room_id") if item.kind == "event" else None,
                    now=milliseconds(now),
                )
            else:
                changed = outbox.fail(session, item.id, error=error or "", now=milliseconds(now))
            if changed and proceed and item.continuation is not None:
                result = dict(done.result) if done is not None else {}
                if done is not None and done.event_id is not None:
                    result["event_id"] = done.event_id
                end = ActionEnd(item.continuation, item.continuation_data, result, error, detail)
                follow(session, self._kernel.continue_(session, end, now))
            elif changed and proceed and asked is not None:
                follow(
                    session,
                    self._kernel.unanswered(session, asked, item.room_id, error or "", now),
                )
            return next_job(session, lane)

        try:
            following = await self._database.write(commit)
        except StorageError:
            raise
        except Exception:
            if item.continuation is None and asked is None:
                raise
            # What was done is done: a fault in what comes after must not have it done again.
            after = item.continuation or "unanswered"
            log.exception("what comes after outbox %d (%s) failed", item.id, after)
            self.lanes.failures += 1
            following = await self._database.write(lambda s: commit(s, proceed=False))
        self._forget(item)
        self.lanes.wake(filled)
        if item.continuation is not None:
            self._on_jobs()
        return following

    def _forget(self, item: Item) -> None:
        self._tried.discard(item.id)
        self._may_be_nudged.discard(item.id)
        self._held.discard(item.id)

    async def _postpone(self, lane: str, item: Item, error: MatrixError) -> Job | None:
        attempts = item.attempts + 1
        seconds = pause(attempts, longest=_LONGEST_PAUSE)
        asked = error.retry_after_ms if isinstance(error, HomeserverError) else None
        if asked is not None:
            seconds = max(asked / 1000, 0 if isinstance(error, RateLimited) else seconds)
            self._may_be_nudged.discard(item.id)
        else:
            self._may_be_nudged.add(item.id)
        log.warning(
            "outbox %d (%s) has to wait %.1f s after try %d: %s",
            item.id, item.type, seconds, attempts, error,
        )  # fmt: skip
        now = milliseconds(self._clock.now())

        def commit(session: Session) -> Job | None:
            outbox.postpone(
                session, item.id, until=now + int(seconds * 1000) + 1, error=error.code, now=now
            )
            return next_job(session, lane)

        return await self._database.write(commit)


def _event_id(answer: dict[str, Any]) -> str:
    event_id = answer.get("event_id")
    if not isinstance(event_id, str):
        raise BadResponse("a message was taken without an event id")
    return event_id
