"""The backup of the rooms' keys, against an implementation of its ciphers that shares no code with the bot's,
and against homeservers that mean no good."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
import pytest_asyncio
import vodozemac
from Crypto.Cipher import AES
from Crypto.Hash import SHA256
from Crypto.Protocol.DH import import_x25519_private_key, import_x25519_public_key, key_agreement
from Crypto.Protocol.KDF import HKDF
from Crypto.Util.Padding import pad, unpad

from bot.client import Homeserver
from bot.crypto.backup import ALGORITHM, SECRET, Backup
from bot.crypto.signing import SigningKey, verify
from bot.crypto.vault import Vault
from bot.errors import HomeserverError, Unreachable
from storage.crypto import room_keys, secrets
from storage.crypto.room_keys import Inbound
from storage.database import Database
from tests.bot.scripted import BOT, StandingClock

ROOM = "!harbour:example.org"
DEVICE = SigningKey(b"d" * 32)
MASTER = SigningKey(b"m" * 32)
PRIVATE = bytes(range(32))
PUBLIC = "j0DFrbaPJWJK5bIU6nZ6bslNgp09e14a0bpvPiE4KF8"
# RFC 7748, section 6.1: a key pair that anybody may take for their one-time key.
ONE_TIME = bytes.fromhex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")
OWNER = "3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08"
VECTOR = {
    "ephemeral": OWNER,
    "ciphertext": "7OBFZc34UYyBDtTWh1FrAumdKbCYldU1SwgI7bxfom8",
    "mac": "hD0LlWH+tjk",
}


# --- the ciphers, once more ------------------------------------------------------------------------


def plain64(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


def raw64(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4))


def derived(private: bytes, public: bytes) -> tuple[bytes, bytes, bytes]:
    """(AES key, MAC key, IV), as the specification derives them."""
    keys = key_agreement(
        static_priv=import_x25519_private_key(private),
        static_pub=import_x25519_public_key(public),
        kdf=lambda shared: HKDF(shared, 80, b"\0" * 32, SHA256),
    )
    return keys[:32], keys[32:64], keys[64:]


def seal(plain: bytes) -> dict[str, str]:
    """As another client does, to the backup's public key. The MAC is over nothing: so clients do it."""
    aes, mac, iv = derived(ONE_TIME, raw64(PUBLIC))
    return {
        "ephemeral": OWNER,
        "ciphertext": plain64(AES.new(aes, AES.MODE_CBC, iv).encrypt(pad(plain, 16))),
        "mac": plain64(hmac.digest(mac, b"", hashlib.sha256)[:8]),
    }


def unseal(data: Mapping[str, str]) -> dict[str, Any]:
    aes, mac, iv = derived(PRIVATE, raw64(data["ephemeral"]))
    assert raw64(data["mac"]) == hmac.digest(mac, b"", hashlib.sha256)[:8]
    plain = AES.new(aes, AES.MODE_CBC, iv).decrypt(raw64(data["ciphertext"]))
    opened: dict[str, Any] = json.loads(unpad(plain, 16))
    return opened


def exported(group: vodozemac.GroupSession, at: int = 0) -> str:
    key = vodozemac.InboundGroupSession(group.session_key).export_at(at)
    assert key is not None
    return key.to_base64()


def backed_up(group: vodozemac.GroupSession, **changes: Any) -> dict[str, Any]:
    """A session as it stands in a backup."""
    plain = {
        "algorithm": "m.megolm.v1.aes-sha2",
        "forwarding_curve25519_key_chain": [],
        "sender_claimed_keys": {"ed25519": DEVICE.public},
        "sender_key": OWNER,
        "session_key": exported(group),
        **changes,
    }
    return {
        "first_message_index": 0,
        "forwarded_count": 0,
        "is_verified": False,
        "session_data": seal(json.dumps(plain).encode()),
    }


# --- a homeserver with a backup --------------------------------------------------------------------


