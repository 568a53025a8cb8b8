"""Keeps encryption up in the background: the bot's own keys, sessions that broke, what waits to be sent.

What each step needs is stored, so that a new process takes up where the last one ended; what a message
needs at once is left to the engine and to sharing.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping, Sequence
from functools import partial
from typing import Any, Protocol, TypeVar

from bot.backoff import pause
from bot.client import CLIENT, Homeserver
from bot.clock import Clock, milliseconds
from bot.crypto import account, own_identity
from bot.crypto.account import MEGOLM, ONE_TIME, Own, Signer
from bot.crypto.backup import Backup
from bot.crypto.delivery import deliver
from bot.crypto.devices import Devices
from bot.crypto.sharing import Sharing
from bot.errors import HomeserverError, MatrixError, RateLimited, UnknownToken, Unreachable
from storage import facts
from storage.crypto import account as stored
from storage.crypto import devices, outgoing, room_keys, unreadable
from storage.crypto.unreadable import Wanted
from storage.database import Database
from storage.session import Session

log = logging.getLogger(__name__)

_ENOUGH_ONE_TIME_KEYS = 25
_ASK_AFTER_MS = 3_000
_UPKEEP_SECONDS = 30.0
_AT_ONCE = 100

_Thing = TypeVar("_Thing")


class _RoomStep(Protocol):
    async def __call__(self, room_id: str, *, patient: bool) -> bool: ...


class Upkeep:
    """`run` it, or `keep_up` once.

    `locks` are the rooms in which somebody writes; `settle` sees to the bot's identity where that had to
    wait, and `has_identity` says whether there is one; `on_key` gets the room and the session of each key
    that the backup had.
    """

    def __init__(
        self,
        homeserver: Homeserver,
        database: Database,
        clock: Clock,
        own: Own,
        signer: Signer,
        followed: Devices,
        sharing: Sharing,
        backup: Backup,
        locks: MutableMapping[str, asyncio.Lock],
        *,
        settle: Callable[[], Awaitable[None]],
        has_identity: Callable[[], bool],
        on_key: Callable[[str, str], Awaitable[None]],
    ) -> None:
        self._homeserver = homeserver
        self._database = database
        self._clock = clock
        self._own = own
        self._signer = signer
        self._devices = followed
        self._sharing = sharing
        self._backup = backup
        self._locks = locks
        self._settle = settle
        self._has_identity = has_identity
        self._on_key = on_key
        self._uploading = asyncio.Lock()
        self._keys_there: int | None = None
        self._fallback_wanted = False
        self._wake = asyncio.Event()

    def heard(self, answer: Mapping[str, Any]) -> None:
        """How many one-time keys the homeserver has left, as a sync says."""
        counts = answer.get("device_one_time_keys_count")
        unused = answer.get("device_unused_fallback_key_types")
        if isinstance(counts, dict):
            count = counts.get(ONE_TIME, 0)
            there = count if isinstance(count, int) and count >= 0 else 0
            fallback = isinstance(unused, list) and ONE_TIME not in unused
            if there < _ENOUGH_ONE_TIME_KEYS or fallback:
                self._keys_there, self._fallback_wanted = there, fallback
                self._wake.set()

    def wake(self) -> None:
        """Something waits to be sent to devices."""
        self._wake.set()

    async def publish(self) -> None:
        """Make the device known, with its first keys, unless it is.

        Raises DeviceTaken, MatrixError and StorageError.
        """
        known = await self._database.read(stored.get)
        if known is None or not known.published:
            await own_identity.see_that_it_is_free(self._homeserver, self._signer)
            await self._upload(0, fallback=True)

    async def run(self) -> None:
        """Keep keys and devices up, for ever. Raises UnknownToken; every other error is waited out."""
        failures = 0
        while True:
            try:
                await self.keep_up()
                failures = 0
            except UnknownToken:
                raise
            except MatrixError as error:
                failures += 1
                log.warning("encryption has to wait for the homeserver: %s", error)
            seconds = pause(failures) if failures else _UPKEEP_SECONDS
            # Not wait_for: in Python 3.11 it may swallow being cancelled, and the bot would never stop.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._wake.wait()
            if failures:
                await asyncio.sleep(min(1.0, pause(failures)))
            self._wake.clear()

    async def keep_up(self) -> None:
        """Send and fetch what waits; what fails holds up nothing else. Raises MatrixError and StorageError."""
        await self.publish()
        await _each(
            (
                self._settle,
                self._fill_up,
                self._ask_for_keys,
                self._repair,
                self._deliver,
                self._share,
                self._back_up,
            )
        )

    async def _fill_up(self) -> None:
        there = self._keys_there
        if there is None:
            return
        self._keys_there = None
        try:
            await self._upload(there, fallback=self._fallback_wanted)
        except MatrixError:
            if self._keys_there is None:
                self._keys_there = there
            raise

    async def _repair(self) -> None:
        await _each((self._meet_strangers, self._replace_broken))

    async def _meet_strangers(self) -> None:
        strangers = await self._database.read(lambda s: devices.strange_repairs(s, _AT_ONCE))
        await _together(self._meet, strangers)

    async def _replace_broken(self) -> None:
        broken = await self._database.read(lambda s: devices.repairs(s, _AT_ONCE))
        await _together(self._sharing.repair, broken)

    async def _meet(self, strangers: Sequence[str]) -> None:
        await self._devices.fetch(strangers)
        await self._database.write(lambda s: devices.forget_strange_repairs(s, strangers))

    async def _deliver(self) -> None:
        waiting = await self._database.read(lambda s: outgoing.waiting(s, limit=_AT_ONCE))
        now = milliseconds(self._clock.now())
        await _each(
            partial(deliver, self._homeserver, self._database, item, patient=True, now=now)
            for item in waiting
        )

    async def _share(self) -> None:
        """Keys that did not leave, and those for whom there was nobody before."""
        waiting = await self._database.read(outgoing.rooms)
        await _each(partial(self._unlocked, room_id, self._sharing.send) for room_id in waiting)
        now = milliseconds(self._clock.now())
        unheard = await self._database.read(lambda s: room_keys.unheard(s, now))
        await _each(partial(self._unlocked, room_id, self._sharing.prepare) for room_id in unheard)

    async def _unlocked(self, room_id: str, step: _RoomStep) -> None:
        """Not where somebody writes just now: that does the same."""
        lock = self._locks.setdefault(room_id, asyncio.Lock())
        if not lock.locked():
            async with lock:
                await step(room_id, patient=True)

    async def _back_up(self) -> None:
        """Read what an earlier device put by, and put by what came since."""
        # From the first day on an operator's own client finds a backup, and needs not offer to make one.
        if not self._has_identity() or not await self._backup.ensure_version():
            return
        if await self._database.read(lambda s: facts.get(s, own_identity.RESTORED)):
            await self._backup.restore(await self._homeserver.joined_rooms())
            await self._database.write(lambda s: facts.forget(s, own_identity.RESTORED))
            for room_id, session_id in await self._database.read(unreadable.sessions):
                await self._on_key(room_id, session_id)
        while await self._backup.back_up():
            pass

    async def _upload(self, there: int, *, fallback: bool) -> None:
        """Fill up what others need to begin a session with the bot. Raises MatrixError and StorageError."""
        async with self._uploading:
            body = await self._database.write(
                lambda s: account.new_keys(
                    s, self._own, self._signer, there=there, fallback=fallback
                )
            )
            if body is None:
                return
            try:
                await self._homeserver.request("POST", f"{CLIENT}/keys/upload", body=body)
            except HomeserverError as error:
                if error.heals or isinstance(error, UnknownToken) or "device_keys" in body:
                    raise
                # Other keys of these names are there, from a copy of the database: make new ones.
                log.error("the one-time keys are refused and replaced: %s", error)
            await self._database.write(lambda s: account.published(s, self._own))

    async def _ask_for_keys(self) -> None:
        """Look for the keys that were not handed over: in the backup, then with those whose messages wait."""
        before = milliseconds(self._clock.now()) - _ASK_AFTER_MS
        missing = await self._database.read(lambda s: unreadable.to_ask(s, before))
        # A homeserver that is away, or asks to wait, is not asked for a hundred keys in a row.
        await _each(
            (partial(self._ask_for_key, wanted, before) for wanted in missing),
            last=(UnknownToken, RateLimited, Unreachable),
        )

    async def _ask_for_key(self, wanted: Wanted, before: int) -> None:
        # What is noted as asked for is never looked for again: the backup must have answered by then.
        if self._has_identity() and await self._backup.fetch(wanted.room_id, wanted.session_id):
            await self._on_key(wanted.room_id, wanted.session_id)

        def ask(session: Session) -> None:
            if wanted not in unreadable.to_ask(session, before):
                return
            unreadable.mark_asked(session, wanted.inbox_id)
            content = {
                "action": "request",
                "body": {
                    "algorithm": MEGOLM,
                    "room_id": wanted.room_id,
                    "session_id": wanted.session_id,
                },
                "request_id": f"{wanted.inbox_id}.{wanted.session_id}",
                "requesting_device_id": self._own.device_id,
            }
            now = milliseconds(self._clock.now())
            outgoing.add(session, "m.room_key_request", {wanted.sender: {"*": content}}, now=now)

        await self._database.write(ask)


async def _together(
    step: Callable[[Sequence[_Thing]], Awaitable[object]], things: Sequence[_Thing]
) -> None:
    """All at once, for each may wait for a homeserver that is slow on purpose; where that is refused, one
    by one.

    Raises StorageError and MatrixError.
    """
    if not things:
        return
    try:
        await step(things)
    except (UnknownToken, RateLimited):
        raise
    except HomeserverError:
        await _each(partial(step, [thing]) for thing in things)


async def _each(
    steps: Iterable[Callable[[], Awaitable[object]]],
    *,
    last: tuple[type[MatrixError], ...] = (UnknownToken,),
) -> None:
    """One after another; what fails holds up none of the others, and is raised after them.

    Raises what is in `last` at once, and other MatrixErrors.
    """
    failure: MatrixError | None = None
    for step in steps:
        try:
            await step()
        except last:
            raise
        except MatrixError as error:
            failure = failure or error
    if failure is not None:
        raise failure
