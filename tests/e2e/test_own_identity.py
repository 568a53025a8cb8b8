"""The bot's identity against a real Synapse: made once, kept, restored, replaced, and healed after a cut."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.client import CLIENT, Homeserver, Login
from bot.clock import SystemClock
from bot.crypto import own_identity, recovery_key
from bot.crypto.backup import SECRET as BACKUP
from bot.crypto.cross_signing import CrossSigning
from bot.crypto.devices import listing_of
from bot.crypto.engine import Encryption
from bot.crypto.own_identity import (
    IdentityReplaced,
    IdentityTrouble,
    RecoveryKeyNeeded,
    RecoveryKeyRefused,
    stored_recovery_key,
)
from bot.crypto.policy import Policy
from bot.crypto.signing import b64
from bot.crypto.vault import WrongKey
from bot.demo.homeserver import EmbeddedHomeserver
from bot.errors import BadResponse, MatrixError, Unproven
from storage.crypto import secrets
from storage.database import Database
from tests.support.faultproxy import Action, FaultProxy, Forward, malformed, status
from tests.support.synapse import PASSWORD, unique

pytestmark = pytest.mark.e2e

UPLOAD = f"{CLIENT}/keys/device_signing/upload"
SECRET = b"the key of a configuration, long enough"


@dataclass
class Device:
    """One data folder at work; `homeserver` may lead through a proxy."""

    homeserver: Homeserver
    database: Database
    encryption: Encryption

    async def establish(self, key: str | None = None, password: str | None = None) -> CrossSigning:
        await self.encryption.establish(recovery_key=key, password=password)
        assert self.encryption.identity is not None
        return self.encryption.identity

    async def replace(self, password: str | None) -> CrossSigning:
        one = self.encryption
        return await own_identity.replace(
            self.homeserver, self.database, one.vault, one.signer,
            publish=one.publish, password=password,
        )  # fmt: skip

    async def recovery_key(self) -> str:
        found = await stored_recovery_key(self.database, self.encryption.vault)
        assert found is not None
        return found

    async def backup(self) -> bytes:
        sealed = await self.database.read(lambda session: secrets.get(session, BACKUP))
        assert sealed is not None
        return self.encryption.vault.open(BACKUP, sealed)

    async def shown(self) -> tuple[str | None, bool]:
        """The account's master key as others see it, and whether the identity vouches for this device."""
        user_id = self.homeserver.user_id
        answer = await self.homeserver.request(
            "POST", f"{CLIENT}/keys/query", body={"device_keys": {user_id: []}}
        )
        listing = listing_of(answer, user_id)
        own = self.encryption.own.device_id
        return listing.master_key, any(
            device.cross_signed for device in listing.devices if device.device_id == own
        )


@dataclass
class Bot:
    """An account with any number of data folders, each with a device of its own."""

    base_url: str
    user_id: str
    folder: Path

    def __post_init__(self) -> None:
        self._logins: dict[str, Login] = {}

    @asynccontextmanager
    async def running(
        self, folder: str = "data", base_url: str = "", secret: bytes = SECRET
    ) -> AsyncIterator[Device]:
        clock = SystemClock()
        homeserver = Homeserver(base_url or self.base_url, clock, request_seconds=20)
        await homeserver.open()
        if folder not in self._logins:
            self._logins[folder] = await homeserver.login(self.user_id, PASSWORD, folder)
        homeserver.adopt(self._logins[folder])
        (self.folder / folder).mkdir(exist_ok=True)
        database = await Database.open(self.folder / folder / "kring.db")
        try:
            encryption = await Encryption.open(homeserver, database, clock, secret, Policy())
            yield Device(homeserver, database, encryption)
        finally:
            await database.close()
            await homeserver.close()


@pytest.fixture
async def bot(homeserver: EmbeddedHomeserver, tmp_path: Path) -> Bot:
    account = await homeserver.register(unique("kring"), PASSWORD)
    return Bot(homeserver.base_url, account.user_id, tmp_path)


async def test_the_first_start_makes_an_identity_and_later_ones_keep_it(bot: Bot) -> None:
    async with bot.running() as device:
        assert await device.encryption.establish(recovery_key=None, password=None)
        first = await device.establish()
        assert await device.shown() == (first.master.public, True)
        key = await device.recovery_key()
    async with bot.running() as device:
        assert not await device.encryption.establish(recovery_key=None, password=None)
        assert (await device.establish()).secrets == first.secrets
        assert await device.recovery_key() == key


async def test_with_the_recovery_key_a_new_folder_is_the_same_bot(bot: Bot) -> None:
    async with bot.running() as device:
        first = await device.establish()
        key, backup = await device.recovery_key(), await device.backup()
    async with bot.running("second") as device:
        again = await device.establish(f" {key}\n")
        assert again.secrets == first.secrets
        assert await device.shown() == (first.master.public, True)
        assert (await device.recovery_key(), await device.backup()) == (key, backup)
    async with bot.running() as device:
        assert (await device.establish()).secrets == first.secrets


