"""How long keys stay, and what somebody is told of their own."""

from __future__ import annotations

from storage import erasure, rooms
from storage.crypto import devices, olm_sessions, room_keys
from storage.crypto.devices import Device, Listing
from storage.crypto.olm_sessions import OlmSession
from storage.session import Session

ANNA, BEN, CLEO = "@anna:x", "@ben:x", "@cleo:x"


def listed(session: Session, user_id: str, device_id: str, curve25519: str) -> None:
    devices.track(session, [user_id])
    device = Device(user_id, device_id, curve25519, "ed", True)
    devices.store(session, Listing(user_id, "master", "signing", (device,)), 1)


def test_sessions_with_devices_that_are_gone_are_forgotten_after_a_while(session: Session) -> None:
    listed(session, ANNA, "PHONE", "phone")
    # Anybody may list somebody else's key as theirs.
    listed(session, BEN, "LAPTOP", "old phone")
    for curve25519, used_at in (("phone", 1), ("old phone", 1), ("lent", 5)):
        olm_sessions.save(session, OlmSession(ANNA, curve25519, "s", "pickle"), used_at=used_at)
    assert olm_sessions.purge(session, before=5) == 1
    assert olm_sessions.newest(session, ANNA, "old phone") is None
    assert olm_sessions.newest(session, ANNA, "phone") is not None
    devices.untrack(session, [ANNA])
    assert olm_sessions.purge(session, before=6) == 2


def test_people_are_told_which_of_their_devices_are_known(session: Session) -> None:
    listed(session, ANNA, "PHONE", "phone")
    listed(session, BEN, "LAPTOP", "laptop")
    known = erasure.everything_about_accounts(session, [ANNA])
    assert known["devices"] == [{"user_id": ANNA, "device_id": "PHONE", "cross_signed": 1}]


def test_the_devices_of_those_with_whom_no_room_is_shared_are_forgotten(session: Session) -> None:
    for user_id in (ANNA, BEN, CLEO):
        listed(session, user_id, "PHONE", user_id)
    rooms.know(session, "!r:x", now=1)
    for user_id, membership in ((ANNA, "join"), (BEN, "invite"), (CLEO, "leave")):
        rooms.set_membership(session, "!r:x", user_id, membership, display_name=None, since=1)
    assert devices.purge(session) == 2
    assert [bool(devices.of_user(session, one)) for one in (ANNA, BEN, CLEO)] == [True, True, False]
    assert room_keys.unfollowed(session, "!r:x") == []


def test_a_room_is_not_ready_once_somebody_there_is_not_followed_any_more(session: Session) -> None:
    """Whoever had no device yet, too: nobody would tell of their first one."""
    rooms.know(session, "!r:x", now=1)
    rooms.set_membership(session, "!r:x", ANNA, "join", display_name=None, since=1)
    devices.track(session, [ANNA])
    devices.store(session, Listing(ANNA, None, None, ()), 1)
    room_keys.set_ready(session, "!r:x", until=9)
    assert room_keys.is_ready(session, "!r:x", 1)
    devices.untrack(session, [ANNA])
    assert not room_keys.is_ready(session, "!r:x", 1)
