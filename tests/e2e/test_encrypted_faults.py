"""A homeserver that fails while keys are fetched and shared, and rooms whose encryption is forgotten, or new:
nothing is lost, nothing comes twice, nothing goes out in clear, nobody waits for ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.app import App
from bot.clock import SystemClock, milliseconds
from bot.crypto.own_identity import stored_recovery_key
from bot.demo.homeserver import EmbeddedHomeserver
from storage import outbox
from storage.outbox import Draft
from storage.session import Session
from tests.e2e.encrypted import ENCRYPTED, asking, nothing_clear, sent_by
from tests.e2e.faulty import answers_through_faults, until
from tests.e2e.kring import Kring, taken_in
from tests.support.faultproxy import FaultProxy, cut, delay, status
from tests.support.peer import Peer
from tests.support.synapse import PASSWORD, NewUser

pytestmark = pytest.mark.e2e

ENCRYPTION = {"algorithm": "m.megolm.v1.aes-sha2"}
FOR_EVER = 10_000


@pytest.fixture
def quick_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries follow each other at once."""
    monkeypatch.setattr("bot.sender.pause", lambda *_, **__: 0.03)


def notice(room: str | None, text: str, user: str | None = None) -> Draft:
    content = {"msgtype": "m.notice", "body": text, "m.mentions": {}}
    return Draft("m.room.message", content, room_id=room, user_id=user)


async def speaks(app: App, draft: Draft) -> None:
    """Have the bot say something by itself."""
    now = milliseconds(app.clock.now())
    await app.database.write(lambda s: outbox.add(s, draft, now=now))
    await app.sender.look_again()


@pytest.mark.usefixtures("quick_pauses")
async def test_random_faults(
    kring: Kring, homeserver: EmbeddedHomeserver, new_user: NewUser
) -> None:
    anna = await new_user("anna", encrypts=True)
    rooms = await answers_through_faults(kring, homeserver, anna, 3, **ENCRYPTED)
    await nothing_clear(anna, kring.user_id, *rooms)


@pytest.mark.usefixtures("quick_pauses")
async def test_what_fails_while_a_key_is_shared_is_done_again(
    kring: Kring, homeserver: EmbeddedHomeserver, new_user: NewUser
) -> None:
    anna = await new_user("anna", encrypts=True)
    async with FaultProxy(homeserver.base_url) as proxy:
        async with kring.running(homeserver=proxy.base_url) as app:
            # More often than the bot is patient: nobody else is there who could read meanwhile.
            claims = proxy.fail(asking("/keys/claim"), status(502), 6)
            queries = proxy.fail(asking("/keys/query"), status(503), 5)
            shares = proxy.fail(asking("/sendToDevice/"), cut(after=True, midway=True), 2)
            first = await kring.invited_by(anna, **ENCRYPTED)
            await kring.arrives(anna, first)
            await taken_in(app, first)
            await speaks(app, notice(first, "one"))
            await anna.expect(first, "one")
            assert (claims.done, queries.done, shares.done) == (6, 5, 2)
            assert app.sender.failed == 0
            ben = await new_user("ben", encrypts=True)
            second = await kring.invited_by(ben, **ENCRYPTED)
            await kring.arrives(ben, second)
            await taken_in(app, second)
            stuck = proxy.fail(asking("/keys/claim"), delay(60))
            await speaks(app, notice(second, "two"))
            await until(lambda: stuck.done == 1)
            await anna.send(first, "!echo three")
            await anna.expect(first, "echo three")
        async with kring.running(homeserver=proxy.base_url):
            await ben.expect(second, "two")
            await ben.send(second, "!echo four")
            await ben.expect(second, "echo four")
    assert kring.said(anna, first) == ["one", "echo three"]
    assert kring.said(ben, second) == ["two", "echo four"]
    await nothing_clear(anna, kring.user_id, first)
    await nothing_clear(ben, kring.user_id, second)


@pytest.mark.usefixtures("quick_pauses")
async def test_those_who_are_known_do_not_wait_for_ever_for_those_who_are_not(
    kring: Kring, homeserver: EmbeddedHomeserver, new_user: NewUser
) -> None:
    anna = await new_user("anna", encrypts=True)
    room = await kring.invited_by(anna, **ENCRYPTED)
    async with FaultProxy(homeserver.base_url) as proxy, kring.running(homeserver=proxy.base_url):
        await kring.arrives(anna, room)
        await anna.send(room, "!echo one")
        await anna.expect(room, "echo one")
        for path in ("/keys/query", "/keys/claim"):
            ben = await new_user("ben", encrypts=True, accept_invites=True)
            fault = proxy.fail(asking(path), status(500), FOR_EVER)
            await anna.invite(room, ben.user_id)
            await ben.wait_until(lambda ben=ben: room in ben.joined)  # type: ignore[misc]  # a default binds the loop's value
            await anna.send(room, f"!echo without {path}")
            await anna.expect(room, f"echo without {path}")
            assert 0 < fault.done < 20
            proxy.heal()
        await anna.send(room, "!echo two")
        await ben.expect(room, "echo two")
    await nothing_clear(anna, kring.user_id, room)


