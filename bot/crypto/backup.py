"""The backup of the rooms' keys at the homeserver, from which a new device of the bot reads on.

Client-Server API v1.16, "Server-side key backups", m.megolm_backup.v1.curve25519-aes-sha2. Whoever knows the
public key can put something into such a backup: what comes out of it says nothing about who wrote, and never
replaces what a device handed over (`storage.crypto.room_keys`). The ciphers are vodozemac's.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import orjson
import vodozemac

from bot.client import CLIENT, Homeserver, quoted
from bot.clock import Clock, milliseconds
from bot.crypto import megolm
from bot.crypto.signing import SigningKey, b64, canonical, ed25519_key, signed, unb64, verify
from bot.crypto.vault import Vault
from bot.errors import BadResponse, HomeserverError, UnknownToken
from storage import facts
from storage.crypto import room_keys, secrets
from storage.crypto.room_keys import Inbound
from storage.database import Database
from storage.session import Session

log = logging.getLogger(__name__)

ALGORITHM: Final = "m.megolm_backup.v1.curve25519-aes-sha2"
SECRET: Final = "m.megolm_backup.v1"  # noqa: S105 (a name, not a secret)
_MEGOLM = "m.megolm.v1.aes-sha2"
_KEYS = f"{CLIENT}/room_keys/keys"
_VERSION = f"{CLIENT}/room_keys/version"
# Into which version of the backup went what is marked as backed up.
_FACT = "key_backup_version"

# A backup that is not the bot's is looked at again now and then: its owner may have taken it away.
_LOOK_AGAIN = timedelta(hours=1)
_AT_ONCE = 100
_LONGEST_ENTRY = 20_000


class Backup:
    """Of one account. `sign` gives the device's signature of an object; `master` the master key, if known.

    Every method may be called at any time and again; one that fails leaves what it did before valid.
    """

    def __init__(
        self,
        homeserver: Homeserver,
        database: Database,
        vault: Vault,
        clock: Clock,
        sign: Callable[[Mapping[str, Any]], str],
        master: Callable[[], SigningKey | None],
    ) -> None:
        self._homeserver = homeserver
        self._database = database
        self._vault = vault
        self._clock = clock
        self._sign = sign
        self._master = master
        self._version: str | None = None
        self._foreign: str | None = None
        self._look_again: datetime | None = None
        self._turn = asyncio.Lock()

    async def ensure_version(self) -> bool:
        """Find the backup, or begin one; False if there is no secret yet, or it is another key's.

        Raises MatrixError, StorageError and WrongKey.
        """
        secret = await self._secret()
        return secret is not None and await self._found(secret) is not None

    async def back_up(self, limit: int = 200) -> int:
        """Store some of the sessions that are not in the backup yet; how many were dealt with.

        Raises MatrixError, StorageError and WrongKey.
        """
        if not await self._database.read(lambda s: room_keys.to_back_up(s, 1)):
            return 0
        secret = await self._secret()
        version = await self._found(secret) if secret is not None else None
        if secret is None or version is None:
            return 0
        waiting = await self._database.read(lambda s: room_keys.to_back_up(s, limit))
        rooms = await asyncio.to_thread(self._sealed, secret, waiting)
        if rooms:
            try:
                await self._homeserver.request(
                    "PUT", _KEYS, query={"version": version}, body={"rooms": rooms}
                )
            except HomeserverError as error:
                if error.errcode not in ("M_WRONG_ROOM_KEYS_VERSION", "M_NOT_FOUND"):
                    raise
                log.info("the backup of keys was replaced; looking for the new one")
                self._forget(version)
                return 0

        def mark(session: Session) -> int:
            # Meanwhile the backup may have been found replaced: these are not in the new one.
            if facts.get(session, _FACT) != version:
                return 0
            room_keys.mark_backed_up(session, waiting)
            return len(waiting)

        return await self._database.write(mark)

    async def restore(self, room_ids: Iterable[str]) -> int:
        """Take in what the backup has for these rooms, room by room; how many sessions were new.

        Raises MatrixError for what may heal, StorageError and WrongKey.
        """
        secret = await self._secret()
        if secret is None:
            return 0
        restored = 0
        for room_id in room_ids:
            version = await self._found(secret)
            if version is None:
                break
            answer = await self._ask(f"{_KEYS}/{quoted(room_id)}", version)
            sessions = answer.get("sessions") if answer else None
            entries = list(sessions.items()) if isinstance(sessions, dict) else []
            for start in range(0, len(entries), _AT_ONCE):
                part = dict(entries[start : start + _AT_ONCE])
                restored += await self._take_in(secret, room_id, part)
        log.info("%d keys came from the backup", restored)
        return restored

    async def fetch(self, room_id: str, session_id: str) -> bool:
        """Whether the backup had a better key for the session than the bot; then it is taken in.

        Raises MatrixError for what may heal, StorageError and WrongKey.
        """
        secret = await self._secret()
        version = await self._found(secret) if secret is not None else None
        if secret is None or version is None:
            return False
        entry = await self._ask(f"{_KEYS}/{quoted(room_id)}/{quoted(session_id)}", version)
        return entry is not None and bool(await self._take_in(secret, room_id, {session_id: entry}))

    # --- the version -------------------------------------------------------------------------

    async def _secret(self) -> bytes | None:
        sealed = await self._database.read(lambda session: secrets.get(session, SECRET))
        return self._vault.open(SECRET, sealed) if sealed is not None else None

    def _forget(self, version: str) -> None:
        if self._version == version:
            self._version = None

    async def _found(self, secret: bytes) -> str | None:
        """The version of the backup, which is made if there is none; None while it is another key's."""
        async with self._turn:
            if self._version is not None:
                return self._version
            now = self._clock.now()
            if self._look_again is not None and now < self._look_again:
                return None
            try:
                answer, begun = await self._looked_up(secret)
            except HomeserverError as error:
                if error.heals or isinstance(error, UnknownToken):
                    raise
                log.warning("the homeserver keeps no backup of keys: %s", error)
                answer, begun = None, False
            if answer is None:
                self._look_again = now + _LOOK_AGAIN
                return None
            version = answer.get("version")
            if not isinstance(version, str) or not version:
                raise BadResponse("a backup was answered without its version")
            await self._database.write(lambda session: _note(session, version, begun=begun))
            self._version, self._look_again = version, None
            return version

    async def _looked_up(self, secret: bytes) -> tuple[dict[str, Any] | None, bool]:
        """The bot's backup, and whether it was begun just now; None if there is another key's."""
        public = _decryption(secret).public_key.to_base64()
        try:
            answer = await self._homeserver.request("GET", _VERSION)
        except HomeserverError as error:
            if error.status != 404:
                raise
            body = {"algorithm": ALGORITHM, "auth_data": self._vouched(public)}
            return await self._homeserver.request("POST", _VERSION, body=body), True
        return (answer if await self._is_own(answer, public) else None), False

    async def _is_own(self, answer: Mapping[str, Any], public: str) -> bool:
        """Whether the backup is under the bot's key; then its clients are told so by its signatures."""
        auth_data = answer.get("auth_data")
        version = answer.get("version")
        if not isinstance(auth_data, dict) or answer.get("algorithm") != ALGORITHM:
            auth_data = {}
        if auth_data.get("public_key") != public:
            if self._foreign != str(version):
                self._foreign = str(version)
                log.warning(
                    "the account has a backup of keys that is not the bot's (version %r): it is left"
                    " alone, and the bot's keys are not backed up",
                    str(version)[:50],
                )
            return False
        master = self._master()
        if master is not None and isinstance(version, str):
            user_id, key_id = self._homeserver.user_id, f"ed25519:{master.public}"
            if not verify(auth_data, user_id, key_id, master.public):
                body = {
                    "algorithm": ALGORITHM,
                    "auth_data": self._vouched(public),
                    "version": version,
                }
                await self._homeserver.request("PUT", f"{_VERSION}/{quoted(version)}", body=body)
        return True

    def _vouched(self, public: str) -> dict[str, Any]:
        """The auth_data, signed by the device and, once there is one, by the master key."""
        plain: dict[str, Any] = {"public_key": public}
        user_id = self._homeserver.user_id
        vouched = signed(plain, user_id, f"ed25519:{self._homeserver.device_id}", self._sign(plain))
        master = self._master()
        if master is not None:
            vouched = signed(vouched, user_id, f"ed25519:{master.public}", master.sign(plain))
        return vouched

    # --- what goes in ------------------------------------------------------------------------

    def _sealed(self, secret: bytes, waiting: Iterable[Inbound]) -> dict[str, Any]:
        encryption = vodozemac.PkEncryption.from_key(_decryption(secret).public_key)
        rooms: dict[str, dict[str, Any]] = {}
        for one in waiting:
            try:
                key = vodozemac.InboundGroupSession.from_pickle(one.pickle, self._vault.pickle_key)
            except ValueError as error:
                # It reads nothing any more: to try it for ever would keep the others out.
                log.warning("a key is damaged and cannot be backed up: %s", error)
                continue
            exported = key.export_at(key.first_known_index)
            assert exported is not None, "a session reads from its first index on"
            claimed = {"ed25519": one.ed25519} if one.ed25519 else {}
            plain = {
                "algorithm": _MEGOLM,
                "forwarding_curve25519_key_chain": [],
                "sender_claimed_keys": claimed,
                "sender_key": one.curve25519,
                "session_key": exported.to_base64(),
            }
            message = encryption.encrypt(canonical(plain))
            rooms.setdefault(one.room_id, {"sessions": {}})["sessions"][one.session_id] = {
                "first_message_index": key.first_known_index,
                "forwarded_count": 0 if one.source == "shared" else 1,
                "is_verified": False,
                "session_data": {
                    "ciphertext": b64(message.ciphertext),
                    "ephemeral": b64(message.ephemeral_key),
                    "mac": b64(message.mac),
                },
            }
        return rooms

    # --- what comes out ----------------------------------------------------------------------

    async def _ask(self, path: str, version: str) -> dict[str, Any] | None:
        """What the backup has there; None if it has nothing or refuses. Raises MatrixError."""
        try:
            return await self._homeserver.request("GET", path, query={"version": version})
        except HomeserverError as error:
            if error.errcode == "M_WRONG_ROOM_KEYS_VERSION":
                self._forget(version)
            elif error.status not in (400, 403, 404, 413):
                raise
            return None

    async def _take_in(self, secret: bytes, room_id: str, entries: Mapping[str, Any]) -> int:
        opened = await asyncio.to_thread(self._opened, secret, room_id, entries)
        now = milliseconds(self._clock.now())
        if not opened:
            return 0

        def add(session: Session) -> int:
            fits = partial(megolm.same, self._vault.pickle_key)
            return sum(room_keys.add_inbound(session, one, now=now, same=fits) for one in opened)

        return await self._database.write(add)

    def _opened(self, secret: bytes, room_id: str, entries: Mapping[str, Any]) -> list[Inbound]:
        decryption = _decryption(secret)
        opened: list[Inbound] = []
        for session_id, entry in entries.items():
            try:
                opened.append(self._inbound(decryption, room_id, session_id, entry))
            except (ValueError, TypeError, LookupError, AttributeError) as error:
                log.debug("what the backup has for a session is of no use: %r", error)
        return opened

    def _inbound(
        self, decryption: vodozemac.PkDecryption, room_id: str, session_id: str, entry: Any
    ) -> Inbound:
        """Raises ValueError, TypeError, LookupError or AttributeError for what is no session."""
        data = entry["session_data"]
        if sum(len(data[part]) for part in ("ciphertext", "mac", "ephemeral")) > _LONGEST_ENTRY:
            raise ValueError("too long")
        message = vodozemac.Message(
            unb64(data["ciphertext"]), unb64(data["mac"]), unb64(data["ephemeral"])
        )
        plain = orjson.loads(decryption.decrypt(message))
        if plain["algorithm"] != _MEGOLM:
            raise ValueError("not Megolm")
        key = vodozemac.InboundGroupSession.import_session(
            vodozemac.ExportedSessionKey(plain["session_key"])
        )
        if key.session_id != session_id:
            raise ValueError("another session's")
        owner = vodozemac.Curve25519PublicKey.from_base64(plain["sender_key"]).to_base64()
        claimed = plain.get("sender_claimed_keys") or {}
        ed25519 = claimed.get("ed25519")
        if ed25519 is not None:
            ed25519 = ed25519_key(ed25519).to_base64()
        return Inbound(
            room_id=room_id,
            session_id=session_id,
            user_id="",
            curve25519=owner,
            ed25519=ed25519,
            pickle=key.pickle(self._vault.pickle_key),
            first_index=key.first_known_index,
            source="backup",
        )


def _decryption(secret: bytes) -> vodozemac.PkDecryption:
    return vodozemac.PkDecryption.from_key(vodozemac.Curve25519SecretKey.from_bytes(secret))


def _note(session: Session, version: str, *, begun: bool) -> None:
    """What went into another version is not in this one."""
    if begun or facts.get(session, _FACT) != version:
        facts.put(session, _FACT, version)
        room_keys.back_up_again(session)
