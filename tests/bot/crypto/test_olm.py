"""What one device says to another, and what a hostile device or homeserver makes of that."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import vodozemac

from bot.crypto import olm
from bot.crypto.account import MEGOLM, OLM
from bot.crypto.signing import b64, canonical
from bot.errors import HomeserverError
from storage.crypto import devices, olm_sessions, outgoing
from storage.session import Session
from tests.bot.crypto.keyserver import KeyServer, MovingClock, Party

BOT, ANNA, BEN = "@kring:x", "@anna:x", "@ben:x"
NewParty = Callable[[str], Awaitable[Party]]


@pytest.fixture
def server() -> KeyServer:
    return KeyServer()


@pytest_asyncio.fixture
async def new_party(server: KeyServer, tmp_path: Path) -> AsyncIterator[NewParty]:
    async with AsyncExitStack() as stack:

        async def make(user: str) -> Party:
            path = tmp_path / f"{user}.db"
            return await Party.open(server, MovingClock(), path, user, "D", stack)

        yield make


async def sealed(sender: Party, bot: Party, said: dict[str, Any]) -> dict[str, Any]:
    """What the sender's device says to the bot's through the session that they have."""
    own, curve25519 = sender.engine.own, bot.engine.own.curve25519

    def write(session: Session) -> dict[str, Any]:
        known = olm_sessions.newest(session, BOT, curve25519)
        assert known is not None
        through = vodozemac.Session.from_pickle(known.pickle, own.pickle_key)
        kind, body = through.encrypt(canonical(said)).to_parts()
        olm_sessions.save(session, replace(known, pickle=through.pickle(own.pickle_key)))
        return {
            "algorithm": OLM,
            "sender_key": own.curve25519,
            "ciphertext": {curve25519: {"type": kind, "body": b64(body)}},
        }

    return await sender.database.write(write)


@pytest.mark.parametrize(
    "part",
    [{"sender": BEN}, {"recipient": BEN}, {"recipient_keys": {"ed25519": "A" * 43}}],
    ids=lambda part: next(iter(part)),
)
async def test_what_was_said_by_or_to_another_is_refused(
    new_party: NewParty, part: dict[str, Any]
) -> None:
    bot, anna = await new_party(BOT), await new_party(ANNA)
    await anna.sees(BOT, ANNA)
    await anna.says("hello")
    await bot.hears()
    said = {
        "type": "m.dummy",
        "content": {},
        "sender": ANNA,
        "keys": {"ed25519": anna.engine.own.ed25519},
        "recipient": BOT,
        "recipient_keys": {"ed25519": bot.engine.own.ed25519},
    }

    async def taken(said: dict[str, Any]) -> olm.Plain | None:
        message = await sealed(anna, bot, said)
        return await bot.database.write(lambda s: olm.decrypt(s, bot.engine.own, ANNA, message, 2))

    plain = await taken(said)
    assert plain is not None and plain.type == "m.dummy"
    with pytest.raises(ValueError, match="somebody else"):
        await taken(said | part)


async def test_a_one_time_key_that_the_homeserver_hands_out_twice_serves_once(
    new_party: NewParty, server: KeyServer
) -> None:
    bot, anna, ben = [await new_party(user) for user in (BOT, ANNA, BEN)]
    handed_out = dict(server.pool[bot.place])
    await anna.sees(BOT, ANNA)
    await anna.says("first")
    assert len(await bot.hears()) == 1
    server.pool[bot.place] = handed_out
    await ben.sees(BOT, BEN)
    await ben.says("second")
    assert await bot.hears() == []


async def test_a_device_with_keys_that_are_none_stops_no_upkeep(
    new_party: NewParty, server: KeyServer
) -> None:
    """No session can be made with it, though what came from it asks for one."""
    bot, mallory = await new_party(BOT), await new_party(BEN)
    body = dict(server.devices[mallory.place])
    body["keys"] = {**body["keys"], "curve25519:D": "A" * 43}
    mark = mallory.engine.signer.signature(body)
    server.devices[mallory.place] = {**body, "signatures": {BEN: {"ed25519:D": mark}}}
    await mallory.sees(BOT, BEN)
    await mallory.says("hello")
    ((event,), server.waiting[bot.place]) = server.waiting[bot.place], []
    ciphertext = event["content"]["ciphertext"][bot.engine.own.curve25519]
    event["content"]["sender_key"] = "A" * 43
    assert ciphertext["type"] == 0
    server.waiting[bot.place] = [event]
    await bot.hears()
    assert await bot.database.read(lambda s: devices.repairs(s, 9)) == []
    assert await bot.database.read(lambda s: outgoing.waiting(s, limit=9)) == []


async def test_broken_sessions_are_replaced_together(
    new_party: NewParty, server: KeyServer
) -> None:
    """Each of their homeservers may be slow to answer: they are not waited for one after another."""
    bot, *others = [await new_party(user) for user in (BOT, ANNA, BEN, "@cleo:x")]
    await bot.sees(*(party.user_id for party in others))

    def broken(session: Session) -> None:
        for party in others:
            devices.to_repair(session, party.user_id, party.engine.own.curve25519)

    await bot.database.write(broken)
    await bot.engine.keep_up()
    assert (server.count("/keys/query"), server.count("/keys/claim")) == (5, 1)
    assert all(len(server.waiting[party.place]) == 1 for party in others)


async def test_a_user_of_whom_the_homeserver_says_nothing_keeps_nobody_from_a_new_session(
    new_party: NewParty, server: KeyServer
) -> None:
    bot, anna = await new_party(BOT), await new_party(ANNA)

    def broken(session: Session) -> None:
        devices.to_repair(session, ANNA, anna.engine.own.curve25519)
        devices.to_repair(session, BEN, "B" * 43)

    await bot.database.write(broken)
    query = server.query

    def refusing(users: Any) -> dict[str, Any]:
        if BEN in users:
            raise HomeserverError("M_UNKNOWN", 500, "no")
        return query(users)

    server.query = refusing  # type: ignore[method-assign]  # a homeserver with a fault
    with pytest.raises(HomeserverError):
        await bot.engine.keep_up()
    assert len(server.waiting[anna.place]) == 1


async def test_the_key_that_seals_what_is_kept_stands_in_no_repr(new_party: NewParty) -> None:
    own = (await new_party(BOT)).engine.own
    assert repr(own.pickle_key) not in repr(own)


async def test_a_key_that_was_not_asked_for_is_not_taken_from_others_hands(
    new_party: NewParty, server: KeyServer
) -> None:
    bot, anna = await new_party(BOT), await new_party(ANNA)
    await anna.sees(BOT, ANNA)
    await anna.says("hello")
    await bot.hears()
    key = vodozemac.InboundGroupSession(vodozemac.GroupSession().session_key)
    exported = key.export_at(0)
    assert exported is not None
    content = {
        "algorithm": MEGOLM,
        "room_id": "!room:x",
        "session_id": key.session_id,
        "session_key": exported.to_base64(),
        "sender_key": anna.engine.own.curve25519,
    }
    said = {
        "type": "m.forwarded_room_key",
        "content": content,
        "sender": ANNA,
        "keys": {"ed25519": anna.engine.own.ed25519},
        "recipient": BOT,
        "recipient_keys": {"ed25519": bot.engine.own.ed25519},
    }
    message = {BOT: {bot.engine.own.device_id: await sealed(anna, bot, said)}}
    server.send(ANNA, "/sendToDevice/m.room.encrypted/1", {"messages": message})
    assert await bot.hears() == []


async def test_what_the_homeserver_repeats_is_taken_in_once(new_party: NewParty) -> None:
    bot = await new_party(BOT)
    event = {"type": "m.key.verification.cancel", "sender": ANNA, "content": {}}

    def take(session: Session) -> bool:
        return bot.engine.take_to_device(session, event, 1) is not None

    assert [await bot.database.write(take) for _ in range(2)] == [True, False]
