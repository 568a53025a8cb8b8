"""The sync loop: asks the homeserver for news, completes them, and has them stored with the token.

What concerns the bot is decided by `bot.ingest`; the workers are told afterwards which lanes have news.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, TypeVar

import orjson

from bot import mirror
from bot.backoff import pause
from bot.client import CLIENT, Homeserver, quoted
from bot.clock import Clock, milliseconds
from bot.errors import BadResponse, HomeserverError, MatrixError, UnknownToken
from bot.ingest import SYNCED_UPTO, Identity, News, RoomNews, ingest, own_join
from bot.metrics import Metrics
from bot.mirror import Picture
from storage import facts, rooms
from storage.database import Database
from storage.errors import StorageError
from storage.session import Session

log = logging.getLogger(__name__)

T = TypeVar("T")

LONG_POLL_SECONDS = 30
_MARGIN_SECONDS = 30.0
_GAP_PAGE = 500
_ROOMS_AT_ONCE = 4
_PICTURES_AT_ONCE = 8
_FEW_ROOMS = 8
_TRIES = 6

# What is asked for, and nothing else. Encrypted events come with the issue that can read them.
_EVENT_TYPES = (
    "m.room.message",
    "m.reaction",
    "m.room.redaction",
    "m.room.member",
    *rooms.STATE_TYPES,
)
_NOTHING: dict[str, Any] = {"types": []}


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
        self._me = me
        self._largest_gap = largest_gap
        self._metrics = metrics
        self._on_news = on_news
        self._on_back = on_back
        self._known: dict[str, bool] = {}  # rooms the bot is in: whether their state was fetched
        self._loading: dict[str, asyncio.Task[None]] = {}
        self._pictures = asyncio.Semaphore(_ROOMS_AT_ONCE)
        self._must_load = asyncio.Event()
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
                    "ephemeral": _NOTHING,
                    "account_data": _NOTHING,
                },
                "presence": _NOTHING,
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
                    self._metrics.homeserver_failed(error.code)
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

    async def load_rooms(self) -> None:
        """Fetch the state of rooms that was never fetched, for ever; beside the loop, not before it."""
        failures = 0
        while True:
            await self._must_load.wait()
            self._must_load.clear()
            missing = [room for room, loaded in self._known.items() if not loaded]
            if not missing:
                continue
            states = asyncio.create_task(self._states(missing))
            try:
                for start in range(0, len(missing), _PICTURES_AT_ONCE):
                    chunk = missing[start : start + _PICTURES_AT_ONCE]
                    await self._ensure(
                        [room for room in chunk if not self._known.get(room, True)], states
                    )
                failures = 0
            except UnknownToken:
                raise
            except (MatrixError, StorageError) as error:
                failures += 1
                log.warning("the state of rooms could not be fetched: %s", error)
                await asyncio.sleep(pause(failures))
                self._must_load.set()

    async def refresh(self, room_id: str) -> None:
        """Fetch a room's state and members anew. Raises MatrixError and StorageError."""
        await self._ensure([room_id])

    def _remember(self, session: Session) -> str | None:
        unloaded = set(rooms.unloaded(session))
        self._known = {room.room_id: room.room_id not in unloaded for room in rooms.joined(session)}
        if unloaded:
            self._must_load.set()
        return facts.get(session, SYNCED_UPTO)

    # --- asking ------------------------------------------------------------------------------

    async def _first(self) -> str:
        """Begin here: nothing older is answered, but invitations that wait are."""
        answer = await self._sync(
            {
                "room": {
                    "timeline": {"limit": 0},
                    "state": _NOTHING,
                    "ephemeral": _NOTHING,
                    "account_data": _NOTHING,
                    "not_rooms": [_uncached()],
                },
                "presence": _NOTHING,
                "account_data": {"types": ["m.direct"]},
            }
        )
        present = await self._homeserver.joined_rooms()
        news = News(token=_token(answer), invites=_invites(answer), direct=_direct(answer))
        now = milliseconds(self._clock.now())

        def store(session: Session) -> set[str]:
            for room_id in present:
                rooms.know(session, room_id, now=now)
                if not rooms.is_joined(session, room_id):
                    rooms.set_joined(session, room_id, True, None)
            return ingest(session, news, self._me, now)

        lanes = await self._database.write(store)
        await self._database.read(self._remember)
        self._on_news(lanes)
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
            left=list(_part(answer, "rooms", "leave")),
            invites=_invites(answer),
            to_device=_list(_part(answer, "to_device").get("events")),
            direct=_direct(answer),
        )
        joined = _part(answer, "rooms", "join")
        overflowed = await self._complete(joined, since, news)
        if not (
            news.rooms or news.left or news.invites or news.to_device or news.direct is not None
        ):
            # Nothing to keep: the old token serves as well, and the disk is spared.
            return news.token
        now = milliseconds(self._clock.now())
        lanes = await self._database.write(lambda s: ingest(s, news, self._me, now))
        for room_id in news.left:
            self._known.pop(room_id, None)
        self._on_news(lanes)
        for room_id in overflowed:
            log.warning("too much was said in %s to be read again, some is lost", room_id)
            await self._ensure([room_id])
        return news.token

    async def _complete(self, joined: dict[str, Any], since: str, news: News) -> list[str]:
        """Fill gaps and fetch unknown rooms; returns rooms of which not all could be read."""
        limit = asyncio.Semaphore(_ROOMS_AT_ONCE)
        overflowed: list[str] = []
        must_load: list[str] = []

        async def fill(part: RoomNews, prev_batch: str, to: str | None) -> None:
            async with limit:
                part.gap, whole = await self._gap(part.room_id, prev_batch, to)
            if not whole:
                overflowed.append(part.room_id)

        fills: list[Coroutine[Any, Any, None]] = []
        for room_id, raw in joined.items():
            timeline = _part(raw, "timeline")
            part = RoomNews(
                room_id,
                state=_list(_part(raw, "state").get("events")),
                timeline=[raw for raw in _list(timeline.get("events")) if not self._echo(raw)],
            )
            if not part.state and not part.timeline and timeline.get("limited") is not True:
                continue
            news.rooms.append(part)
            came_in = own_join(part.timeline, self._me.user_id) is not None
            if came_in or not self._known.get(room_id, False):
                must_load.append(room_id)
            prev_batch = timeline.get("prev_batch")
            if timeline.get("limited") is True and isinstance(prev_batch, str) and not came_in:
                # Of a room that it just came into, the bot reads back to its own arrival.
                fills.append(fill(part, prev_batch, since if room_id in self._known else None))
        for result in await asyncio.gather(*fills, return_exceptions=True):
            if isinstance(result, BaseException):
                raise result
        must_load += [
            part.room_id
            for part in news.rooms
            if part.gap and own_join(part.gap, self._me.user_id) is not None
        ]
        if must_load:
            await self._ensure(must_load)
        return overflowed

    def _echo(self, raw: Any) -> bool:
        """What the bot itself said; its own memberships are not asked away by the filter, so neither is this."""
        return (
            isinstance(raw, dict)
            and raw.get("sender") == self._me.user_id
            and "state_key" not in raw
        )

    async def _gap(self, room_id: str, start: str, to: str | None) -> tuple[list[Any], bool]:
        """What a limited timeline left out, oldest first, and whether that is all of it."""
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
                answer = await self._insist(
                    lambda: self._homeserver.request(
                        "GET", f"{CLIENT}/rooms/{quoted(room_id)}/messages", query=query
                    )
                )
            except HomeserverError as error:
                if error.heals or isinstance(error, UnknownToken):
                    raise
                log.warning("what was missed in %s cannot be read: %s", room_id, error)
                return found[::-1], True
            chunk = _list(answer.get("chunk"))
            found.extend(chunk)
            end = answer.get("end")
            arrived = to is None and own_join(chunk, self._me.user_id) is not None
            if arrived or not isinstance(end, str) or end == query["from"]:
                return found[::-1], True
            query["from"] = end
        return found[::-1], False

    # --- whole rooms -------------------------------------------------------------------------

    async def _ensure(
        self, room_ids: Iterable[str], states: asyncio.Task[dict[str, list[Any]]] | None = None
    ) -> None:
        """Have these rooms' pictures taken; whoever asks at the same time waits for the same ones."""
        wanted = list(dict.fromkeys(room_ids))
        missing = [room_id for room_id in wanted if room_id not in self._loading]
        if missing:
            states = states or asyncio.create_task(self._states(missing))
            for room_id in missing:
                self._loading[room_id] = asyncio.create_task(self._load(room_id, states))
        for result in await asyncio.gather(
            *(asyncio.shield(self._loading[room_id]) for room_id in wanted), return_exceptions=True
        ):
            if isinstance(result, BaseException):
                raise result

    async def _load(self, room_id: str, states: asyncio.Task[dict[str, list[Any]]]) -> None:
        try:
            state = (await asyncio.shield(states)).get(room_id, [])
            async with self._pictures:
                if not any(isinstance(e, dict) and e.get("type") == "m.room.create" for e in state):
                    state = [*state, await self._creation(room_id)]
                members = await self._insist(lambda: self._homeserver.joined_members(room_id))
        except HomeserverError as error:
            if error.heals or isinstance(error, UnknownToken):
                raise
            # The bot is no longer in it; a later sync says so too.
            await self._database.write(lambda session: rooms.left(session, room_id))
            self._known.pop(room_id, None)
        else:
            now = milliseconds(self._clock.now())
            taken = Picture(room_id, state, members)
            lanes = await self._database.write(
                lambda session: mirror.take_picture(session, taken, self._me.user_id, now)
            )
            self._known[room_id] = True
            self._on_news(set(lanes))
        finally:
            self._loading.pop(room_id, None)

    async def _creation(self, room_id: str) -> Any:
        # Synapse's filter by room leaves it out from room version 12 on, where it names no room.
        path = f"{CLIENT}/rooms/{quoted(room_id)}/state/m.room.create/"
        event = await self._insist(
            lambda: self._homeserver.request("GET", path, query={"format": "event"})
        )
        if "content" not in event:
            log.warning("the homeserver does not tell who created %s", room_id)
            return {}
        return event

    async def _states(self, room_ids: list[str]) -> dict[str, list[Any]]:
        """The state that matters of several rooms, in one answer and without their members."""
        answer = await self._sync(
            {
                "room": {
                    **({"rooms": room_ids} if len(room_ids) <= _FEW_ROOMS else {}),
                    "not_rooms": [_uncached()],
                    "timeline": {"limit": 0},
                    "state": {"types": mirror.STATE_TYPES},
                    "ephemeral": _NOTHING,
                    "account_data": _NOTHING,
                },
                "presence": _NOTHING,
                "account_data": _NOTHING,
            }
        )
        return {
            room_id: _list(_part(raw, "state").get("events"))
            for room_id, raw in _part(answer, "rooms", "join").items()
        }

    async def _sync(self, wanted: dict[str, Any]) -> dict[str, Any]:
        query = {"timeout": "0", "filter": _json(wanted), "set_presence": "offline"}
        return await self._insist(
            lambda: self._homeserver.request("GET", f"{CLIENT}/sync", query=query, timeout=120.0)
        )

    @staticmethod
    async def _insist(ask: Callable[[], Awaitable[T]]) -> T:
        """Repeat one of many requests by itself, or one that fails would mean all of them again."""
        tries = 0
        while True:
            try:
                return await ask()
            except MatrixError as error:
                tries += 1
                if not error.heals or tries >= _TRIES:
                    raise
                asked = error.retry_after_ms if isinstance(error, HomeserverError) else None
                await asyncio.sleep(max(pause(tries, first=0.2), (asked or 0) / 1000))


def _uncached() -> str:
    # Synapse keeps answers to first syncs for two minutes, by filter; a room that is none makes
    # the filter, and so the answer, a new one.
    return f"!{secrets.token_hex(8)}:invalid"


def _part(value: object, *names: str) -> dict[str, Any]:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _token(answer: dict[str, Any]) -> str:
    token = answer.get("next_batch")
    if not isinstance(token, str) or not token:
        raise BadResponse("a sync was answered without a token")
    return token


def _invites(answer: dict[str, Any]) -> dict[str, list[Any]]:
    return {
        room_id: _list(_part(raw, "invite_state").get("events"))
        for room_id, raw in _part(answer, "rooms", "invite").items()
    }


def _direct(answer: dict[str, Any]) -> dict[str, Any] | None:
    for event in _list(_part(answer, "account_data").get("events")):
        if isinstance(event, dict) and event.get("type") == "m.direct":
            content = event.get("content")
            return content if isinstance(content, dict) else None
    return None