async def test_a_backup_key_that_the_account_lacks_is_added(bot: Bot) -> None:
    async with bot.running() as device:
        await device.establish()
        key = await device.recovery_key()
        await device.homeserver.put_account_data(BACKUP, {})
    async with bot.running("second") as device:
        await device.establish(key)
        backup = await device.backup()
    async with bot.running("third") as device:
        await device.establish(key)
        assert await device.backup() == backup


@pytest.mark.parametrize(
    ("key", "kind", "told"),
    [
        (None, RecoveryKeyNeeded, "recovery_key_file.*--new-identity"),
        ("EsTc not a key", RecoveryKeyRefused, "recovery key cannot be used"),
        (recovery_key.encode(b"\x01" * 32), RecoveryKeyRefused, "not the one under which"),
    ],
    ids=["none", "no key", "another"],
)
async def test_without_the_right_recovery_key_nothing_is_changed(
    bot: Bot, key: str | None, kind: type[Exception], told: str
) -> None:
    async with bot.running() as device:
        first = await device.establish()
    async with bot.running("second") as device:
        with pytest.raises(kind, match=told) as caught:
            await device.establish(key)
        assert key is None or key not in str(caught.value)
        assert device.encryption.identity is None
        assert await device.shown() == (first.master.public, False)


async def test_hostile_account_data_is_a_refusal(bot: Bot) -> None:
    async with bot.running() as device:
        await device.establish()
        key = await device.recovery_key()
    hostile: tuple[tuple[str, dict[str, Any]], ...] = (
        ("m.cross_signing.master", {"encrypted": []}),
        ("m.cross_signing.self_signing", {"encrypted": {"x": 1}}),
        ("m.secret_storage.default_key", {"key": {"a": 1}}),
        ("m.secret_storage.default_key", {"key": "../../\u0000"}),
    )
    for number, (kind, content) in enumerate(hostile):
        async with bot.running(f"new-{number}") as device:
            before = await device.homeserver.account_data(kind)
            await device.homeserver.put_account_data(kind, content)
            with pytest.raises(RecoveryKeyRefused):
                await device.establish(key)
            await device.homeserver.put_account_data(kind, before)


async def test_an_identity_made_elsewhere_is_told_and_taken_over_with_its_key(bot: Bot) -> None:
    async with bot.running() as device:
        first = await device.establish()
        own_key = await device.recovery_key()
    async with bot.running("second") as device:
        other = await device.replace(PASSWORD)
        key = await device.recovery_key()
        assert other.master.public != first.master.public and key != own_key
        assert await device.shown() == (other.master.public, True)
    async with bot.running() as device:
        for given in (None, own_key):
            with pytest.raises(IdentityReplaced, match="--new-identity"):
                await device.establish(given)
        with pytest.raises(RecoveryKeyRefused):
            await device.establish(recovery_key.encode(b"\x01" * 32))
        assert (await device.establish(key)).secrets == other.secrets
        assert await device.shown() == (other.master.public, True)


@pytest.mark.parametrize("password", [None, "wrong"])
async def test_a_new_identity_that_is_refused_leaves_the_old_one(
    bot: Bot, password: str | None
) -> None:
    async with bot.running() as device:
        first = await device.establish()
        key = await device.recovery_key()
        with pytest.raises(IdentityTrouble, match="password"):
            await device.replace(password)
        assert await device.recovery_key() == key
        assert (await device.establish()).secrets == first.secrets
    async with bot.running("second") as device:
        assert (await device.establish(key)).secrets == first.secrets


async def test_an_answer_that_hides_the_identity_does_not_replace_it(bot: Bot) -> None:
    async with bot.running() as device:
        first = await device.establish()
    async with bot.running("second"):  # logs in
        pass
    async with FaultProxy(bot.base_url) as proxy:
        query = proxy.fail(lambda _method, path: path.endswith("/keys/query"), _empty("{}"))
        async with bot.running("second", base_url=proxy.base_url) as device:
            with pytest.raises(BadResponse):
                await device.establish(password=PASSWORD)
            assert query.done == 1 and device.encryption.identity is None
            proxy.fail(query.match, _empty('{"device_keys": {}}'))
            with pytest.raises(IdentityReplaced):
                await device.establish(password=PASSWORD)
            assert (await device.shown())[0] == first.master.public


def _empty(text: str) -> Action:
    async def act(_request: web.Request, _forward: Forward) -> web.StreamResponse:
        return web.Response(text=text, content_type="application/json")

    return act


