"""Encrypted direct chats and rooms, with people whose clients encrypt."""

from __future__ import annotations

import asyncio

import pytest

from bot.app import App
from bot.clock import milliseconds
from bot.demo.homeserver import EmbeddedHomeserver
from storage import outbox
from storage.outbox import Draft
from tests.e2e.kring import Kring
from tests.support.peer import Peer, body_of
from tests.support.synapse import PASSWORD, NewUser, unique

pytestmark = pytest.mark.e2e


async def welcomes(app: App, person: Peer) -> None:
    """The bot wants to say something to somebody, and invites them into a chat for it."""
    text = {"msgtype": "m.notice", "body": "welcome"}
    draft = Draft("m.room.message", text, user_id=person.user_id)
    now = milliseconds(app.clock.now())
    await app.database.write(lambda s: outbox.add(s, draft, now=now))
    await app.sender.look_again()
    await person.wait_until(lambda: bool(person.invited))


async def test_a_person_starts_an_encrypted_chat(kring: Kring, new_user: NewUser) -> None:
    anna = await new_user("anna", encrypts=True)
    async with kring.running():
        room = await anna.create_dm(kring.user_id, encrypted=True)
        await kring.arrives(anna, room)
        for word in ("one", "two", "three"):
            await anna.send(room, f"!echo {word}")
            answer = await anna.expect(room, f"echo {word}")
            assert body_of(answer) == f"echo {word}"
    raw = await anna.request("GET", f"/rooms/{room}/messages", params={"dir": "b"})
    assert "m.room.message" not in {event["type"] for event in raw["chunk"]}


async def test_what_was_said_before_somebody_had_a_device_is_read_by_their_first(
    kring: Kring, homeserver: EmbeddedHomeserver
) -> None:
    account = await homeserver.register(unique("ben"), PASSWORD)
    early = Draft(
        "m.room.message", {"msgtype": "m.notice", "body": "welcome"}, user_id=account.user_id
    )
    async with kring.running(direct_chats_encrypted=True) as app:
        await app.database.write(lambda s: outbox.add(s, early, now=1))
        await app.sender.look_again()
        async with asyncio.timeout(10):
            while await app.database.read(outbox.count_waiting):  # noqa: ASYNC110  # a database wakes nobody
                await asyncio.sleep(0.02)
        ben = Peer(homeserver.base_url, account.user_id, account.access_token, account.device_id)
        ben.encrypts = ben.accept_invites = True
        async with ben:
            await ben.wait_until(lambda: bool(ben.joined))
            (room,) = ben.joined
            await ben.expect(room, "welcome")


async def test_who_starts_a_chat_instead_of_accepting_the_bots_gets_what_waited_and_answers_there(
    kring: Kring, new_user: NewUser
) -> None:
    ben = await new_user("ben", encrypts=True)
    async with kring.running(direct_chats_encrypted=True) as app:
        await welcomes(app, ben)
        room = await ben.create_dm(kring.user_id, encrypted=True)
        await kring.arrives(ben, room)
        await ben.send(room, "!echo hello")
        await ben.expect(room, "echo hello")
        assert kring.said(ben, room) == ["welcome", "echo hello"]


async def test_what_is_said_to_somebody_waits_until_they_are_there(
    kring: Kring, new_user: NewUser
) -> None:
    ben = await new_user("ben", encrypts=True)
    async with kring.running(direct_chats_encrypted=True) as app:
        await welcomes(app, ben)
        (room,) = ben.invited
        await ben.join(room)
        said = await ben.expect(room, "welcome")
        came = max(
            event["origin_server_ts"]
            for event in ben.timeline[room]
            if event.get("state_key") == ben.user_id
        )
        assert said["origin_server_ts"] - came > 1_000
        # Once they are there nothing waits.
        assert not await app.database.read(outbox.count_waiting)


async def test_what_was_encrypted_is_not_edited_in_clear(kring: Kring, new_user: NewUser) -> None:
    anna = await new_user("anna", encrypts=True)
    async with kring.running():
        room = await anna.create_dm(kring.user_id, encrypted=True)
        await kring.arrives(anna, room)
        asked = await anna.send(room, "!look one")
        await anna.expect(room, "seen one")
        forged = {
            "msgtype": "m.text",
            "body": "* !look forged",
            "m.new_content": {"msgtype": "m.text", "body": "!look forged"},
            "m.relates_to": {"rel_type": "m.replace", "event_id": asked},
        }
        await anna.request("PUT", f"/rooms/{room}/send/m.room.message/forged", forged)
        await anna.send(room, "!echo two")
        await anna.expect(room, "echo two")
        assert not [said for said in kring.said(anna, room) if "forged" in said]
        await anna.edit(room, asked, "!look mended")
        await anna.expect(room, "seen mended")
