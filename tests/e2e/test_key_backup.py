"""The backup of the rooms' keys at a real homeserver: written by one device, read by the next."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
import vodozemac

from bot.client import CLIENT, Homeserver
from bot.clock import SystemClock
from bot.crypto.backup import SECRET, Backup
from bot.crypto.signing import SigningKey, verify
from bot.crypto.vault import Vault
from bot.demo.homeserver import EmbeddedHomeserver
from storage.crypto import room_keys, secrets
from storage.crypto.room_keys import Inbound
from storage.database import Database
from storage.session import Session
from tests.support.synapse import PASSWORD, unique

pytestmark = pytest.mark.e2e

ROOM = "!harbour:localhost"
MASTER = SigningKey.generate()
OWNER = vodozemac.Curve25519SecretKey().public_key().to_base64()
PRIVATE = vodozemac.Curve25519SecretKey().to_bytes()


@dataclass(frozen=True, slots=True)
class Device:
    homeserver: Homeserver
    database: Database
    vault: Vault
    signing: SigningKey
    backup: Backup

    async def receive(self, group: vodozemac.GroupSession) -> None:
        key = vodozemac.InboundGroupSession(group.session_key)
        pickle = key.pickle(self.vault.pickle_key)
        new = Inbound(ROOM, group.session_id, "@a:x", OWNER, None, pickle, 0, "shared")
        await self.database.write(lambda session: room_keys.add_inbound(session, new, now=1))

    async def reads(self, group: vodozemac.GroupSession) -> bool:
        def look(session: Session) -> Inbound | None:
            return room_keys.inbound(session, ROOM, group.session_id, OWNER)

        known = await self.database.read(look)
        if known is None:
            return False
        key = vodozemac.InboundGroupSession.from_pickle(known.pickle, self.vault.pickle_key)
        return key.decrypt(group.encrypt(b"hello")).plaintext == b"hello"


NewDevice = Callable[[bytes], Awaitable[Device]]


@pytest_asyncio.fixture
async def new_device(homeserver: EmbeddedHomeserver, tmp_path: Path) -> AsyncIterator[NewDevice]:
    """A device of one account; its argument is the secret of its backup."""
    name = unique("kring")
    await homeserver.register(name, PASSWORD)
    async with AsyncExitStack() as stack:

        async def make(private: bytes) -> Device:
            clock, signing = SystemClock(), SigningKey.generate()
            client = Homeserver(homeserver.base_url, clock)
            await client.open()
            stack.push_async_callback(client.close)
            client.adopt(await client.login(name, PASSWORD, "Kring"))
            path = tmp_path / f"{client.device_id}.db"
            database = await Database.open(path, readers=1)
            stack.push_async_callback(database.close)
            vault = Vault(client.device_id.encode())
            sealed = vault.seal(SECRET, private)
            await database.write(lambda session: secrets.put(session, SECRET, sealed))
            backup = Backup(client, database, vault, clock, signing.sign, lambda: MASTER)
            return Device(client, database, vault, signing, backup)

        yield make


async def test_a_new_device_reads_what_the_lost_one_backed_up(new_device: NewDevice) -> None:
    lost = await new_device(PRIVATE)
    groups = [vodozemac.GroupSession() for _ in range(250)]
    for group in groups:
        await lost.receive(group)
    assert [await lost.backup.back_up() for _ in range(3)] == [200, 50, 0]
    version = await lost.homeserver.request("GET", f"{CLIENT}/room_keys/version")
    user, device = lost.homeserver.user_id, f"ed25519:{lost.homeserver.device_id}"
    assert version["count"] == 250
    assert verify(version["auth_data"], user, device, lost.signing.public)
    assert verify(version["auth_data"], user, f"ed25519:{MASTER.public}", MASTER.public)

    found = await new_device(PRIVATE)
    assert await found.backup.fetch(ROOM, groups[7].session_id)
    assert not await found.backup.fetch(ROOM, "never/seen")
    assert await found.reads(groups[7]) and not await found.reads(groups[8])
    assert await found.backup.restore(["!nothing:localhost", ROOM]) == 249
    assert all([await found.reads(group) for group in groups])
    assert await found.backup.back_up() == 0


async def test_a_backup_that_another_client_replaced_is_noticed(new_device: NewDevice) -> None:
    device = await new_device(PRIVATE)
    await device.receive(vodozemac.GroupSession())
    assert await device.backup.back_up() == 1
    path = f"{CLIENT}/room_keys/version"
    first = await device.homeserver.request("GET", path)
    await device.homeserver.request("DELETE", f"{path}/{first['version']}")
    await device.receive(vodozemac.GroupSession())
    assert [await device.backup.back_up() for _ in range(3)] == [0, 2, 0]
    second = await device.homeserver.request("GET", path)
    assert (second["count"], second["version"]) == (2, str(int(first["version"]) + 1))

    other = await new_device(vodozemac.Curve25519SecretKey().to_bytes())
    await other.receive(vodozemac.GroupSession())
    assert not await other.backup.ensure_version()
    assert await other.backup.back_up() == 0
    assert (await device.homeserver.request("GET", path))["etag"] == second["etag"]
    # Whoever looks after the account begins another one.
    body = {"algorithm": second["algorithm"], "auth_data": {"public_key": OWNER}}
    await device.homeserver.request("POST", path, body=body)
    await device.receive(vodozemac.GroupSession())
    assert [await device.backup.back_up() for _ in range(2)] == [0, 0]
    assert (await device.homeserver.request("GET", path))["count"] == 0
