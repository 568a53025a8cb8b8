"""Works the inbox off: each room's (or direct chat's) events in order, the rooms side by side.

What an event means is decided by the kernel, inside one transaction that also holds the answers and
the mark that the event was dealt with.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace

from bot import events, files, mirror
from bot.backoff import pause
from bot.client import CLIENT, Homeserver, quoted
from bot.clock import Clock, milliseconds
from bot.errors import HomeserverError, MatrixError, UnknownToken
from bot.lanes import Lanes
from bot.metrics import Metrics
from bot.waiting import Waiting
from commands.kernel.incoming import Incoming, Message, RoomReplaced
from commands.kernel.kernel import Kernel, Outcome
from storage import inbox, members, outbox, rooms
from storage.crypto import unreadable
from storage.database import Database
from storage.errors import DatabaseReadOnly, StorageError
from storage.inbox import Item
from storage.outbox import Draft
from storage.session import Session

log = logging.getLogger(__name__)

LANES_AT_ONCE = 200
_TRIES = 3
_OURS: tuple[rooms.Kind, ...] = ("staff", "buyers", "ethics", "network")
# Done inbox rows are kept for a week (bot.schedule): an edit of something older than this cannot be
# told from an edit of something that was never for the bot, and so it is not run.
_EDITS_RUN_FOR_MS = 6 * 24 * 3_600_000


@dataclass(frozen=True, slots=True)
class _Stored:
    """The outbox lanes that were filled, and what came of it; None where another had dealt with it."""

    lanes: list[str]
    outcome: Outcome | None


class Worker:
    """`on_drafts` gets outbox lanes that were filled; `on_jobs` is told that jobs may have changed.

    `patience` is how many seconds a key is awaited; `caught_up` is set after the first sync. Nobody is told
    of what was written before `device_since` (ms UTC), when the bot's device came to be.
    `verify` deals with the steps of verifications, which are passed over without it.
    """

    def __init__(
        self,
        homeserver: Homeserver,
        database: Database,
        kernel: Kernel,
        clock: Clock,
        metrics: Metrics,
        *,
        trusted_servers: frozenset[str],
        patience: float,
        device_since: int,
        caught_up: asyncio.Event,
        refresh: Callable[[str], Awaitable[None]],
        on_drafts: Callable[[Iterable[str]], None],
        on_jobs: Callable[[], None],
        on_fatal: Callable[[BaseException], None],
        verify: Callable[[Item], Awaitable[None]] | None = None,
    ) -> None:
        self._homeserver = homeserver
        self._database = database
        self._kernel = kernel
        self._clock = clock
        self._metrics = metrics
        self._trusted_servers = trusted_servers
        self._device_since = device_since
        self._refresh = refresh
        self._on_drafts = on_drafts
        self._on_jobs = on_jobs
        self._verify = verify
        self._unheard: dict[int, int] = {}
        self.lanes = Lanes("worker", self._drain, on_fatal, at_once=LANES_AT_ONCE)
        self._waiting = Waiting(clock, patience, caught_up, self.lanes.wake)
        self.handled = 0
        self.gave_up = 0

    async def start(self) -> None:
        """Take up what waits from an earlier process."""
        self.lanes.wake(await self._database.read(inbox.waiting_lanes))

    async def _drain(self, lane: str) -> None:
        while not self.lanes.stops():
            find = self._waiting.look()
            items, later = await self._database.read(lambda session: find(session, lane))  # noqa: B023  # awaited in the same turn
            if not items:
                self._waiting.plan(lane, later)
                return
            for item in items:
                async with self.lanes.turn:
                    if self.lanes.stops():
                        return
                    seconds = await self._deal(item)
                if seconds:
                    await self.lanes.sleep(seconds)
                    break

    async def _deal(self, item: Item) -> float:
        """Deal with one event; how many seconds to wait before it is tried again, 0 when it is done.

        Raises UnknownToken and StorageError.
        """
        incoming: Incoming | None = None
        try:
            if item.kind == "invite":
                await self._invited(item)
            elif item.kind == "state":
                await self._replaced(item)
            elif item.kind == "verification" and self._verify is not None:
                await self._verify(item)
            elif item.kind == "encrypted":
                await self._unread(item)
            else:
                incoming = events.incoming_of(item)
                if isinstance(incoming, Message):
                    incoming = await self._prepare(incoming)
                if incoming is None:
                    await self._finish(item)
                else:
                    await self._handle(item, incoming)
        except (UnknownToken, StorageError):
            raise
        except MatrixError as error:
            tries = self._unheard[item.id] = self._unheard.get(item.id, 0) + 1
            log.warning("inbox %d (%s) waits for the homeserver: %s", item.id, item.kind, error)
            return pause(tries)
        except Exception:
            self.lanes.failures += 1
            self._unheard.pop(item.id, None)
            log.exception("inbox %d (event %s) met a fault", item.id, item.event_id)
            return await self._fault(item, incoming)
        self._unheard.pop(item.id, None)
        self.handled += 1
        return 0

    # --- through the kernel ------------------------------------------------------------------

    async def _prepare(self, message: Message) -> Message | None:
        """Fetch what the commands need from the homeserver; None for what must not be run.

        Raises MatrixError.
        """
        if message.edits is not None:
            edited = await self._edited(message, message.edits)
            if edited is None:
                return None
            message = edited
        if message.file is not None:
            wanted = await self._database.read(lambda s: self._kernel.wants_file(s, message))
            if wanted:
                limit = self._kernel.settings.largest_file
                file = await files.fetch(self._homeserver, message.file, limit)
                return replace(message, file=file)
        return message

    async def _edited(self, message: Message, target: str) -> Message | None:
        """The edit, in the place of what it replaces; None unless that is known or recent and theirs."""
        known = await self._database.read(lambda session: inbox.knows(session, target))
        path = f"{CLIENT}/rooms/{quoted(message.room_id)}/event/{quoted(target)}"
        try:
            raw = await self._homeserver.request("GET", path)
        except HomeserverError as error:
            if error.heals or isinstance(error, UnknownToken):
                raise
            raw = {}
        original = events.parse(raw, milliseconds(self._clock.now()))
        if original is None or original.sender != message.sender:
            return message if known else None
        if not known and milliseconds(message.sent_at) - original.sent_at >= _EDITS_RUN_FOR_MS:
            return None
        # An edit need not repeat where the message stands, and clients do not (spec, "Event replacements").
        place = events.relation(original.content)
        return replace(
            message,
            thread=place.thread or message.thread,
            reply_to=place.reply_to or message.reply_to,
        )

    async def _handle(self, item: Item, incoming: Incoming) -> None:
        now = self._clock.now()
        if isinstance(incoming, Message) and self._kernel.reads_only(incoming):
            try:
                outcome = await self._database.read(
                    lambda session: self._kernel.handle(session, incoming, now)
                )
            except DatabaseReadOnly:
                pass  # it writes after all
            else:
                self._settle(await self._database.write(lambda s: self._store(s, item, outcome)))
                return

        def work(session: Session) -> _Stored:
            # What could not be read may have become readable meanwhile: then its turn is yet to come.
            if not inbox.is_waiting(session, item.id, item.kind):
                return _Stored([], None)
            return self._store(session, item, self._kernel.handle(session, incoming, now))

        self._settle(await self._database.write(work))
        self._on_jobs()

    async def _unread(self, item: Item) -> None:
        """The key never came: whoever wrote that is told, and it is done with."""
        if item.sent_at < self._device_since:
            # It waited for the keys of a device that the bot is no more.
            await self._finish(item)
            return
        withheld = await self._database.read(lambda s: unreadable.withheld(s, item.id))
        await self._handle(item, events.unreadable_of(item, withheld))

    def _store(self, session: Session, item: Item, outcome: Outcome) -> _Stored:
        """Inside a transaction: the answers, and that the event was dealt with."""
        now = milliseconds(self._clock.now())
        if not inbox.finish(session, item.id, acted=outcome.acted, now=now):
            return _Stored([], None)
        return _Stored([outbox.add(session, draft, now=now) for draft in outcome.drafts], outcome)

    def _settle(self, stored: _Stored) -> None:
        """After the commit: what did not come about is neither counted nor sent."""
        outcome = stored.outcome
        if outcome is not None and outcome.command is not None:
            self._metrics.command_handled(outcome.command, outcome.result)
        self._on_drafts(stored.lanes)

    async def _finish(self, item: Item, *drafts: Draft) -> None:
        outcome = Outcome(list(drafts), acted=bool(drafts))
        self._settle(await self._database.write(lambda s: self._store(s, item, outcome)))

    async def _fault(self, item: Item, incoming: Incoming | None) -> float:
        tries = await self._database.write(lambda session: inbox.attempted(session, item.id))
        if tries < _TRIES:
            return pause(tries, first=1.0)
        self.gave_up += 1
        log.error("inbox %d (event %s) is given up", item.id, item.event_id)
        now = self._clock.now()

        def apologise(session: Session) -> list[str]:
            drafts = self._kernel.apologise(session, incoming, now).drafts if incoming else []
            inbox.give_up(session, item.id, now=milliseconds(now))
            return [outbox.add(session, draft, now=milliseconds(now)) for draft in drafts]

        try:
            self._on_drafts(await self._database.write(apologise))
        except StorageError:
            raise
        except Exception:
            log.exception("the apology for inbox %d failed too", item.id)
            await self._database.write(
                lambda session: inbox.give_up(session, item.id, now=milliseconds(now))
            )
        return 0

    # --- what the engine settles itself ------------------------------------------------------

    async def _invited(self, item: Item) -> None:
        """Follow those who belong anywhere, others into a direct chat only: there they link an account."""
        room_id = item.room_id
        assert room_id is not None
        server = item.sender.partition(":")[2]
        direct = item.body.get("is_direct") is True
        welcome = server in self._trusted_servers or await self._database.read(
            lambda session: _belongs(session, item.sender)
        )
        if not welcome and not direct:
            log.info("an invitation to %s from %s is declined", room_id, server)
            await self._finish(
                item, Draft("leave", {"room_id": room_id}, kind="action", lane=room_id)
            )
            return
        if direct:
            now = milliseconds(self._clock.now())
            await self._database.write(
                lambda session: mirror.expect_direct(session, room_id, item.sender, now)
            )
        await self._finish(
            item,
            Draft(
                "join",
                {"room_id": room_id, "via": [server], "only_direct": not welcome},
                kind="action",
                lane=room_id,
                continuation="basics.joined" if direct else None,
                continuation_data={"room_id": room_id, "inviter": item.sender},
            ),
        )

    async def _replaced(self, item: Item) -> None:
        """Follow a room to its successor, if whoever replaced it may invite there.

        Raises MatrixError.
        """
        replaced = events.incoming_of(item)
        old = await self._database.read(lambda session: rooms.get(session, item.room_id or ""))
        if not isinstance(replaced, RoomReplaced) or old is None or old.kind in ("direct", "other"):
            await self._finish(item)
            return
        successor = replaced.successor
        was_in = await self._database.read(lambda session: rooms.is_joined(session, successor))
        try:
            sender = replaced.sender or await self._who_replaced(replaced.room_id)
            await self._homeserver.request(
                "POST",
                f"{CLIENT}/join/{quoted(successor)}",
                body={},
                query={"via": sender.partition(":")[2]},
                timeout=120.0,
            )
            await self._refresh(successor)
            created = await self._homeserver.state(successor, "m.room.create")
        except HomeserverError as error:
            if error.heals or isinstance(error, UnknownToken):
                raise
            # Once the bot is let in, `bot.mirror` puts this in the inbox again.
            log.warning("the successor of %s cannot be entered: %s", replaced.room_id, error)
            await self._finish(item)
            return
        origin = (created or {}).get("predecessor")
        follows = isinstance(origin, dict) and origin.get("room_id") == replaced.room_id
        if follows and await self._database.read(lambda s: _may_invite(s, successor, sender)):
            await self._handle(item, replace(replaced, sender=sender))
            return
        log.warning("%s is not followed to %s: no right to", replaced.room_id, successor)
        leave = Draft("leave", {"room_id": successor}, kind="action", lane=successor)
        await self._finish(item, *(() if was_in else (leave,)))

    async def _who_replaced(self, room_id: str) -> str:
        tombstone = await self._homeserver.state_event(room_id, "m.room.tombstone") or {}
        sender = tombstone.get("sender")
        return sender if events.is_user(sender) else ""


def _belongs(session: Session, user_id: str) -> bool:
    """Whether the register knows the account, or it shares a room of the cooperative with the bot."""
    member = members.by_user(session, user_id)
    return (member is not None and member.number is not None) or any(
        rooms.rooms_of(session, user_id, kind) for kind in _OURS
    )


def _may_invite(session: Session, room_id: str, user_id: str) -> bool:
    room = rooms.get(session, room_id)
    return (
        room is not None
        and rooms.is_member(session, room_id, user_id)
        and room.power_of(user_id) >= room.needed("invite")
    )
