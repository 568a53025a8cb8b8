"""What tests with the bot and people with matrix-js-sdk begin with, and look at again and again."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from bot.app import App
from bot.crypto.policy import Policy
from storage.session import Session
from tests.e2e.kring import Kring, taken_in
from tests.interop.peer import JsPerson
from tests.interop.seen import Heard
from tests.support.peer import Account

SIGNED_MODES = [False, True]
MODE_NAMES = ["every device", "only signed devices"]


async def direct_chat(person: JsPerson, kring: Kring, app: App) -> str:
    """An encrypted direct chat that the person started, in which the bot is; its room id."""
    await identity_of(person, kring)
    room = await person.create_room(kring.user_id, direct=True)
    await person.sees(room, kring.user_id)
    await taken_in(app, room)
    return room


async def echoes(person: JsPerson, kring: Kring, room: str, word: str) -> Heard:
    """The bot's answer to a message, read by its author without a shield."""
    await person.send(room, f"!echo {word}")
    return await said(person, kring, room, f"echo {word}")


async def said(person: JsPerson, kring: Kring, room: str, text: str) -> Heard:
    """What the bot said, encrypted and without a shield."""
    heard = await person.hears(room, text, kring.user_id)
    assert heard.unshielded, (heard.colour, heard.reason)
    assert heard.wire is not None
    assert not {"body", "msgtype", "formatted_body"} & set(heard.wire)
    return heard


async def identity_of(person: JsPerson, kring: Kring) -> dict[str, Any]:
    """The bot's keys as everyone can fetch them, once its device is there and cross-signed."""
    homeserver = kring.options.homeserver
    async with (
        Account(homeserver, person.user_id, person.access_token) as account,
        asyncio.timeout(20),
    ):
        while True:
            found = await account.request(
                "POST", "/keys/query", {"device_keys": {kring.user_id: []}}
            )
            master = found.get("master_keys", {}).get(kring.user_id, {}).get("keys")
            devices = found["device_keys"].get(kring.user_id, {})
            signed = [
                name
                for name, device in devices.items()
                if len(device["signatures"].get(kring.user_id, {})) > 1
            ]
            if master and signed:
                return {"master": next(iter(master.values())), "devices": devices, "signed": signed}
            await asyncio.sleep(0.05)


def with_patience(kring: Kring, seconds: float) -> Kring:
    """The bot that awaits a key that long."""
    return Kring(replace(kring.options, policy=Policy(wait_seconds=seconds)))


async def unread(app: App, number: int) -> None:
    """Wait until that many messages wait for a key at the bot."""

    def waiting(session: Session) -> int:
        rows = "SELECT count(*) FROM inbox WHERE kind = 'encrypted' AND status = 'waiting'"
        return int(session.value(rows))

    async with asyncio.timeout(20):
        while await app.database.read(waiting) < number:  # noqa: ASYNC110  # a database wakes nobody
            await asyncio.sleep(0.02)
