"""Whole rooms: fetches the state and the members of rooms that the bot does not know yet, or must know anew.

What becomes of them is decided by `bot.mirror`; news since then come by `bot.sync`.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

import orjson

from bot import mirror
from bot.backoff import pause
from bot.client import CLIENT, Homeserver, quoted
from bot.clock import Clock, milliseconds
from bot.errors import HomeserverError, MatrixError, UnknownToken
from bot.mirror import Picture
from storage import rooms
from storage.database import Database
from storage.errors import StorageError
from storage.session import Session

log = logging.getLogger(__name__)

T = TypeVar("T")

ROOMS_AT_ONCE = 4
NOTHING: dict[str, Any] = {"types": []}
_PICTURES_AT_ONCE = 8
_FEW_ROOMS = 8
_TRIES = 6
_DIRECT_CHAT = 2  # the bot and one person
_CREATE = "m.room.create"


class Pictures:
    """`known` has the rooms that the bot is in, and whether their state was fetched.

    `on_news` gets inbox lanes that were filled by what a new picture of a known room showed.
    """

    def __init__(
        self,
        homeserver: Homeserver,
        database: Database,
        clock: Clock,
        me: str,
        on_news: Callable[[set[str]], None],
    ) -> None:
        self._homeserver = homeserver
        self._database = database
        self._clock = clock
        self._me = me
        self._on_news = on_news
        self.known: dict[str, bool] = {}
        self._loading: dict[str, asyncio.Task[None]] = {}
        self._asking: set[asyncio.Task[dict[str, list[Any]]]] = set()
        self._turn = asyncio.Semaphore(ROOMS_AT_ONCE)
        self._must_load = asyncio.Event()

    def remember(self, session: Session) -> None:
        """Take up what the database knows."""
        unloaded = set(rooms.unloaded(session))
        self.known = {room.room_id: room.room_id not in unloaded for room in rooms.joined(session)}
        if unloaded:
            self._must_load.set()

    async def load_missing(self) -> None:
        """Fetch the state of rooms that was never fetched, for ever; beside the loop, not before it."""
        failures = 0
        while True:
            await self._must_load.wait()
            self._must_load.clear()
            missing = [room for room, loaded in self.known.items() if not loaded]
            if not missing:
                continue
            states = self._asked(missing)
            trouble: Exception | None = None
            for start in range(0, len(missing), _PICTURES_AT_ONCE):
                chunk = missing[start : start + _PICTURES_AT_ONCE]
                wanted = [room for room in chunk if not self.known.get(room, True)]
                try:
                    await self.ensure(wanted, states)
                except UnknownToken:
                    raise
                except (MatrixError, StorageError) as error:
                    trouble = error  # the rooms after it have their turn first
            if trouble is None:
                failures = 0
                continue
            failures += 1
            log.warning("the state of rooms could not be fetched: %s", trouble)
            await asyncio.sleep(pause(failures))
            self._must_load.set()

    def load_later(self, room_ids: Iterable[str], *, anew: bool = False) -> list[str]:
        """Have those that are unknown (or, `anew`, all) fetched beside the loop; returns them."""
        later = [room for room in room_ids if anew or not self.known.get(room, False)]
        if later:
            self.known.update(dict.fromkeys(later, False))
            self._must_load.set()
        return later

    async def ensure(
        self, room_ids: Iterable[str], states: asyncio.Task[dict[str, list[Any]]] | None = None
    ) -> None:
        """Have these rooms' pictures taken; whoever asks at the same time waits for the same ones."""
        wanted = list(dict.fromkeys(room_ids))
        missing = [room_id for room_id in wanted if room_id not in self._loading]
        if missing:
            states = states or self._asked(missing)
            for room_id in missing:
                self._loading[room_id] = asyncio.create_task(self._load(room_id, states))
        for result in await asyncio.gather(
            *(asyncio.shield(self._loading[room_id]) for room_id in wanted), return_exceptions=True
        ):
            if isinstance(result, BaseException):
                raise result

    def _asked(self, room_ids: list[str]) -> asyncio.Task[dict[str, list[Any]]]:
        task = asyncio.create_task(self._states(room_ids))
        self._asking.add(task)

        def ended(task: asyncio.Task[dict[str, list[Any]]]) -> None:
            self._asking.discard(task)
            if not task.cancelled():
                task.exception()  # whoever waits gets it; perhaps nobody does any more

        task.add_done_callback(ended)
        return task

    async def stop(self) -> None:
        """Give up what is being fetched; the next start fetches it again."""
        tasks = [*self._loading.values(), *self._asking]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _load(self, room_id: str, states: asyncio.Task[dict[str, list[Any]]]) -> None:
        try:
            state = (await asyncio.shield(states)).get(room_id, [])
            try:
                async with self._turn:
                    if not any(isinstance(e, dict) and e.get("type") == _CREATE for e in state):
                        state = [*state, await self._creation(room_id)]
                    members = await insist(lambda: self._homeserver.joined_members(room_id))
                    invited = None
                    if len(members) <= _DIRECT_CHAT:
                        invited = await insist(lambda: self._homeserver.invited_members(room_id))
            except HomeserverError as error:
                if error.heals or error.status not in (403, 404):
                    raise
                # The bot is no longer in it; a later sync says so too.
                now = milliseconds(self._clock.now())
                lane = await self._database.write(
                    lambda session: mirror.leave(session, room_id, self._me, now)
                )
                self.known.pop(room_id, None)
                self._on_news({lane} if lane is not None else set())
                return
            now = milliseconds(self._clock.now())
            taken = Picture(room_id, state, members, invited)
            lanes = await self._database.write(
                lambda session: mirror.take_picture(session, taken, self._me, now)
            )
            self.known[room_id] = True
            self._on_news(set(lanes))
        finally:
            self._loading.pop(room_id, None)

    async def _creation(self, room_id: str) -> Any:
        # Synapse's filter by room leaves it out from room version 12 on, where it names no room.
        path = f"{CLIENT}/rooms/{quoted(room_id)}/state/m.room.create/"
        event = await insist(
            lambda: self._homeserver.request("GET", path, query={"format": "event"})
        )
        if "content" not in event:
            log.warning("the homeserver does not tell who created %s", room_id)
            return {}
        return event

    async def _states(self, room_ids: list[str]) -> dict[str, list[Any]]:
        """The state that matters of several rooms, in one answer and without their members."""
        answer = await first_sync(
            self._homeserver,
            {
                "room": {
                    **({"rooms": room_ids} if len(room_ids) <= _FEW_ROOMS else {}),
                    "not_rooms": [uncached()],
                    "timeline": {"limit": 0},
                    "state": {"types": mirror.STATE_TYPES},
                    "ephemeral": NOTHING,
                    "account_data": NOTHING,
                },
                "presence": NOTHING,
                "account_data": NOTHING,
            },
        )
        return {
            room_id: list_of(part_of(raw, "state").get("events"))
            for room_id, raw in part_of(answer, "rooms", "join").items()
        }


async def first_sync(homeserver: Homeserver, wanted: dict[str, Any]) -> dict[str, Any]:
    """A sync without a token, with that filter. Raises MatrixError."""
    query = {
        "timeout": "0",
        "filter": orjson.dumps(wanted).decode(),
        "set_presence": "offline",
    }
    return await insist(
        lambda: homeserver.request("GET", f"{CLIENT}/sync", query=query, timeout=120.0)
    )


async def insist(ask: Callable[[], Awaitable[T]]) -> T:
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


def uncached() -> str:
    # Synapse keeps answers to first syncs for two minutes, by filter; a room that is none makes
    # the filter, and so the answer, a new one.
    return f"!{secrets.token_hex(8)}:invalid"


def part_of(value: object, *names: str) -> dict[str, Any]:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def list_of(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