def forget_encryption(session: Session) -> None:
    session.run("UPDATE rooms SET encryption = NULL, version = NULL")


@pytest.mark.usefixtures("quick_pauses")
async def test_a_room_whose_state_was_lost_is_asked_for_it(
    kring: Kring, homeserver: EmbeddedHomeserver, new_user: NewUser
) -> None:
    anna = await new_user("anna", encrypts=True)
    room = await kring.invited_by(anna, **ENCRYPTED)
    async with FaultProxy(homeserver.base_url) as proxy:
        async with kring.running(homeserver=proxy.base_url) as app:
            await kring.arrives(anna, room)
            await anna.send(room, "!echo one")
            await anna.expect(room, "echo one")
            proxy.fail(asking("/state"), status(500), 2)
            await app.database.write(forget_encryption)
            await anna.send(room, "!echo two")
            await anna.expect(room, "echo two", 20)
            await app.database.write(forget_encryption)
        proxy.fail(asking("/state"), status(500), 2)
        await kring.queue(milliseconds(SystemClock().now()), notice(room, "early"))
        async with kring.running(homeserver=proxy.base_url):
            await anna.send(room, "!echo three")
            await anna.expect(room, "echo three", 20)
    assert kring.said(anna, room) == ["echo one", "echo two", "early", "echo three"]
    await nothing_clear(anna, kring.user_id, room)


async def test_a_room_that_becomes_encrypted_while_the_bot_runs_and_while_it_does_not(
    kring: Kring, new_user: NewUser
) -> None:
    anna = await new_user("anna", encrypts=True)
    rooms = [await kring.invited_by(anna, name=f"Room {n}") for n in range(2)]

    async def encrypt(room: str) -> None:
        await anna.set_state(room, "m.room.encryption", ENCRYPTION)
        await anna.wait_until(lambda: ("m.room.encryption", "") in anna.states[room])

    async with kring.running():
        await kring.arrives(anna, *rooms)
        for room in rooms:
            await anna.send(room, "!echo clear")
            await anna.expect(room, "echo clear")
        await encrypt(rooms[0])
        await anna.send(rooms[0], "!echo secret")
        await anna.expect(rooms[0], "echo secret")
    # It waits in the outbox when the bot starts, before it heard of the encryption.
    await kring.queue(milliseconds(SystemClock().now()), notice(rooms[1], "secret"))
    await encrypt(rooms[1])
    async with kring.running():
        await anna.expect(rooms[1], "secret")
        await anna.send(rooms[1], "!echo more secret")
        await anna.expect(rooms[1], "echo more secret")
    for room in rooms:
        kinds = [event["type"] for event in await sent_by(anna, room, kring.user_id)]
        assert kinds[0] == "m.room.message"
        assert set(kinds[1:]) == {"m.room.encrypted"}


async def whispered(peer: Peer, text: str, known: set[str]) -> str:
    """Wait for the direct chat in which that is said; its id."""
    await peer.wait_until(lambda: bool(peer.joined - known))
    (room,) = peer.joined - known
    await peer.expect(room, text)
    return room


async def test_one_encrypted_direct_chat_with_each_person_even_after_the_folder_was_lost(
    kring: Kring, new_user: NewUser, tmp_path: Path
) -> None:
    anna = await new_user("anna", encrypts=True, accept_invites=True)
    room = await kring.invited_by(anna, **ENCRYPTED)
    copy = tmp_path / "restored" / "kring.db"
    copy.parent.mkdir()
    async with kring.running(
        direct_chats_encrypted=True, access_token=None, password=PASSWORD
    ) as app:
        await kring.arrives(anna, room)
        await anna.send(room, "!whisper one")
        direct = await whispered(anna, "psst one", {room})
        assert await anna.state(direct, "m.room.encryption") == ENCRYPTION
        await anna.send(room, "!whisper two")
        await anna.expect(direct, "psst two")
        key = await stored_recovery_key(app.database, app.encryption.vault)
        first = app.encryption.own.device_id
        await app.database.backup(copy)
    for folder in (tmp_path / "empty", copy.parent):
        async with kring.running(
            direct_chats_encrypted=True,
            access_token=None,
            password=PASSWORD,
            data=folder,
            recovery_key=key,
        ) as app:
            assert app.encryption.own.device_id != first
            await anna.send(room, f"!whisper {folder.name}")
            await anna.expect(direct, f"psst {folder.name}")
    assert anna.joined == {room, direct}
    await nothing_clear(anna, kring.user_id, direct)
    assert not await sent_by(anna, room, kring.user_id)
