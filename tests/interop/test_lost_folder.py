"""The bot's data folder is lost: with the recovery key its new device is the same bot for everyone."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.app import App
from bot.client import CLIENT
from bot.crypto import own_identity, recovery_key
from bot.crypto.own_identity import IdentityTrouble
from bot.demo.homeserver import EmbeddedHomeserver
from tests.e2e.kring import Kring
from tests.interop.conftest import NewJsUser
from tests.interop.peer import JsPeople
from tests.interop.scenes import MODE_NAMES, SIGNED_MODES, direct_chat, echoes, identity_of
from tests.support.synapse import PASSWORD

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(60)]


@pytest.fixture
def by_password(kring: Kring, tmp_path: Path) -> Kring:
    """A bot that logs in by its password: each new folder is a new device."""
    options = replace(kring.options, access_token=None, password=PASSWORD, data=tmp_path / "first")
    return Kring(options)


async def recovery_key_of(app: App) -> str:
    """The recovery key as `kring recovery-key` shows it."""
    key = await own_identity.stored_recovery_key(app.database, app.encryption.vault)
    assert key is not None
    return key


async def backed_up(app: App) -> None:
    """Wait until there is a key in the bot's backup."""
    async with asyncio.timeout(20):
        while True:
            found = await app.homeserver.request("GET", f"{CLIENT}/room_keys/version")
            if found["count"]:
                return
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("only_signed", SIGNED_MODES, ids=MODE_NAMES)
async def test_a_new_device_with_the_recovery_key_is_the_same_bot(
    by_password: Kring, new_js_user: NewJsUser, tmp_path: Path, only_signed: bool
) -> None:
    first = by_password
    anna = await new_js_user("anna", only_signed=only_signed)
    async with first.running() as app:
        room = await direct_chat(anna, first, app)
        await echoes(anna, first, room, "one")
        old_device = app.encryption.own.device_id
        verification = await anna.verify(first.user_id, device=old_device)
        await verification.start()
        await verification.confirm()
        await verification.completes()
        await anna.trusts(first.user_id)
        before = await anna.status(first.user_id)
        key = await recovery_key_of(app)
        await backed_up(app)

    second = Kring(replace(first.options, data=tmp_path / "second", recovery_key=key))
    async with second.running() as app:
        device = app.encryption.own.device_id
        assert device != old_device
        async with asyncio.timeout(20):
            while device not in (await identity_of(anna, second))["signed"]:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        # By a session whose key only the old device was given: the new one has it from the backup.
        await anna.do("roomKeys", mode="drop")
        await echoes(anna, second, room, "two")
        await anna.do("roomKeys", mode="send")
        await anna.do("discardSession", room=room)
        await echoes(anna, second, room, "three")
        after = await anna.status(second.user_id)
        assert after["identity"] == before["identity"]
        assert after["verified"] and not after["changed"]
        assert after["devices"][device] == {"signed": True, "verified": True}


async def test_without_the_recovery_key_the_start_is_refused(
    by_password: Kring, new_js_user: NewJsUser, tmp_path: Path
) -> None:
    anna = await new_js_user("anna")
    async with by_password.running():
        before = await identity_of(anna, by_password)
    for number, key in enumerate((None, "EsTc not a key", recovery_key.encode(bytes(32)))):
        other = Kring(
            replace(by_password.options, data=tmp_path / f"other-{number}", recovery_key=key)
        )
        with pytest.raises(IdentityTrouble, match="recovery key"):
            async with other.running():
                pass
    after = await identity_of(anna, by_password)
    # Nobody sees an unsigned device of the bot, which clients would warn of.
    assert (after["master"], set(after["devices"])) == (before["master"], set(before["devices"]))
    async with by_password.running():  # the folder that is still there is the bot as before
        assert (await identity_of(anna, by_password))["signed"] == before["signed"]


async def test_an_operator_opens_the_account_in_a_client_of_their_own(
    by_password: Kring,
    new_js_user: NewJsUser,
    js_people: JsPeople,
    homeserver: EmbeddedHomeserver,
) -> None:
    anna = await new_js_user("anna")
    async with by_password.running() as app:
        room = await direct_chat(anna, by_password, app)
        await echoes(anna, by_password, room, "one")
        key = await recovery_key_of(app)
        await backed_up(app)
        client = await js_people.login(
            homeserver.base_url, by_password.user_id, PASSWORD, identity=False
        )
        taken = await client.do("recover", recoveryKey=key)
        assert taken["ready"] and taken["storageReady"]
        restored = await client.do("restoreBackup")
        assert restored["imported"] >= 1
        assert restored["trusted"] and restored["matches"]
        await client.hears(room, "!echo one", anna.user_id)
        status = await client.status(by_password.user_id)
        assert all(device["verified"] for device in status["devices"].values())
        # From now on the person's client gives its keys to both devices of the account.
        await echoes(anna, by_password, room, "two")
        await client.hears(room, "!echo two", anna.user_id)
        await client.hears(room, "echo two", by_password.user_id)
        verification = await client.verify(by_password.user_id, device=app.encryption.own.device_id)
        await verification.start()
        await verification.confirm()
        await verification.completes()
