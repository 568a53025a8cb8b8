"""Encryption as the rest of the bot sees it: takes in keys, reads and writes messages, and keeps itself up.

What is asked inside a transaction is a plain function of it; what needs the homeserver is asynchronous.
Everything is stored, nothing is held here but locks and the wish for more one-time keys.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from bot.backoff import pause
from bot.client import CLIENT, Homeserver
from bot.clock import Clock, milliseconds
from bot.crypto import account, megolm, olm, own_identity
from bot.crypto.account import MEGOLM, ONE_TIME, Own, Signer
from bot.crypto.backup import Backup
from bot.crypto.cross_signing import CrossSigning
from bot.crypto.devices import Devices
from bot.crypto.panics import contained
from bot.crypto.policy import Policy
from bot.crypto.sharing import Sharing, deliver
from bot.crypto.signing import canonical
from bot.crypto.taken import Taken, Verification, Withheld
from bot.crypto.vault import Vault
from bot.errors import HomeserverError, MatrixError, RateLimited, UnknownToken
from bot.events import Event, is_id, is_user
from storage import facts
from storage.crypto import account as stored
from storage.crypto import devices, outgoing, received, room_keys, unreadable
from storage.database import Database
from storage.session import Session

log = logging.getLogger(__name__)

_ENOUGH_ONE_TIME_KEYS = 25
_HEAL_EVERY_MS = 3_600_000
_ASK_AFTER_MS = 3_000
_UPKEEP_SECONDS = 30.0
_AT_ONCE = 100

_Thing = TypeVar("_Thing")


async def _nobody(_room_id: str, _session_id: str) -> None:
    """Where no messages wait for keys."""


class Encryption:
    """Made by `open`; `run` keeps it up in the background.

    `created_at` (ms UTC) is when this device came to be: what was written before, it cannot read.
    `on_key` gets the room and the session of each key that the backup had for a message that waits.
    """

    def __init__(
        self,
        homeserver: Homeserver,
        database: Database,
        clock: Clock,
        vault: Vault,
        policy: Policy,
        own: Own,
        signer: Signer,
        identity: CrossSigning | None,
    ) -> None:
        self.own = own
        self.vault = vault
        self.policy = policy
        self.signer = signer
        self.identity = identity
        self.backup = Backup(
            homeserver,
            database,
            vault,
            clock,
            signer.signature,
            lambda: self.identity.master if self.identity is not None else None,
        )
        self.on_key: Callable[[str, str], Awaitable[None]] = _nobody
        self._unsettled: tuple[str | None, str | None] | None = None
        self._homeserver = homeserver
        self._database = database
        self._clock = clock
        self._devices = Devices(homeserver, database, clock)
        self._sharing = Sharing(homeserver, database, clock, own, policy, self._devices)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._uploading = asyncio.Lock()
        self._keys_there: int | None = None
        self._fallback_wanted = False
        self._wake = asyncio.Event()

    @classmethod
    async def open(
        cls,
        homeserver: Homeserver,
        database: Database,
        clock: Clock,
        secret: bytes,
        policy: Policy,
    ) -> Encryption:
        """The login's device as it is stored, or a new one. Asks the homeserver nothing.

        Raises WrongKey if what is stored was sealed under another key, and StorageError.
        """
        vault = Vault(secret)
        now = milliseconds(clock.now())
        own, signer = await database.write(
            lambda s: account.load_or_make(
                s, homeserver.user_id, homeserver.device_id, vault.pickle_key, now
            )
        )
        identity = await own_identity.load(database, vault, own.user_id)
        return cls(homeserver, database, clock, vault, policy, own, signer, identity)

    @property
    def created_at(self) -> int:
        return self.own.created_at

    async def establish(self, *, recovery_key: str | None, password: str | None) -> bool:
        """Publish the device and see to its identity; whether that was newly made.

        Where the identity is known and the homeserver is away, `run` does it later. Raises IdentityTrouble,
        MatrixError and StorageError.
        """
        try:
            established = await own_identity.establish(
                self._homeserver,
                self._database,
                self.vault,
                self.signer,
                publish=self.publish,
                given_key=recovery_key,
                password=password,
            )
        except MatrixError as error:
            if self.identity is None or not error.heals:
                raise
            log.warning("the bot's identity will be looked at later: %s", error)
            self._unsettled = recovery_key, password
            return False
        self.identity = established.identity
        return established.made

    # --- what comes in, inside a transaction ------------------------------------------------------

    def take_to_device(self, session: Session, raw: Any, now: int) -> Taken | None:
        """Take in one to-device event, once; what came of it for others.

        Raises ValueError, TypeError or LookupError for what is no event; nothing of it is to be kept then.
        """
        kind, sender, content = raw["type"], raw["sender"], raw["content"]
        if not (isinstance(kind, str) and is_user(sender) and isinstance(content, dict)):
            raise ValueError("no to-device event")
        digest = hashlib.sha256(canonical([kind, sender, content])).digest()
        if not received.note(session, digest, now=now):
            return None
        if kind == "m.room.encrypted":
            with contained():
                return self._encrypted(session, sender, content, now)
        if kind == "m.room_key.withheld":
            return _withheld(sender, content)
        if kind.startswith("m.key.verification."):
            return Verification(sender, kind, content)
        return None

    def take_lists(self, session: Session, answer: Mapping[str, Any]) -> None:
        """Note whose devices changed, as a sync says in `device_lists`."""
        lists = answer.get("device_lists")
        if not isinstance(lists, dict):
            return
        devices.outdate(session, _users(lists.get("changed")))
        devices.untrack(session, _users(lists.get("left")))

    def forget_lists(self, session: Session) -> None:
        """The sync begins anew: what changed meanwhile nobody tells."""
        devices.outdate_all(session)

    def decrypt(
        self, session: Session, room_id: str, event: Event, now: int, *, record: bool = True
    ) -> Event:
        """The event inside an m.room.encrypted event; with `record`, a later copy of it is refused.

        Raises Unreadable while its key is not there, and ValueError, TypeError or LookupError for what
        is not what it claims to be.
        """
        with contained():
            return megolm.decrypt(session, self.own, room_id, event, record=record)

    def _encrypted(
        self, session: Session, sender: str, content: dict[str, Any], now: int
    ) -> Taken | None:
        try:
            said = olm.decrypt(session, self.own, sender, content, now)
        except olm.Broken as error:
            device = devices.by_key(session, sender, error.curve25519)
            if device is None or devices.healed(session, device, now=now, every=_HEAL_EVERY_MS):
                devices.to_repair(session, sender, error.curve25519)
                log.warning("an Olm session of %s is broken and will be replaced", sender)
            else:
                log.warning("a to-device message of %s cannot be read", sender)
            return None
        if said is None:
            return None
        if said.type == "m.room_key":
            return megolm.take_key(session, self.own, said, now)
        if said.type == "m.forwarded_room_key":
            if not unreadable.was_asked_of(session, said.content.get("session_id"), sender):
                return None
            return megolm.take_forwarded_key(session, self.own, said, now)
        if said.type.startswith("m.key.verification."):
            return Verification(sender, said.type, said.content)
        return None

    # --- what goes out ----------------------------------------------------------------------------

    async def encrypt(
        self, room_id: str, kind: str, content: Mapping[str, Any], *, patient: bool
    ) -> dict[str, Any]:
        """The content of the m.room.encrypted event that says this; its readers have the key by then.

        Raises StorageError, UnknownToken, and while `patient` every other MatrixError that may heal.
        """
        lock = self._locks.setdefault(room_id, asyncio.Lock())
        async with lock:
            try:
                await self._sharing.prepare(room_id, patient=patient)
            except HomeserverError as error:
                if error.heals or isinstance(error, UnknownToken):
                    raise
                log.warning("not everyone in %s can be given the key: %s", room_id, error)
                await self._sharing.prepare(room_id, patient=False)
            return await self._database.write(
                lambda session: self._written(session, room_id, kind, content)
            )

    def _written(
        self, session: Session, room_id: str, kind: str, content: Mapping[str, Any]
    ) -> dict[str, Any]:
        known = room_keys.outbound(session, room_id)
        assert known is not None, "the room was prepared"
        return megolm.encrypt(session, self.own, known, kind, content)

    # --- upkeep -----------------------------------------------------------------------------------

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

    async def fetch_devices(self, user_id: str) -> None:
        """Have a user's devices known. Raises MatrixError and StorageError."""
        await self._devices.fetch([user_id])

    async def publish(self) -> None:
        """Make the device known, with its first keys, unless it is.

        Raises DeviceTaken, MatrixError and StorageError.
        """
        known = await self._database.read(stored.get)
        if known is None or not known.published:
            await own_identity.see_that_it_is_free(self._homeserver, self.signer)
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

    async def _settle(self) -> None:
        if self._unsettled is not None:
            recovery_key, password = self._unsettled
            self._unsettled = None
            if await self.establish(recovery_key=recovery_key, password=password):
                log.warning("the bot has a new recovery key: `kring recovery-key` shows it")

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
        await _each(
            partial(deliver, self._homeserver, self._database, item, patient=True)
            for item in waiting
        )

    async def _share(self) -> None:
        for room_id in await self._database.read(outgoing.rooms):
            lock = self._locks.setdefault(room_id, asyncio.Lock())
            if not lock.locked():
                async with lock:
                    await self._sharing.send(room_id, patient=True)
        now = milliseconds(self._clock.now())
        for room_id in await self._database.read(lambda s: room_keys.unheard(s, now)):
            lock = self._locks.setdefault(room_id, asyncio.Lock())
            if not lock.locked():
                async with lock:
                    await self._sharing.prepare(room_id, patient=True)

    async def _back_up(self) -> None:
        """Read what an earlier device put by, and put by what came since."""
        if self.identity is None:
            return
        if await self._database.read(lambda s: facts.get(s, own_identity.RESTORED)):
            await self.backup.restore(await self._homeserver.joined_rooms())
            await self._database.write(lambda s: facts.forget(s, own_identity.RESTORED))
            for room_id, session_id in await self._database.read(unreadable.sessions):
                await self.on_key(room_id, session_id)
        while await self.backup.back_up():
            pass

    async def _upload(self, there: int, *, fallback: bool) -> None:
        """Fill up what others need to begin a session with the bot. Raises MatrixError and StorageError."""
        async with self._uploading:
            body = await self._database.write(
                lambda s: account.new_keys(s, self.own, self.signer, there=there, fallback=fallback)
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
            await self._database.write(lambda s: account.published(s, self.own))

    async def _ask_for_keys(self) -> None:
        """Ask those whose messages wait for the keys that they did not hand over."""
        now = milliseconds(self._clock.now())

        def ask(session: Session) -> None:
            for wanted in unreadable.to_ask(session, now - _ASK_AFTER_MS):
                unreadable.mark_asked(session, wanted.inbox_id)
                content = {
                    "action": "request",
                    "body": {
                        "algorithm": MEGOLM,
                        "room_id": wanted.room_id,
                        "session_id": wanted.session_id,
                    },
                    "request_id": f"{wanted.inbox_id}.{wanted.session_id}",
                    "requesting_device_id": self.own.device_id,
                }
                outgoing.add(
                    session, "m.room_key_request", {wanted.sender: {"*": content}}, now=now
                )

        missing = await self._database.read(lambda s: unreadable.to_ask(s, now - _ASK_AFTER_MS))
        if not missing:
            return
        await self._database.write(ask)
        if self.identity is not None:
            for wanted in missing:
                if await self.backup.fetch(wanted.room_id, wanted.session_id):
                    await self.on_key(wanted.room_id, wanted.session_id)


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


async def _each(steps: Iterable[Callable[[], Awaitable[object]]]) -> None:
    """One after another; what fails holds up none of the others, and is raised after them.

    Raises UnknownToken at once, and other MatrixErrors.
    """
    failure: MatrixError | None = None
    for step in steps:
        try:
            await step()
        except UnknownToken:
            raise
        except MatrixError as error:
            failure = failure or error
    if failure is not None:
        raise failure


def _withheld(sender: str, content: Mapping[str, Any]) -> Withheld | None:
    room_id, session_id, code = (content.get(name) for name in ("room_id", "session_id", "code"))
    if not (is_id(room_id) and is_id(session_id) and isinstance(code, str)):
        return None
    return Withheld(room_id, session_id, sender, code[:64])


def _users(value: object) -> list[str]:
    return [user for user in value if is_user(user)] if isinstance(value, list) else []
