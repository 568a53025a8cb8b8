"""The sync loop: asks the homeserver for news, completes them, and has them stored with the token.

What concerns the bot is decided by `bot.ingest`; the workers are told afterwards which lanes have news.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

import orjson

from bot import mirror
from bot.backoff import pause
from bot.client import CLIENT, Homeserver, quoted
from bot.clock import Clock, milliseconds
from bot.concern import Identity
from bot.crypto.engine import Encryption
from bot.errors import BadResponse, HomeserverError, MatrixError, UnknownToken
from bot.ingest import News, RoomNews, ingest, own_join, worth_keeping
from bot.metrics import Metrics
from bot.pictures import (
    NOTHING,
    ROOMS_AT_ONCE,
    Pictures,
    first_sync,
    insist,
    list_of,
    part_of,
    uncached,
)
from bot.to_device import ingest_to_device
from storage import facts, rooms
from storage.database import Database
from storage.errors import StorageError
from storage.session import Session

log = logging.getLogger(__name__)

LONG_POLL_SECONDS = 30
_MARGIN_SECONDS = 30.0
_LATE_SECONDS = 5.0
_GAP_PAGE = 500
_PATIENCE = 5

# What is asked for, and nothing else.
_EVENT_TYPES = (
    "m.room.message",
    "m.room.encrypted",
    "m.key.verification.*",
    "m.reaction",
    "m.room.redaction",
    "m.room.member",
    *rooms.STATE_TYPES,
)


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


class Sync:
    """`on_news` gets the lanes with new rows; `on_back` is called when an outage has ended.

    `ready` is set after the first sync that was stored; `last_success` is when there was one last, by
    the event loop's clock; `failures` counts those in a row.
    """

    def __init__(
        self,
        homeserver: Homeserver,
        database: Database,
        clock: Clock,
        me: Identity,
        encryption: Encryption,
        *,
        page: int,
        largest_gap: int,
        metrics: Metrics,
        on_news: Callable[[set[str]], None],
        on_back: Callable[[], None],
    ) -> None:
        self._homeserver = homeserver
        self._database = database
        self._clock = clock
        self.me = me
        self._encryption = encryption
        self._largest_gap = largest_gap
        self.metrics = metrics
        self._on_news = on_news
        self._on_back = on_back
        self._set_aside: set[str] = set()
        self._pictures = Pictures(homeserver, database, clock, me.user_id, on_news)
        self.ready = asyncio.Event()
        self.last_success: float | None = None
        self.failures = 0
        self._filter = _json(
            {
                "room": {
                    "timeline": {
                        "limit": page,
                        "types": _EVENT_TYPES,
                        "lazy_load_members": True,
                    },
                    "state": {"types": mirror.STATE_TYPES, "lazy_load_members": True},
                    "ephemeral": NOTHING,
                    "account_data": NOTHING,
                },
                "presence": NOTHING,
                "account_data": {"types": ["m.direct"]},
            }
        )

    async def run(self) -> None:
        """Sync for ever. Raises UnknownToken; every other error is waited out."""
        token = await self._database.read(self._remember)
        while True:
            try:
                token = await (self._first() if token is None else self._next(token))
            except UnknownToken:
                raise
            except (MatrixError, StorageError) as error:
                self.failures += 1
                if isinstance(error, MatrixError):
                    self.metrics.homeserver_failed(error.code)
                seconds = pause(self.failures)
                if isinstance(error, HomeserverError) and error.retry_after_ms is not None:
                    seconds = max(seconds, error.retry_after_ms / 1000)
                log.warning("sync failed (%s), next try in %.1f s", error, seconds)
                await asyncio.sleep(seconds)
                continue
            if self.failures:
                self.failures = 0
                self._on_back()
            self.last_success = asyncio.get_running_loop().time()
            self.ready.set()

    @property
    def is_late(self) -> bool:
        """Whether there may be news that the homeserver could not tell."""
        if self.failures or self.last_success is None:
            return True
        since = asyncio.get_running_loop().time() - self.last_success
        return since > LONG_POLL_SECONDS + _LATE_SECONDS

    async def load_rooms(self) -> None:
        """Fetch the state of rooms that was never fetched, for ever; beside the loop, not before it."""
        await self._pictures.load_missing()

    async def stop(self) -> None:
        """After `run` was cancelled: give up what it had begun to fetch."""
        await self._pictures.stop()

    async def refresh(self, room_id: str) -> None:
        """Fetch a room's state and members anew. Raises MatrixError and StorageError."""
        await self._pictures.ensure([room_id])

    def _remember(self, session: Session) -> str | None:
        self._pictures.remember(session)
        return facts.get(session, facts.SYNC_TOKEN)

    # --- asking ------------------------------------------------------------------------------

    async def _first(self) -> str:
        """Begin here: nothing older is answered, but invitations that wait are."""
        answer = await first_sync(
            self._homeserver,
            {
                "room": {
                    "timeline": {"limit": 0},
                    "state": NOTHING,
                    "ephemeral": NOTHING,
                    "account_data": NOTHING,
                    "not_rooms": [uncached()],
                },
                "presence": NOTHING,
                "account_data": {"types": ["m.direct"]},
            },
        )
        present = await self._homeserver.joined_rooms()
        news = News(token=_token(answer), invites=_invites(answer), direct=_direct(answer))
        # A device may be known, and written to, long before it first asks what there is.
        woken = await self._take_keys(answer)
        now = milliseconds(self._clock.now())

        def store(session: Session) -> set[str]:
            for room_id in present:
                rooms.know(session, room_id, now=now)
                if not rooms.is_joined(session, room_id):
                    rooms.set_joined(session, room_id, True, None)
            self._encryption.forget_lists(session)
            return ingest(session, news, self._encryption, self.me, now)

        lanes = await self._database.write(store)
        await self._database.read(self._pictures.remember)
        self._on_news(lanes | (woken or set()))
        return news.token

    async def _next(self, since: str) -> str:
        answer = await self._homeserver.request(
            "GET",
            f"{CLIENT}/sync",
            query={
                "since": since,
                # At the start and after a failure ask for what is there, to know soon that all is well.
                "timeout": (
                    "0"
                    if self.failures or self.last_success is None
                    else str(LONG_POLL_SECONDS * 1000)
                ),
                "filter": self._filter,
                "set_presence": "offline",
            },
            timeout=LONG_POLL_SECONDS + _MARGIN_SECONDS,
        )
        news = News(
            token=_token(answer),
            left=list(part_of(answer, "rooms", "leave")),
            invites=_invites(answer),
            direct=_direct(answer),
        )
        woken = await self._take_keys(answer)
        joined = part_of(answer, "rooms", "join")
        try:
            return await self._take_rooms(joined, since, news, woken is not None)
        finally:
            # After the rooms, whose redactions come first; and even if those fail: keys are told of once.
            if woken:
                self._on_news(woken)

    async def _take_rooms(
        self, joined: dict[str, Any], since: str, news: News, must_store: bool
    ) -> str:
        overflowed = await self._complete(joined, since, news)
        if not (must_store or news.rooms or news.left or news.invites or news.direct is not None):
            # Nothing to keep: the old token serves as well, and the disk is spared.
            return news.token
        now = milliseconds(self._clock.now())
        lanes = await self._database.write(
            lambda s: ingest(s, news, self._encryption, self.me, now)
        )
        for room_id in news.left:
            self._pictures.known.pop(room_id, None)
            self._set_aside.discard(room_id)
        self._on_news(lanes)
        for room_id in overflowed:
            log.warning("not all that was said in %s could be read again, some is lost", room_id)
        # What is stored is stored: a failure from here on must not have it all asked for again.
        self._pictures.load_later(overflowed, anew=True)
        return news.token

    async def _take_keys(self, answer: dict[str, Any]) -> set[str] | None:
        """Store what devices said to the bot's and whose devices changed, before gaps are sifted by it.

        Whatever is repeated after a failure is recognised. The lanes that can go on; None for no news.
        """
        self._encryption.heard(answer)
        events = list_of(part_of(answer, "to_device").get("events"))
        lists = part_of(answer, "device_lists")
        if not events and not lists.get("changed") and not lists.get("left"):
            return None
        now = milliseconds(self._clock.now())

        def store(session: Session) -> set[str]:
            self._encryption.take_lists(session, answer)
            return ingest_to_device(session, events, self._encryption, self.me, now)

        woken = await self._database.write(store)
        self._encryption.wake()
        return woken

    async def _complete(self, joined: dict[str, Any], since: str, news: News) -> list[str]:
        """Fill gaps and fetch unknown rooms; returns rooms of which not all could be read."""
        limit = asyncio.Semaphore(ROOMS_AT_ONCE)
        overflowed: list[str] = []
        must_load: list[str] = []

        async def fill(part: RoomNews, prev_batch: str, to: str | None) -> None:
            async with limit:
                part.gap, whole = await self._gap(part.room_id, prev_batch, to)
            if not whole:
                overflowed.append(part.room_id)

        fills: dict[str, Coroutine[Any, Any, None]] = {}
        for room_id, raw in joined.items():
            timeline = part_of(raw, "timeline")
            part = RoomNews(
                room_id,
                state=list_of(part_of(raw, "state").get("events")),
                timeline=[raw for raw in list_of(timeline.get("events")) if not self._echo(raw)],
            )
            if not part.state and not part.timeline and timeline.get("limited") is not True:
                continue
            news.rooms.append(part)
            came_in = own_join(part.timeline, self.me.user_id) is not None
            if self._pictures.known.get(room_id, False):
                self._set_aside.discard(room_id)
            elif room_id not in self._set_aside:
                must_load.append(room_id)
            if came_in:
                must_load.append(room_id)
            prev_batch = timeline.get("prev_batch")
            if timeline.get("limited") is True and isinstance(prev_batch, str) and not came_in:
                # Of a room that it just came into, the bot reads back to its own arrival.
                fills[room_id] = fill(
                    part, prev_batch, since if room_id in self._pictures.known else None
                )
        results = await asyncio.gather(*fills.values(), return_exceptions=True)
        for room_id, result in zip(fills, results, strict=True):
            if isinstance(result, BaseException):
                self._contain(result)
                overflowed.append(room_id)
        must_load += [
            part.room_id
            for part in news.rooms
            if part.gap and own_join(part.gap, self.me.user_id) is not None
        ]
        if must_load:
            try:
                await self._pictures.ensure(must_load)
            except MatrixError as error:
                self._contain(error)
                self._set_aside.update(self._pictures.load_later(must_load))
        return overflowed

    def _contain(self, error: BaseException) -> None:
        """One room of which the homeserver can say nothing must not keep the others from being heard.

        Raises `error` unless it came back again and again while syncs themselves went well.
        """
        if (
            not isinstance(error, MatrixError)
            or isinstance(error, UnknownToken)
            or self.failures < _PATIENCE
        ):
            raise error
        log.error("the homeserver fails over a room, the others go on: %s", error)

    def _echo(self, raw: Any) -> bool:
        """What the bot itself said: the filter lets it through for the sake of the bot's own joins."""
        return (
            isinstance(raw, dict)
            and raw.get("sender") == self.me.user_id
            and "state_key" not in raw
        )

    async def _gap(self, room_id: str, start: str, to: str | None) -> tuple[list[Any], bool]:
        """What a limited timeline left out and may concern the bot, oldest first; whether it is all of it.

        Each page is sifted as it comes: however long the bot was away, only what it has to answer is held.
        """
        found: list[Any] = []
        query = {
            "dir": "b",
            "from": start,
            "limit": str(_GAP_PAGE),
            "filter": _json({"types": _EVENT_TYPES, "lazy_load_members": True}),
        }
        if to is not None:
            query["to"] = to
        while len(found) < self._largest_gap:
            try:
                answer = await insist(
                    lambda: self._homeserver.request(
                        "GET", f"{CLIENT}/rooms/{quoted(room_id)}/messages", query=query
                    )
                )
            except HomeserverError as error:
                if error.heals or isinstance(error, UnknownToken):
                    raise
                log.warning("what was missed in %s cannot be read: %s", room_id, error)
                return found[::-1], True
            chunk = list_of(answer.get("chunk"))
            found.extend(await self._worth_keeping(room_id, chunk))
            end = answer.get("end")
            arrived = to is None and own_join(chunk, self.me.user_id) is not None
            if arrived or not isinstance(end, str) or end == query["from"]:
                return found[::-1], True
            query["from"] = end
        return found[::-1], False

    async def _worth_keeping(self, room_id: str, raws: list[Any]) -> list[Any]:
        now = milliseconds(self._clock.now())
        return await self._database.read(
            lambda s: worth_keeping(s, room_id, raws, self._encryption, self.me, now)
        )


def _token(answer: dict[str, Any]) -> str:
    token = answer.get("next_batch")
    if not isinstance(token, str) or not token:
        raise BadResponse("a sync was answered without a token")
    return token


def _invites(answer: dict[str, Any]) -> dict[str, list[Any]]:
    return {
        room_id: list_of(part_of(raw, "invite_state").get("events"))
        for room_id, raw in part_of(answer, "rooms", "invite").items()
    }


def _direct(answer: dict[str, Any]) -> dict[str, Any] | None:
    for event in list_of(part_of(answer, "account_data").get("events")):
        if isinstance(event, dict) and event.get("type") == "m.direct":
            content = event.get("content")
            return content if isinstance(content, dict) else None
    return None
