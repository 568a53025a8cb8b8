"""Who is given a room's session, from where on, and when a new one begins."""

from __future__ import annotations

from typing import Any

import pytest

from bot.crypto.policy import Policy
from bot.crypto.taken import Unreadable
from bot.errors import HomeserverError
from storage import rooms
from storage.session import Session
from tests.bot.crypto.keyserver import ROOM, KeyServer, MovingClock, NewParty, Party

BOT, ANNA = "@kring:x", "@anna:x"


async def direct(bot: Party) -> None:
    def store(session: Session) -> None:
        rooms.set_joined(session, ROOM, True, None)
        rooms.set_kind(session, ROOM, "direct", direct_user=ANNA)

    await bot.database.write(store)


async def test_only_the_first_device_of_a_person_reads_what_was_said_before(
    new_party: NewParty,
) -> None:
    bot = await new_party(BOT)
    await bot.sees(BOT, ANNA)
    await direct(bot)
    early = await bot.says("early")
    first = await new_party(ANNA, "FIRST")
    await bot.hears(changed=(ANNA,))
    await first.hears()
    assert await first.reads(early) == "early"
    second = await new_party(ANNA, "SECOND")
    await bot.hears(changed=(ANNA,))
    late = await bot.says("late")
    await second.hears()
    assert await second.reads(late) == "late"
    with pytest.raises(Unreadable):
        await second.reads(early)


async def test_nobody_reads_what_was_said_in_a_room_before_they_had_a_device(
    new_party: NewParty,
) -> None:
    bot = await new_party(BOT)
    await bot.sees(BOT, ANNA)
    early = await bot.says("early")
    anna = await new_party(ANNA)
    await bot.hears(changed=(ANNA,))
    late = await bot.says("late")
    await anna.hears()
    assert await anna.reads(late) == "late"
    with pytest.raises(Unreadable):
        await anna.reads(early)


async def test_a_device_for_which_nobody_vouches_any_more_reads_no_further(
    new_party: NewParty, server: KeyServer
) -> None:
    bot = await new_party(BOT, policy=Policy(only_cross_signed=True))
    anna = await new_party(ANNA)
    unsigned = server.devices[anna.place]
    server.vouch(*anna.place)
    await bot.sees(BOT, ANNA)
    event = await bot.says("trusted")
    await anna.hears()
    assert await anna.reads(event) == "trusted"
    server.devices[anna.place] = unsigned
    await bot.hears(changed=(ANNA,))
    event = await bot.says("no more")
    await anna.hears()
    with pytest.raises(Unreadable):
        await anna.reads(event)


async def test_a_new_device_under_an_old_name_is_another_one(
    new_party: NewParty, server: KeyServer
) -> None:
    """The old one reads no further, though its name is listed again."""
    bot, old = await new_party(BOT), await new_party(ANNA)
    await bot.sees(BOT, ANNA)
    await bot.says("to the old one")
    await old.hears()
    del server.devices[old.place]
    server.pool.pop(old.place)
    await bot.hears(changed=(ANNA,))
    await bot.engine.fetch_devices(ANNA)
    new = await new_party(ANNA, again=" again")
    await bot.hears(changed=(ANNA,))
    event = await bot.says("to the new one")
    waiting = list(server.waiting[new.place])
    await new.hears()
    assert await new.reads(event) == "to the new one"
    server.waiting[old.place] = waiting
    await old.hears()
    with pytest.raises(Unreadable):
        await old.reads(event)


@pytest.mark.parametrize("status", [400, 413])
async def test_a_key_that_is_refused_for_good_is_given_again_later(
    new_party: NewParty, server: KeyServer, clock: MovingClock, status: int
) -> None:
    bot, anna = await new_party(BOT), await new_party(ANNA)
    await bot.sees(BOT, ANNA)
    server.fails = lambda _user, path: (
        HomeserverError("M_TOO_LARGE", status)
        if "/sendToDevice/m.room.encrypted/" in path
        else None
    )
    lost = await bot.says("lost")
    sent = server.count("/sendToDevice/")
    await bot.says("lost too")
    assert server.count("/sendToDevice/") == sent, "not with each message"
    server.fails = lambda _user, _path: None
    clock.forward(seconds=3)
    event = await bot.says("heard")
    await anna.hears()
    assert await anna.reads(event) == "heard"
    with pytest.raises(Unreadable):
        await anna.reads(lost)


async def test_what_a_refused_key_kept_from_a_person_is_theirs_to_read_later(
    new_party: NewParty, server: KeyServer, clock: MovingClock
) -> None:
    bot, anna = await new_party(BOT), await new_party(ANNA)
    await bot.sees(BOT, ANNA)
    await direct(bot)
    server.fails = lambda _user, path: (
        HomeserverError("M_TOO_LARGE", 413) if "/sendToDevice/m.room.encrypted/" in path else None
    )
    event = await bot.says("early")
    server.fails = lambda _user, _path: None
    clock.forward(seconds=3)
    await bot.engine.keep_up()
    await anna.hears()
    assert await anna.reads(event) == "early"


async def test_whoever_leaves_at_the_last_moment_reads_no_further(
    new_party: NewParty, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whenever a key is sent, the members change once more, until there is no time left to look again."""
    users = [BOT, ANNA, "@ben:x", "@carla:x", "@dora:x"]
    bot, anna, ben, *_ = [await new_party(user) for user in users]
    await bot.sees(*users, room="!other:x")
    await bot.says("elsewhere", room="!other:x")  # so that all are known
    _, _, b, c, d = users
    changes = [(BOT, ANNA, b, c), (BOT, ANNA, b, c, d), (BOT, ANNA, c, d)]
    login: Any = bot.engine._homeserver
    request = login.request

    async def moving(method: str, path: str, **given: Any) -> Any:
        if "/sendToDevice/" in path and changes:
            await bot.sees(*changes.pop(0))
        return await request(method, path, **given)

    monkeypatch.setattr(login, "request", moving)
    await bot.sees(BOT, ANNA, b)
    event = await bot.says("without ben")
    assert not changes
    await ben.hears()
    with pytest.raises(Unreadable):
        await ben.reads(event)
    await bot.engine.keep_up()
    await anna.hears()
    await ben.hears()
    assert await anna.reads(event) == "without ben"
    with pytest.raises(Unreadable):
        await ben.reads(event)


async def test_all_the_first_devices_of_a_person_read_what_was_said_before(
    new_party: NewParty, server: KeyServer
) -> None:
    """However many: they are served in batches, and each is given the whole key."""
    bot = await new_party(BOT)
    await bot.sees(BOT, ANNA)
    await direct(bot)
    early = await bot.says("early")
    anna = await new_party(ANNA, "0")
    own, signer = anna.engine.own, anna.engine.signer
    names = [f"{number:03}" for number in range(150)]
    for name in names:
        body = {
            "user_id": ANNA, "device_id": name, "algorithms": server.devices[anna.place]["algorithms"],
            "keys": {f"curve25519:{name}": own.curve25519, f"ed25519:{name}": own.ed25519},
        }  # fmt: skip
        mark = {ANNA: {f"ed25519:{name}": signer.signature(body)}}
        server.devices[ANNA, name] = {**body, "signatures": mark}
    await bot.hears(changed=(ANNA,))
    await bot.says("late")
    # All have the same identity key: what was said to the last of them can be read by the first.
    server.waiting[anna.place] = server.waiting[ANNA, names[-1]]
    await anna.hears()
    assert await anna.reads(early) == "early"
