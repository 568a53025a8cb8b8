"""Encryption as the rest of the bot sees it: takes in keys, reads and writes messages, and keeps itself up.

What is asked inside a transaction is a plain function of it; what needs the homeserver is asynchronous.
Everything is stored, nothing is held here but locks; what is done time and again is left to the upkeep.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from weakref import WeakValueDictionary

from bot.client import Homeserver
from bot.clock import Clock, milliseconds
from bot.crypto import account, megolm, olm, own_identity
from bot.crypto.account import Own, Signer
from bot.crypto.backup import Backup
from bot.crypto.cross_signing import CrossSigning
from bot.crypto.devices import Devices
from bot.crypto.panics import contained
from bot.crypto.policy import Policy
from bot.crypto.sharing import Sharing
from bot.crypto.signing import canonical
from bot.crypto.taken import Taken, Verification, Withheld
from bot.crypto.upkeep import Upkeep
from bot.crypto.vault import Vault
from bot.errors import HomeserverError, MatrixError, UnknownToken
from bot.events import Event, is_id, is_user
from storage.crypto import devices, received, room_keys, unreadable
from storage.database import Database
from storage.session import Session

log = logging.getLogger(__name__)

_HEAL_EVERY_MS = 3_600_000


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
        self._upkeep = Upkeep(
            homeserver,
            database,
            clock,
            own,
            signer,
            self._devices,
            self._sharing,
            self.backup,
            self._locks,
            settle=self._settle,
            has_identity=lambda: self.identity is not None,
            on_key=self._key_came,
        )

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
                sent = await self._sharing.prepare(room_id, patient=patient)
            except HomeserverError as error:
                if error.heals or isinstance(error, UnknownToken):
                    raise
                log.warning("not everyone in %s can be given the key: %s", room_id, error)
                sent = await self._sharing.prepare(room_id, patient=False)
            written = await self._database.write(
                lambda session: self._written(session, room_id, kind, content)
            )
        if not sent:
            self.wake()
        return written

    def _written(
        self, session: Session, room_id: str, kind: str, content: Mapping[str, Any]
    ) -> dict[str, Any]:
        known = room_keys.outbound(session, room_id)
        assert known is not None, "the room was prepared"
        return megolm.encrypt(session, self.own, known, kind, content)

    # --- upkeep -----------------------------------------------------------------------------------

    def heard(self, answer: Mapping[str, Any]) -> None:
        """How many one-time keys the homeserver has left, as a sync says."""
        self._upkeep.heard(answer)

    def wake(self) -> None:
        """Something waits to be sent to devices."""
        self._upkeep.wake()

    async def run(self) -> None:
        """Keep keys and devices up, for ever. Raises UnknownToken; every other error is waited out."""
        await self._upkeep.run()

    async def keep_up(self) -> None:
        """Send and fetch what waits; what fails holds up nothing else. Raises MatrixError and StorageError."""
        await self._upkeep.keep_up()

    async def publish(self) -> None:
        """Make the device known, with its first keys, unless it is.

        Raises DeviceTaken, MatrixError and StorageError.
        """
        await self._upkeep.publish()

    async def fetch_devices(self, user_id: str) -> None:
        """Have a user's devices known. Raises MatrixError and StorageError."""
        await self._devices.fetch([user_id])

    async def _settle(self) -> None:
        if self._unsettled is not None:
            recovery_key, password = self._unsettled
            self._unsettled = None
            if await self.establish(recovery_key=recovery_key, password=password):
                log.warning("the bot has a new recovery key: `kring recovery-key` shows it")

    async def _key_came(self, room_id: str, session_id: str) -> None:
        await self.on_key(room_id, session_id)


def _withheld(sender: str, content: Mapping[str, Any]) -> Withheld | None:
    room_id, session_id, code = (content.get(name) for name in ("room_id", "session_id", "code"))
    if not (is_id(room_id) and is_id(session_id) and isinstance(code, str)):
        return None
    return Withheld(room_id, session_id, sender, code[:64])


def _users(value: object) -> list[str]:
    return [user for user in value if is_user(user)] if isinstance(value, list) else []
