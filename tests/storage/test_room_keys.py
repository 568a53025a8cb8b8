"""Which of two copies of a key stays, whose it is, and which lists of devices are taken over."""

from __future__ import annotations

from dataclasses import replace

from storage import inbox, outbox, rooms
from storage.crypto import devices, room_keys, unreadable
from storage.crypto.devices import Device, Listing
from storage.crypto.room_keys import Inbound
from storage.outbox import Draft
from storage.session import Session

ANNA, BEN, ROOM = "@anna:x", "@ben:x", "!room:x"
KEY = Inbound(ROOM, "session", ANNA, "curve", "ed", "from 5", 5, "shared")
PHONE = Device(ANNA, "PHONE", "curve", "ed", False)


def kept(session: Session) -> Inbound | None:
    return room_keys.inbound(session, ROOM, "session", "curve")


def test_what_reads_more_stays_under_the_owners_word(session: Session) -> None:
    assert room_keys.add_inbound(session, KEY, now=1)
    wider = replace(KEY, user_id="", pickle="from 0", first_index=0, source="backup")
    # Who writes into a backup signs nothing: only a copy of the same session may add to it.
    assert not room_keys.add_inbound(session, wider, now=1)
    assert kept(session) == KEY
    assert room_keys.add_inbound(session, wider, now=1, same=lambda one, other: True)
    assert kept(session) == replace(KEY, pickle="from 0", first_index=0)
    assert not room_keys.add_inbound(session, KEY, now=1)
    assert kept(session) == replace(KEY, pickle="from 0", first_index=0)


def test_nobody_fills_the_disk_with_keys(session: Session) -> None:
    for number in range(room_keys.MOST_OF_ONE + 3):
        key = replace(KEY, session_id=f"s{number}")
        room_keys.add_inbound(session, key, now=number)
    room_keys.add_inbound(session, replace(KEY, user_id=BEN, curve25519="bens"), now=1)
    count = "SELECT count(*) FROM crypto_inbound_sessions WHERE user_id = ?"
    assert session.value(count, (ANNA,)) == room_keys.MOST_OF_ONE
    assert session.value(count, (BEN,)) == 1
    assert room_keys.inbound(session, ROOM, "s0", "curve") is None


def test_a_session_does_not_become_somebody_elses(session: Session) -> None:
    room_keys.add_inbound(session, KEY, now=1)
    theirs = replace(KEY, user_id=BEN, pickle="from 0", first_index=0)
    assert not room_keys.add_inbound(session, theirs, now=1)
    assert kept(session) == KEY


def test_a_copy_that_became_better_meanwhile_is_still_to_be_backed_up(session: Session) -> None:
    room_keys.add_inbound(session, KEY, now=1)
    going = room_keys.to_back_up(session, 9)
    room_keys.add_inbound(session, replace(KEY, pickle="from 0", first_index=0), now=1)
    room_keys.mark_backed_up(session, going)
    (still,) = room_keys.to_back_up(session, 9)
    assert still.first_index == 0
    room_keys.mark_backed_up(session, [still])
    assert room_keys.to_back_up(session, 9) == []


def test_nobody_is_vouched_for_under_the_name_of_a_device_that_is_known(session: Session) -> None:
    devices.track(session, [ANNA])
    devices.store(session, Listing(ANNA, None, None, (PHONE,)), 1)
    devices.outdate(session, [ANNA])
    other = replace(PHONE, curve25519="other", cross_signed=True)
    devices.store(session, Listing(ANNA, None, None, (other,)), 2)
    assert devices.of_user(session, ANNA) == [PHONE]


def test_an_answer_that_is_older_than_what_is_known_changes_nothing(session: Session) -> None:
    devices.track(session, [ANNA])
    devices.outdate(session, [ANNA])
    devices.store(session, Listing(ANNA, None, None, (PHONE,)), 2)
    devices.store(session, Listing(ANNA, None, None, ()), 1)
    assert devices.of_user(session, ANNA) == [PHONE]


def test_a_key_was_asked_of_the_one_who_wrote_with_it_only(session: Session) -> None:
    item = inbox.add(
        session, event_id="$e", kind="encrypted", lane=ROOM, room_id=ROOM, sender=ANNA, body={},
        sent_at=1, now=1,
    )  # fmt: skip
    assert item is not None
    unreadable.add(session, item, ROOM, "session", ANNA)
    assert not unreadable.was_asked_of(session, "session", ANNA)
    unreadable.mark_asked(session, item)
    assert unreadable.was_asked_of(session, "session", ANNA)
    assert not unreadable.was_asked_of(session, "session", BEN)
    assert not unreadable.was_asked_of(session, "another", ANNA)


def test_after_a_clock_was_put_back_nothing_waits_for_its_old_time(session: Session) -> None:
    devices.track(session, [ANNA])
    devices.retry_later(session, [ANNA], at=10**13)
    devices.forget_waits(session)
    assert session.value("SELECT retry_at FROM crypto_users") == 0
    for number, at in enumerate((5, 10**13)):
        inbox.add(
            session,
            event_id=f"${number}",
            kind="encrypted",
            lane=ROOM,
            room_id=ROOM,
            sender=ANNA,
            body={},
            sent_at=at,
            now=at,
        )
    inbox.none_from_the_future(session, now=9)
    assert session.column("SELECT received_at FROM inbox ORDER BY id") == [5, 9]


def test_what_waits_until_somebody_comes_is_no_sign_of_trouble(session: Session) -> None:
    rooms.know(session, ROOM, now=1)
    rooms.set_kind(session, ROOM, "direct", direct_user=ANNA)
    rooms.apply_state(session, ROOM, {"type": "m.room.encryption", "content": {"algorithm": "m"}})
    rooms.set_membership(session, ROOM, ANNA, "invite", display_name=None, since=1)
    for user in (ANNA, BEN):
        outbox.add(session, Draft("m.room.message", {}, user_id=user), now=1)
    assert outbox.count_held(session) == 1
    rooms.set_membership(session, ROOM, ANNA, "join", display_name=None, since=2)
    assert outbox.count_held(session) == 0
