"""The engine of encryption among a few devices: sessions that rotate, keys kept up, faults that heal."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.crypto import megolm, olm
from bot.crypto.policy import Policy
from bot.crypto.taken import Forged, Unreadable
from bot.errors import HomeserverError, Unreachable
from storage import inbox, rooms
from storage.crypto import devices, room_keys, unreadable
from storage.session import Session
from tests.bot.crypto.keyserver import ROOM, KeyServer, MovingClock, NewParty, Party

BOT, ANNA, BEN = "@kring:x", "@anna:x", "@ben:x"


async def test_a_session_is_changed_after_so_many_messages_and_so_long(
    new_party: NewParty, clock: MovingClock
) -> None:
    bot = await new_party(BOT, policy=Policy(rotate_messages=3, rotate_seconds=3600))
    anna = await new_party(ANNA)
    await bot.sees(BOT, ANNA)
    sessions = []
    for number in range(7):
        event = await bot.says(f"{number}")
        await anna.hears()
        assert await anna.reads(event) == f"{number}"
        sessions.append(event.content["session_id"])
    assert [sessions.index(one) for one in sessions] == [0, 0, 0, 3, 3, 3, 6]
    clock.forward(minutes=59)
    assert (await bot.says("young")).content["session_id"] == sessions[-1]
    clock.forward(minutes=2)
    old = await bot.says("old")
    assert old.content["session_id"] not in sessions
    clock.forward(days=-3)  # a clock that was put back keeps no session for ever
    assert (await bot.says("back")).content["session_id"] != old.content["session_id"]
    await bot.database.write(
        lambda s: rooms.apply_state(
            s, ROOM, {"type": "m.room.encryption",
                      "content": {"algorithm": "m.megolm.v1.aes-sha2", "rotation_period_msgs": 1}}
        )
    )  # fmt: skip
    assert len({(await bot.says("quick")).content["session_id"] for _ in range(3)}) == 3


async def test_whoever_left_or_logged_a_device_out_reads_no_further(
    new_party: NewParty, server: KeyServer
) -> None:
    bot, anna, ben = [await new_party(user) for user in (BOT, ANNA, BEN)]
    second = await new_party(ANNA, "SECOND")
    await bot.sees(BOT, ANNA, BEN)
    event = await bot.says("all")
    for party in (anna, second, ben):
        await party.hears()
        assert await party.reads(event) == "all"
    del server.devices[second.place]
    await bot.hears(changed=(ANNA,))
    event = await bot.says("without the second")
    await second.hears()
    with pytest.raises(Unreadable):
        await second.reads(event)
    for party in (anna, ben):
        await party.hears()
        assert await party.reads(event) == "without the second"
    await bot.sees(BOT, ANNA)
    event = await bot.says("without ben")
    await anna.hears()
    await ben.hears()
    assert await anna.reads(event) == "without ben"
    with pytest.raises(Unreadable):
        await ben.reads(event)


@pytest.mark.parametrize("path", ["/keys/claim", "/sendToDevice/"])
async def test_whoever_comes_or_goes_while_a_key_is_shared_is_seen(
    new_party: NewParty, server: KeyServer, path: str
) -> None:
    bot, anna, ben = [await new_party(user) for user in (BOT, ANNA, BEN)]
    other = "!other:x"
    await bot.sees(BOT, ANNA, BEN, room=other)  # both are known already, by another room
    await bot.sees(BOT, ANNA)
    await bot.says("elsewhere", room=other)
    moved = asyncio.Event()

    async def meanwhile(*users: str) -> Party:
        """Somebody new makes the bot ask, and while it does, the members change."""
        moved.clear()
        carla = await new_party(f"@carla{len(server.devices)}:x")
        server.fails = lambda _user, asked: moved.set() if path in asked else None
        await bot.sees(BOT, *users[0].split(), carla.user_id)
        writing = asyncio.create_task(bot.says("early"))
        await moved.wait()
        await bot.sees(BOT, *users[1].split(), carla.user_id)
        await writing
        return carla

    await meanwhile(ANNA, f"{ANNA} {BEN}")
    event = await bot.says("with ben")
    await ben.hears()
    assert await ben.reads(event) == "with ben"
    await meanwhile(f"{ANNA} {BEN}", ANNA)
    event = await bot.says("without ben")
    await ben.hears()
    await anna.hears()
    assert await anna.reads(event) == "without ben"
    with pytest.raises(Unreadable):
        await ben.reads(event)


async def test_newcomers_read_on_and_those_invited_unless_history_is_for_the_joined(
    new_party: NewParty,
) -> None:
    bot, anna, ben = [await new_party(user) for user in (BOT, ANNA, BEN)]
    await bot.sees(BOT, ANNA, invited=(BEN,))
    visibility = {"type": "m.room.history_visibility", "content": {"history_visibility": "joined"}}
    event = await bot.says("to the invited too")
    await ben.hears()
    assert await ben.reads(event) == "to the invited too"
    await bot.database.write(lambda s: rooms.apply_state(s, ROOM, visibility))
    hidden = await bot.says("to the joined")
    await ben.hears()
    with pytest.raises(Unreadable):
        await ben.reads(hidden)
    await bot.sees(BOT, ANNA, BEN)
    event = await bot.says("from now on")
    await ben.hears()
    assert await ben.reads(event) == "from now on"
    with pytest.raises(Unreadable):
        await ben.reads(hidden)
    await anna.hears()
    assert await anna.reads(hidden) == "to the joined"


async def test_a_person_in_two_rooms_has_a_session_for_each(new_party: NewParty) -> None:
    bot, anna = await new_party(BOT), await new_party(ANNA)
    other = "!other:x"
    await bot.sees(BOT, ANNA)
    await bot.sees(BOT, ANNA, room=other)
    here, there = await bot.says("here"), await bot.says("there", room=other)
    await anna.hears()
    assert await anna.reads(here) == "here"
    assert await anna.reads(there, room=other) == "there"
    with pytest.raises(Unreadable):
        await anna.reads(here, room=other)


async def test_only_cross_signed_devices_are_trusted_where_that_is_wanted(
    new_party: NewParty, server: KeyServer
) -> None:
    bot = await new_party(BOT, policy=Policy(only_cross_signed=True))
    good, bad = await new_party(ANNA, "GOOD"), await new_party(ANNA, "BAD")
    server.vouch(*good.place)
    await bot.sees(BOT, ANNA)
    event = await bot.says("for the signed")
    refused = [e for e in server.waiting[bad.place] if e["type"] == "m.room_key.withheld"]
    assert refused[0]["content"]["code"] == "m.unverified"
    await good.hears()
    await bad.hears()
    assert await good.reads(event) == "for the signed"
    with pytest.raises(Unreadable):
        await bad.reads(event)
    server.vouch(*bad.place)
    await bot.hears(changed=(ANNA,))
    event = await bot.says("for both")
    await bad.hears()
    assert await bad.reads(event) == "for both"


async def test_a_device_whose_one_time_keys_come_a_moment_after_it_reads_soon(
    new_party: NewParty, server: KeyServer, clock: MovingClock
) -> None:
    bot, anna, ben = [await new_party(user) for user in (BOT, ANNA, BEN)]
    late = [(party.place, server.pool.pop(party.place)) for party in (anna, ben)]
    fallback = [(party.place, server.fallback.pop(party.place)) for party in (anna, ben)]
    await bot.sees(BOT, ANNA, BEN)
    await anna.sees(BOT, ANNA, BEN)
    await bot.says("too soon for both")
    server.pool |= late
    server.fallback |= fallback
    await anna.says("who writes opens the way")
    await bot.hears()
    event = await bot.says("to anna")
    await anna.hears()
    assert await anna.reads(event) == "to anna"
    await ben.hears()
    with pytest.raises(Unreadable):
        await ben.reads(event)
    clock.forward(seconds=3)
    event = await bot.says("to both")
    for party in (anna, ben):
        await party.hears()
        assert await party.reads(event) == "to both"


async def test_a_device_that_never_has_one_time_keys_is_asked_for_them_now_and_then(
    new_party: NewParty, server: KeyServer, clock: MovingClock
) -> None:
    bot, anna = await new_party(BOT), await new_party(ANNA)
    server.pool.pop(anna.place), server.fallback.pop(anna.place)
    await bot.sees(BOT, ANNA)
    for _ in range(120):
        await bot.says("hello")
        clock.forward(seconds=10)
    assert server.count("/keys/claim") == 3


async def test_devices_that_changed_while_the_bot_was_away_are_fetched_again(
    new_party: NewParty,
) -> None:
    bot, anna = await new_party(BOT), await new_party(ANNA)
    await bot.sees(BOT, ANNA)
    await bot.says("one")
    phone = await new_party(ANNA, "PHONE")
    await bot.database.write(bot.engine.forget_lists)
    event = await bot.says("two")
    for party in (anna, phone):
        await party.hears()
        assert await party.reads(event) == "two"


async def test_one_time_keys_are_filled_up_and_an_upload_that_was_cut_off_is_repeated(
    new_party: NewParty, server: KeyServer
) -> None:
    bot = await new_party(BOT)
    full = len(server.pool[bot.place])
    assert full >= 50
    for _ in range(full - 24):
        server.claim({BOT: {"D": "signed_curve25519"}})
    cut_off: list[dict[str, object]] = []
    upload = server.upload

    def lose(place: tuple[str, str], body: dict[str, object]) -> dict[str, object]:
        cut_off.append(dict(body))
        upload(place, body)
        raise Unreachable("cut")

    server.upload = lose  # type: ignore[method-assign,assignment]  # a homeserver whose answer is lost
    with pytest.raises(Unreachable):
        await bot.hears()
    server.upload = upload  # type: ignore[method-assign]
    # A new process takes it up.
    again = await new_party(BOT)
    before = dict(server.pool[bot.place])
    await again.hears()
    sent = cut_off[0]["one_time_keys"]
    assert isinstance(sent, dict) and set(sent) <= set(server.pool[bot.place])
    assert before.items() <= server.pool[bot.place].items()
    # Each of them works: somebody begins a session by it.
    anna = await new_party(ANNA)
    await anna.sees(BOT, ANNA)
    event = await anna.says("hello")
    await again.hears()
    assert await again.reads(event) == "hello"


async def test_a_fallback_key_serves_when_the_pool_is_empty_and_is_replaced(
    new_party: NewParty, server: KeyServer
) -> None:
    bot = await new_party(BOT)
    server.pool[bot.place].clear()
    old = server.fallback[bot.place]
    people = [await new_party(f"@p{n}:x") for n in range(2)]
    events = []
    for person in people:
        await person.sees(BOT, person.user_id)
        events.append(await person.says(f"from {person.user_id}"))
    await bot.hears()
    for event in events:
        assert await bot.reads(event) == f"from {event.sender}"
    assert server.fallback[bot.place] != old
    assert len(server.pool[bot.place]) >= 50


async def test_an_olm_session_that_broke_is_replaced(
    new_party: NewParty, tmp_path: Path, clock: MovingClock
) -> None:
    bot, anna = await new_party(BOT), await new_party(ANNA)
    for party in (bot, anna):
        await party.sees(BOT, ANNA)
    await bot.says("known")
    await anna.hears()
    await anna.says("known")
    await bot.hears()
    await bot.says("known")
    await anna.hears()
    path = tmp_path / f"{ANNA} D.db"
    copy = tmp_path / "copy.db"
    shutil.copy(path, copy)
    for suffix in ("-wal", "-shm"):
        if (found := path.with_name(path.name + suffix)).exists():
            shutil.copy(found, copy.with_name(copy.name + suffix))
    # Both sides speak on, so that the copy is behind.
    for _ in range(3):
        await anna.says("later")
        await anna.sees(ANNA)
        await anna.says("rotated")
        await anna.sees(BOT, ANNA)
        await anna.says("again")
        await bot.hears()
    async with AsyncExitStack() as stack:
        old = await Party.open(bot.server, clock, copy, ANNA, "D", stack)
        await old.sees(ANNA)
        await old.says("alone")
        await old.sees(BOT, ANNA)
        event = await old.says("from the copy")
        assert await bot.hears() == []
        with pytest.raises(Unreadable):
            await bot.reads(event)
        clock.forward(seconds=1)
        await old.hears()  # the bot's m.dummy, by which a new session begins
        await old.sees(ANNA)
        await old.says("alone")
        await old.sees(BOT, ANNA)
        event = await old.says("healed")
        assert len(await bot.hears()) == 1
        assert await bot.reads(event) == "healed"


async def test_a_stranger_whose_first_message_cannot_be_read_is_answered_with_a_new_session(
    new_party: NewParty, server: KeyServer, clock: MovingClock
) -> None:
    bot, anna = await new_party(BOT), await new_party(ANNA)
    # What the homeserver hands out for the bot's device, the bot does not know any more.
    server.pool[bot.place] = {
        "signed_curve25519:A": bot.engine.signer.sign({"key": anna.engine.own.curve25519})
    }
    await anna.sees(BOT, ANNA)
    lost = await anna.says("lost")
    assert await bot.hears() == []
    with pytest.raises(Unreadable):
        await bot.reads(lost)
    clock.forward(seconds=1)
    await anna.hears()
    await anna.sees(ANNA)
    await anna.says("alone")
    await anna.sees(BOT, ANNA)
    event = await anna.says("found")
    assert len(await bot.hears()) == 1
    assert await bot.reads(event) == "found"
    queries = server.count("/keys/query")
    for _ in range(3):  # a device that nobody lists is asked for no more than once
        await bot.database.write(lambda s: devices.to_repair(s, ANNA, "A" * 43))
        await bot.engine.keep_up()
    assert server.count("/keys/query") == queries
    assert await bot.database.read(lambda s: devices.strange_repairs(s, 9)) == []


async def test_hundreds_of_devices_are_served_in_batches_while_another_room_goes_on(
    new_party: NewParty, server: KeyServer
) -> None:
    bot, anna, crowd = await new_party(BOT), await new_party(ANNA), await new_party(BEN, "0")
    other = "!other:x"
    signer = crowd.engine.signer
    for number in range(1, 300):
        place = BEN, f"{number}"
        own = crowd.engine.own
        keys = {f"curve25519:{number}": own.curve25519, f"ed25519:{number}": own.ed25519}
        body = {
            "user_id": BEN, "device_id": f"{number}",
            "algorithms": ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"], "keys": keys,
        }  # fmt: skip
        mark = signer.signature(body)
        server.devices[place] = {**body, "signatures": {BEN: {f"ed25519:{number}": mark}}}
        key = {"key": next(iter(server.pool[crowd.place].values()))["key"]}
        mark = signer.signature(key)
        one_time = {**key, "signatures": {BEN: {f"ed25519:{number}": mark}}}
        server.pool[place] = {"signed_curve25519:A": one_time}
    await bot.sees(BOT, BEN)
    await bot.sees(BOT, ANNA, room=other)
    await bot.says("known", room=other)
    server.asked.clear()
    large = asyncio.create_task(bot.says("large"))
    await asyncio.sleep(0)
    small = await bot.says("small", room=other)
    assert not large.done()
    await large
    await anna.hears()
    assert await anna.reads(small, room=other) == "small"
    assert server.count("/keys/query") == 1
    # All have the same identity key, so that one session serves them all.
    assert server.count("/keys/claim") <= 2
    assert server.count("/sendToDevice/") == 3
    server.asked.clear()
    await bot.says("more")
    assert server.asked == []


async def test_a_homeserver_that_refuses_for_good_stops_no_message(
    new_party: NewParty, server: KeyServer
) -> None:
    bot, anna = await new_party(BOT), await new_party(ANNA)
    await bot.sees(BOT, ANNA)
    await bot.says("one")
    ben = await new_party(BEN)
    await bot.sees(BOT, ANNA, BEN)
    server.fails = lambda _user, path: (
        HomeserverError("M_INVALID_PARAM", 400) if "/keys/" in path else None
    )
    event = await bot.says("two")
    server.fails = lambda _user, _path: None
    await anna.hears()
    assert await anna.reads(event) == "two"
    await ben.hears()
    with pytest.raises(Unreadable):
        await ben.reads(event)


def forged(value: dict[str, Any]) -> dict[str, Any]:
    return {**value, "signatures": {user: dict.fromkeys(keys, "A" * 86) for user, keys in
                                    value["signatures"].items()}}  # fmt: skip


async def test_devices_and_keys_that_are_none_keep_nobody_from_theirs(
    new_party: NewParty, server: KeyServer, clock: MovingClock
) -> None:
    bot, anna, ben = [await new_party(user) for user in (BOT, ANNA, BEN)]
    wrong: tuple[Any, ...] = ("", "A" * 42, "A" * 43, "A" * 44, "BQ" * 22, "é" * 43, None, [], {})
    keys = server.devices[BEN, "D"]
    for number, public in enumerate(wrong):
        for own in ({"curve25519": public}, {"ed25519": public}):
            name = f"{number}{next(iter(own))}"
            published = {
                f"{kind}:{name}": ben.engine.own.ed25519 for kind in ("ed25519", "curve25519")
            }
            published |= {f"{kind}:{name}": value for kind, value in own.items()}
            body = {**keys, "device_id": name, "keys": published}
            body["signatures"] = {BEN: {f"ed25519:{name}": ben.engine.signer.signature(body)}}
            server.devices[BEN, name] = body
    server.devices |= {(BEN, f"x{n}"): {**keys, "device_id": f"x{n}"} for n in range(3000)}
    server.devices |= {(BEN, f"y{n}"): value for n, value in enumerate((*wrong, {"keys": wrong}))}
    # All of ben's one-time keys bear a wrong signature: he gets nothing, and anna does.
    server.pool[ben.place] = {k: forged(v) for k, v in server.pool[ben.place].items()}
    await bot.sees(BOT, ANNA, BEN)
    event = await bot.says("one")
    await anna.hears()
    assert await anna.reads(event) == "one"
    await ben.hears()
    with pytest.raises(Unreadable):
        await ben.reads(event)
    claims = server.count("/keys/claim")
    for _ in range(5):
        await bot.says("again")
    assert server.count("/keys/claim") == claims, "who has no key is not asked again at once"
    server.pool[ben.place].clear()
    clock.forward(minutes=16)
    event = await bot.says("later")
    await ben.hears()
    assert await ben.reads(event) == "later"


async def test_the_key_of_somebody_else_is_of_no_use(
    new_party: NewParty, server: KeyServer
) -> None:
    """Mallory lists anna's identity key as her own device's: what is said to it, she cannot read."""
    bot, anna, mallory = [await new_party(user) for user in (BOT, ANNA, BEN)]
    body = dict(server.devices[mallory.place])
    body["keys"] = {**body["keys"], "curve25519:D": anna.engine.own.curve25519}
    mark = mallory.engine.signer.signature(body)
    server.devices[mallory.place] = {**body, "signatures": {BEN: {"ed25519:D": mark}}}
    await bot.sees(BOT, ANNA, BEN)
    event = await bot.says("for anna")
    await anna.hears()
    assert await anna.reads(event) == "for anna"
    await mallory.hears()
    with pytest.raises(Unreadable):
        await mallory.reads(event)
    # Neither may she hand over a key as if it were anna's.
    await mallory.sees(BOT, ANNA, BEN)
    stolen = await mallory.says("as anna")
    await bot.hears()
    with pytest.raises(Unreadable):
        await bot.reads(replace(stolen, sender=ANNA))


async def test_nobody_is_muted_by_handing_over_their_key_first(new_party: NewParty) -> None:
    """Mallory was given anna's session, and tells the bot that it is hers, before anna's key comes."""
    bot, anna, mallory = [await new_party(user) for user in (BOT, ANNA, BEN)]
    await anna.sees(ANNA, BEN)
    await anna.says("among friends")
    outbound = await anna.database.read(lambda s: room_keys.outbound(s, ROOM))
    assert outbound is not None
    theirs = megolm.key_of(anna.engine.own, outbound, whole=True)
    await mallory.sees(BOT, ANNA, BEN)
    await mallory.says("hello")
    (known,) = await mallory.database.read(lambda s: devices.of_user(s, BOT))
    sealed = await mallory.database.write(
        lambda s: olm.encrypt(s, mallory.engine.own, known, "m.room_key", theirs)
    )
    mallory.server.send(
        BEN, "/sendToDevice/m.room.encrypted/1", {"messages": {BOT: {known.device_id: sealed}}}
    )
    await bot.hears()
    await anna.sees(BOT, ANNA, BEN)
    event = await anna.says("to all")
    with pytest.raises(Unreadable):
        await bot.reads(event)
    await bot.hears()
    assert await bot.reads(event) == "to all"


async def test_a_message_of_another_place_or_time_is_refused(new_party: NewParty) -> None:
    bot, anna, ben = [await new_party(user) for user in (BOT, ANNA, BEN)]
    await anna.sees(BOT, ANNA, BEN)
    event = await anna.says("once")
    await bot.hears()
    assert await bot.reads(event) == "once"
    assert await bot.reads(event) == "once"  # a homeserver may repeat itself
    with pytest.raises(Forged):
        await bot.reads(replace(event, event_id="$replayed"))
    with pytest.raises(Unreadable):
        await bot.reads(replace(event, event_id="$x", sender=BEN))
    assert ben.user_id == BEN


async def test_upkeep_ends_when_it_is_told_to_while_it_is_woken(new_party: NewParty) -> None:
    bot = await new_party(BOT)
    task = asyncio.create_task(bot.engine.run())
    for _ in range(20):
        await asyncio.sleep(0.005)
    bot.engine.wake()
    await asyncio.sleep(0)
    task.cancel()
    done, _ = await asyncio.wait([task], timeout=2)
    assert done


async def test_a_room_whose_keys_cannot_be_sent_holds_up_no_other(
    new_party: NewParty, server: KeyServer
) -> None:
    bot, anna, ben = [await new_party(user) for user in (BOT, ANNA, BEN)]
    first, second = "!a:x", "!b:x"
    await bot.sees(BOT, ANNA, room=first)
    await bot.sees(BOT, BEN, room=second)
    server.fails = lambda _user, path: Unreachable("cut") if "/sendToDevice/" in path else None
    await bot.says("to anna", room=first, patient=False)
    event = await bot.says("to ben", room=second, patient=False)
    refused: list[str] = []

    def first_only(_user: str, path: str) -> Exception | None:
        if "/sendToDevice/" not in path or refused not in ([], [path]):
            return None
        refused[:] = [path]
        return Unreachable("cut")

    server.fails = first_only
    with pytest.raises(Unreachable):
        await bot.engine.keep_up()
    await ben.hears()
    assert await ben.reads(event, room=second) == "to ben"
    assert server.waiting[anna.place] == []


async def test_a_backup_that_fails_is_asked_again_before_the_sender_is(
    new_party: NewParty, server: KeyServer, clock: MovingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot, anna = await new_party(BOT), await new_party(ANNA)
    await anna.sees(ANNA)
    event = await anna.says("not for the bot")
    session_id = event.content["session_id"]

    def store(session: Session) -> None:
        number = inbox.add(
            session, event_id=event.event_id, kind="encrypted", lane=ROOM, room_id=ROOM,
            sender=ANNA, body={}, sent_at=1, now=1,
        )  # fmt: skip
        assert number is not None
        unreadable.add(session, number, ROOM, session_id, ANNA)

    await bot.database.write(store)
    asked: list[tuple[str, str]] = []
    failures: list[Exception] = [HomeserverError("M_UNKNOWN", 500), Unreachable("cut")]

    async def fetch(*key: str) -> bool:
        asked.append((key[0], key[1]))
        if failures:
            raise failures.pop(0)
        return False

    monkeypatch.setattr(bot.engine.backup, "fetch", fetch)
    monkeypatch.setattr(bot.engine._upkeep, "_has_identity", lambda: True)
    monkeypatch.setattr(bot.engine._upkeep, "_back_up", bot.engine.publish)
    for _ in range(2):
        with pytest.raises((HomeserverError, Unreachable)):
            await bot.engine.keep_up()
        assert server.count("m.room_key_request") == 0
    for _ in range(3):
        await bot.engine.keep_up()
    assert asked == [(ROOM, session_id)] * 3
    assert server.count("m.room_key_request") == 1