class Keeper:
    """Keeps backups as the specification says; `answer` is what it says instead."""

    user_id = BOT
    device_id = "DEVICE"

    def __init__(self) -> None:
        self.versions: dict[str, dict[str, Any]] = {}
        self.keys: dict[str, dict[str, dict[str, Any]]] = {}
        self.asked: list[str] = []
        self.fails = False
        self.refuses = False
        self.answer: dict[str, Any] | None = None

    @property
    def current(self) -> str:
        return max(self.versions, key=int)

    def begin(self, auth_data: dict[str, Any]) -> None:
        version = str(len(self.versions) + 1)
        self.versions[version] = {
            "algorithm": ALGORITHM,
            "auth_data": auth_data,
            "version": version,
        }
        self.keys = {}

    async def request(
        self,
        method: str,
        path: str,
        *,
        body: dict[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        path = path.removeprefix("/_matrix/client/v3/room_keys/")
        self.asked.append(f"{method} {path}")
        if self.fails:
            raise Unreachable("cut")
        if self.refuses:
            raise HomeserverError("M_UNRECOGNIZED", 404)
        if self.answer is not None and path.startswith("keys/"):
            return self.answer
        if path.startswith("version"):
            return self._version(method, body)
        if not self.versions:
            raise HomeserverError("M_NOT_FOUND", 404)
        if query is None or query["version"] != self.current:
            raise HomeserverError("M_WRONG_ROOM_KEYS_VERSION", 403)
        if method == "PUT":
            assert body is not None
            for room, stored in body["rooms"].items():
                self.keys.setdefault(room, {}).update(stored["sessions"])
            return {"count": 1, "etag": "1"}
        _, room, *session = path.replace("%21", "!").replace("%3A", ":").split("/", 2)
        found = self.keys.get(room, {})
        if not session:
            return {"sessions": found}
        by_name = {name.replace("/", "%2F").replace("+", "%2B"): name for name in found}
        if session[0] not in by_name:
            raise HomeserverError("M_NOT_FOUND", 404)
        return found[by_name[session[0]]]

    def _version(self, method: str, body: dict[str, Any] | None) -> dict[str, Any]:
        if method == "POST":
            assert body is not None
            self.begin(body["auth_data"])
        elif method == "PUT":
            assert body is not None and body["version"] == self.current
            self.versions[self.current] = body
        elif not self.versions:
            raise HomeserverError("M_NOT_FOUND", 404)
        return self.versions[self.current]


class Device:
    """The bot's device: a database with the secret, and a backup at the keeper's."""

    def __init__(self, database: Database, keeper: Keeper, name: bytes) -> None:
        self.database = database
        self.clock = StandingClock()
        self.vault = Vault(name)
        self.keeper = keeper
        self.backup = self.restarted()

    def restarted(self) -> Backup:
        return Backup(
            cast(Homeserver, self.keeper),
            self.database,
            self.vault,
            self.clock,
            DEVICE.sign,
            lambda: MASTER,
        )

    async def learn_secret(self) -> None:
        sealed = self.vault.seal(SECRET, PRIVATE)
        await self.database.write(lambda session: secrets.put(session, SECRET, sealed))

    async def receive(self, group: vodozemac.GroupSession, room: str = ROOM) -> None:
        """A person's device hands over a key."""
        pickle = vodozemac.InboundGroupSession(group.session_key).pickle(self.vault.pickle_key)
        index = group.message_index
        new = Inbound(
            room,
            group.session_id,
            "@anna:example.org",
            OWNER,
            DEVICE.public,
            pickle,
            index,
            "shared",
        )
        await self.database.write(lambda session: room_keys.add_inbound(session, new, now=1))

    async def known(self, group: vodozemac.GroupSession) -> Inbound | None:
        return await self.database.read(
            lambda s: room_keys.inbound(s, ROOM, group.session_id, OWNER)
        )

    async def reads(self, group: vodozemac.GroupSession, said: vodozemac.MegolmMessage) -> bytes:
        known = await self.known(group)
        assert known is not None
        key = vodozemac.InboundGroupSession.from_pickle(known.pickle, self.vault.pickle_key)
        return key.decrypt(said).plaintext

    async def waiting(self) -> int:
        return len(await self.database.read(lambda s: room_keys.to_back_up(s, 1000)))


@pytest.fixture
def keeper() -> Keeper:
    return Keeper()


async def opened(folder: Path, keeper: Keeper, name: bytes) -> Device:
    database = await Database.open(folder / f"{name.decode()}.db", readers=1)
    return Device(database, keeper, name)


@pytest_asyncio.fixture
async def device(tmp_path: Path, keeper: Keeper) -> AsyncIterator[Device]:
    made = await opened(tmp_path, keeper, b"first")
    await made.learn_secret()
    yield made
    await made.database.close()


@pytest_asyncio.fixture
async def successor(tmp_path: Path, keeper: Keeper) -> AsyncIterator[Device]:
    """After the loss of the data folder, with the secret by way of the recovery key."""
    made = await opened(tmp_path, keeper, b"second")
    await made.learn_secret()
    yield made
    await made.database.close()


# --- what it does ----------------------------------------------------------------------------------


async def test_a_backup_begins_with_the_signatures_of_the_device_and_its_owner(
    device: Device, keeper: Keeper
) -> None:
    assert await device.backup.ensure_version()
    auth_data = keeper.versions["1"]["auth_data"]
    assert auth_data["public_key"] == PUBLIC
    assert verify(auth_data, BOT, "ed25519:DEVICE", DEVICE.public)
    assert verify(auth_data, BOT, f"ed25519:{MASTER.public}", MASTER.public)
    assert await device.restarted().ensure_version()
    assert len(keeper.versions) == 1


async def test_another_implementation_reads_what_was_backed_up(
    device: Device, keeper: Keeper
) -> None:
    group = vodozemac.GroupSession()
    await device.receive(group)
    assert await device.backup.back_up() == 1
    entry = keeper.keys[ROOM][group.session_id]
    assert unseal(entry["session_data"]) == {
        "algorithm": "m.megolm.v1.aes-sha2",
        "forwarding_curve25519_key_chain": [],
        "sender_claimed_keys": {"ed25519": DEVICE.public},
        "sender_key": OWNER,
        "session_key": exported(group),
    }
    assert (entry["first_message_index"], entry["is_verified"]) == (0, False)
    assert all("=" not in part for part in entry["session_data"].values())
    asked = len(keeper.asked)
    assert await device.backup.back_up() == 0
    assert len(keeper.asked) == asked


def test_a_fixed_message_is_read_by_both_implementations() -> None:
    decryption = vodozemac.PkDecryption.from_key(vodozemac.Curve25519SecretKey.from_bytes(PRIVATE))
    parts = (raw64(VECTOR["ciphertext"]), raw64(VECTOR["mac"]), raw64(VECTOR["ephemeral"]))
    assert decryption.decrypt(vodozemac.Message(*parts)) == b'{"kring":"circle"}'
    assert unseal(VECTOR) == {"kring": "circle"}
    assert seal(b'{"kring":"circle"}') == VECTOR


async def test_a_new_device_reads_on(device: Device, successor: Device) -> None:
    group = vodozemac.GroupSession()
    said = group.encrypt(b"before")
    await device.receive(group)
    await device.backup.back_up()
    assert await successor.backup.restore([ROOM, "!elsewhere:example.org"]) == 1
    assert await successor.reads(group, group.encrypt(b"after")) == b"after"
    known = await successor.known(group)
    assert known is not None and (known.source, known.user_id) == ("backup", "")
    assert (known.first_index, known.curve25519, known.ed25519) == (1, OWNER, DEVICE.public)
    with pytest.raises(ValueError, match="index"):
        await successor.reads(group, said)
    assert await successor.waiting() == 0
    assert await successor.backup.restore([ROOM]) == 0


async def test_one_key_comes_when_a_message_waits_for_it(device: Device, successor: Device) -> None:
    group, other = vodozemac.GroupSession(), vodozemac.GroupSession()
    for one in (group, other):
        await device.receive(one)
    await device.backup.back_up()
    assert await successor.backup.fetch(ROOM, group.session_id)
    assert await successor.reads(group, group.encrypt(b"hello")) == b"hello"
    assert await successor.known(other) is None
    assert not await successor.backup.fetch(ROOM, group.session_id)
    assert not await successor.backup.fetch(ROOM, "unknown/session")


async def test_a_key_from_the_backup_never_replaces_the_owners(
    device: Device, successor: Device, keeper: Keeper
) -> None:
    group = vodozemac.GroupSession()
    keeper.begin({"public_key": PUBLIC})
    keeper.keys[ROOM] = {group.session_id: backed_up(group, sender_key=PUBLIC)}
    group.encrypt(b"one")
    await successor.receive(group)
    await successor.backup.restore([ROOM])
    known = await successor.known(group)
    assert known is not None and (known.source, known.curve25519) == ("shared", OWNER)


async def test_without_the_secret_nothing_is_asked(tmp_path: Path, keeper: Keeper) -> None:
    device = await opened(tmp_path, keeper, b"new")
    await device.receive(vodozemac.GroupSession())
    assert not await device.backup.ensure_version()
    assert await device.backup.back_up() == 0
    assert await device.backup.restore([ROOM]) == 0
    assert not await device.backup.fetch(ROOM, "session")
    assert keeper.asked == []
    await device.database.close()


async def test_a_backup_under_another_key_is_left_alone(
    device: Device, keeper: Keeper, caplog: pytest.LogCaptureFixture
) -> None:
    keeper.begin({"public_key": OWNER})
    await device.receive(vodozemac.GroupSession())
    for _ in range(3):
        device.clock.moment += timedelta(hours=2)
        assert not await device.backup.ensure_version()
        assert await device.backup.back_up() == 0
    warned = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warned) == 1
    assert keeper.asked == ["GET version"] * 3
    assert keeper.keys == {}
    # Its owner takes it away, and begins one with the bot's key.
    keeper.begin({"public_key": PUBLIC})
    device.clock.moment += timedelta(hours=2)
    assert await device.backup.back_up() == 1


async def test_a_homeserver_without_backups_is_not_asked_all_the_time(
    device: Device, keeper: Keeper
) -> None:
    keeper.refuses = True
    await device.receive(vodozemac.GroupSession())
    for _ in range(3):
        assert await device.backup.back_up() == 0
        assert not await device.backup.fetch(ROOM, "session")
    assert keeper.asked == ["GET version", "POST version"]
    keeper.refuses = False
    device.clock.moment += timedelta(hours=2)
    assert await device.backup.back_up() == 1


async def test_a_backup_that_was_replaced_gets_everything_anew(
    device: Device, keeper: Keeper
) -> None:
    first, second = vodozemac.GroupSession(), vodozemac.GroupSession()
    await device.receive(first)
    assert await device.backup.back_up() == 1
    keeper.begin({"public_key": PUBLIC})
    await device.receive(second)
    assert await device.backup.back_up() == 0
    assert await device.backup.back_up() == 2
    assert keeper.keys[ROOM].keys() == {first.session_id, second.session_id}
    assert verify(keeper.versions["2"]["auth_data"], BOT, f"ed25519:{MASTER.public}", MASTER.public)


async def test_a_backup_that_was_taken_away_is_begun_again(device: Device, keeper: Keeper) -> None:
    await device.receive(vodozemac.GroupSession())
    assert await device.backup.back_up() == 1
    keeper.versions.clear()
    await device.receive(vodozemac.GroupSession())
    assert await device.backup.back_up() == 0
    assert await device.backup.back_up() == 2
    assert len(keeper.keys[ROOM]) == 2


async def test_what_did_not_arrive_is_sent_again(device: Device, keeper: Keeper) -> None:
    await device.receive(vodozemac.GroupSession())
    await device.backup.ensure_version()
    keeper.fails = True
    with pytest.raises(Unreachable):
        await device.backup.back_up()
    assert await device.waiting() == 1
    keeper.fails = False
    assert await device.restarted().back_up() == 1
    assert await device.waiting() == 0


async def test_batches_end_with_the_last_key(device: Device, keeper: Keeper) -> None:
    for number in range(5):
        await device.receive(vodozemac.GroupSession(), f"!{number % 2}:example.org")
    assert [await device.backup.back_up(2) for _ in range(4)] == [2, 2, 1, 0]
    assert sum(len(sessions) for sessions in keeper.keys.values()) == 5


async def test_a_damaged_key_does_not_keep_the_others_out(device: Device, keeper: Keeper) -> None:
    good = vodozemac.GroupSession()
    await device.receive(good)
    bad = Inbound(ROOM, "", "@anna:example.org", OWNER, None, "damaged", 0, "shared")
    await device.database.write(lambda session: room_keys.add_inbound(session, bad, now=1))
    assert await device.backup.back_up(1) == 1
    assert await device.backup.back_up(1) == 1
    assert keeper.keys[ROOM].keys() == {good.session_id}


# --- those who mean no good ------------------------------------------------------------------------


def hostile_entries() -> dict[str, Any]:
    """By a session id that is never there afterwards."""
    group = vodozemac.GroupSession()
    good = backed_up(group)
    data = good["session_data"]
    odd: list[Any] = [None, 7, "", "x", "é", "\ud800", [], {}, "A" * 30_000, [[[]]], True, 10**30]
    entries: list[Any] = [*odd, {"session_data": None}]
    for part in data:
        entries += [{"session_data": {**data, part: value}} for value in odd]
        entries.append({"session_data": {k: v for k, v in data.items() if k != part}})
    entries.append({"session_data": {**data, "ephemeral": plain64(b"\0" * 32)}})
    entries.append({"session_data": {**data, "mac": plain64(b"\0" * 8)}})
    entries += [{"session_data": seal(plain)} for plain in (b"", b"{", b"[]", b"7", b"[" * 9000)]
    changed = [
        ("algorithm", odd),
        ("sender_key", odd),
        ("session_key", [*odd, plain64(b"\1" * 165), plain64(b"\2" * 229)]),
        ("sender_claimed_keys", ["x", 7, ["x"], {"ed25519": 7}, {"ed25519": "x"}]),
    ]
    for name, values in changed:
        entries += [backed_up(group, **{name: value}) for value in values if value != "\ud800"]
    # A session under another's name.
    entries.append(backed_up(vodozemac.GroupSession()))
    return {f"session-{number}": entry for number, entry in enumerate(entries)}


async def test_hostile_entries_are_passed_over(successor: Device, keeper: Keeper) -> None:
    group = vodozemac.GroupSession()
    keeper.begin({"public_key": PUBLIC})
    keeper.keys[ROOM] = {**hostile_entries(), group.session_id: backed_up(group)}
    assert await successor.backup.restore([ROOM]) == 1
    assert await successor.reads(group, group.encrypt(b"hello")) == b"hello"


@pytest.mark.parametrize("answer", [{}, {"sessions": None}, {"sessions": [1]}, {"sessions": "x"}])
async def test_hostile_answers_bring_nothing(
    successor: Device, keeper: Keeper, answer: dict[str, Any]
) -> None:
    keeper.begin({"public_key": PUBLIC})
    keeper.answer = answer
    assert await successor.backup.restore([ROOM]) == 0
    assert not await successor.backup.fetch(ROOM, "session")


@pytest.mark.parametrize("auth_data", [None, 7, [], {}, {"public_key": 7}, {"public_key": None}])
async def test_a_backup_that_is_none_is_not_used(
    device: Device, keeper: Keeper, auth_data: Any
) -> None:
    keeper.begin(auth_data)
    assert not await device.backup.ensure_version()