async def test_another_self_signing_key_under_the_same_master_key_is_told(bot: Bot) -> None:
    async with bot.running() as device:
        first = await device.establish()
        other = CrossSigning.generate(bot.user_id)
        halved = CrossSigning(bot.user_id, first.master, other.self_signing, other.user_signing)
        keys = halved.public_keys(device.encryption.signer.sign)
        body = {"self_signing_key": keys["self_signing_key"]}
        with pytest.raises(Unproven) as asked:
            await device.homeserver.request("POST", UPLOAD, body=body)
        proof = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": bot.user_id},
            "password": PASSWORD,
            "session": asked.value.session,
        }
        body["auth"] = proof
        await device.homeserver.request("POST", UPLOAD, body=body)
        assert await device.shown() == (first.master.public, False)
        with pytest.raises(IdentityReplaced):
            await device.establish(password=PASSWORD)


async def test_without_the_key_of_the_configuration_nothing_opens(bot: Bot) -> None:
    async with bot.running() as device:
        await device.establish()
    with pytest.raises(WrongKey):
        async with bot.running(secret=b"another key, also quite long enough"):
            pass
    assert SECRET not in (bot.folder / "data" / "kring.db").read_bytes()


async def test_a_homeserver_that_is_away_makes_no_identity(bot: Bot) -> None:
    async with bot.running():  # logs in
        pass
    async with FaultProxy(bot.base_url) as proxy:
        proxy.fail(lambda _method, _path: True, status(502), times=1000)
        async with bot.running(base_url=proxy.base_url) as device:
            with pytest.raises(MatrixError):
                await device.establish()
            assert device.encryption.identity is None
    async with bot.running() as device:
        first = await device.establish()
    async with FaultProxy(bot.base_url) as proxy:
        proxy.fail(lambda _method, _path: True, status(502), times=1000)
        async with bot.running(base_url=proxy.base_url) as device:
            assert (await device.establish()).secrets == first.secrets
            proxy.heal()
            await device.encryption.keep_up()


def _writes(method: str, _path: str) -> bool:
    return method != "GET"


@pytest.mark.parametrize("what", ["make", "restore", "replace"])
async def test_whatever_is_cut_off_is_healed_by_the_next_start(
    homeserver: EmbeddedHomeserver, tmp_path: Path, what: str
) -> None:
    cut, over = 0, False
    while not over:
        account = await homeserver.register(unique("kring"), PASSWORD)
        folder = tmp_path / str(cut)
        folder.mkdir()
        bot = Bot(homeserver.base_url, account.user_id, folder)
        key, before = None, None
        name = "second" if what == "restore" else "data"
        if what != "make":
            async with bot.running() as device:
                before = await device.establish()
                key = await device.recovery_key()
        async with bot.running(name):  # logs in, past the proxy
            pass
        async with FaultProxy(bot.base_url) as proxy:
            seen = 0

            def the_next(method: str, path: str, cut: int = cut) -> bool:
                nonlocal seen
                seen += _writes(method, path)
                return _writes(method, path) and seen == cut + 1

            proxy.fail(the_next, malformed(after=True))
            async with bot.running(name, base_url=proxy.base_url) as device:
                told = False
                try:
                    if what == "replace":
                        await device.replace(PASSWORD)
                        told = True
                    else:
                        told = await device.encryption.establish(
                            recovery_key=key if what == "restore" else None, password=None
                        )
                    over = not proxy.faults
                except BadResponse:
                    pass
        async with bot.running(name) as device:
            told_later = await device.encryption.establish(
                recovery_key=key if what == "restore" else None, password=None
            )
            found = await device.establish()
            assert await device.shown() == (found.master.public, True)
            if before is None or found.secrets != before.secrets:
                assert told != told_later, "a new recovery key is told once"
            if before is not None and what == "restore":
                assert found.secrets == before.secrets
            key, backup = await device.recovery_key(), await device.backup()
        async with bot.running("witness") as device:
            assert (await device.establish(key)).secrets == found.secrets
            assert await device.backup() == backup
        cut += 1
    assert cut > 3


async def test_no_secret_is_logged_or_told(bot: Bot, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    told = []
    async with bot.running() as device:
        first = await device.establish()
        keys = [await device.recovery_key()]
        hidden = [*first.secrets.values(), await device.backup()]
        try:
            await device.replace("a wrong password")
        except IdentityTrouble as error:
            told.append(error)
    async with bot.running("second") as device:
        for wrong in (None, "EsTc mist yped", recovery_key.encode(b"\x01" * 32)):
            try:
                await device.establish(wrong)
            except IdentityTrouble as error:
                told.append(error)
        await device.establish(keys[0])
        hidden += (await device.replace(PASSWORD)).secrets.values()
        keys.append(await device.recovery_key())
    assert len(told) == 4
    said = caplog.text + "".join(f"{error!r} {error.__cause__!r}" for error in told)
    for secret in hidden:
        assert b64(secret) not in said and secret.hex() not in said
    for words in (*keys, "mist yped", PASSWORD, "a wrong password", SECRET.decode()):
        assert words not in said and words.replace(" ", "") not in said
