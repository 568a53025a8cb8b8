"""Which keys of rooms are believed, and which messages."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import vodozemac

from bot.crypto import megolm
from bot.crypto.account import MEGOLM, Own
from bot.crypto.olm import Plain
from bot.crypto.signing import canonical
from bot.crypto.taken import Forged, RoomKey, Unreadable
from bot.events import Event
from storage.crypto import devices, room_keys
from storage.crypto.devices import Device, Listing
from storage.session import Session

ANNA, BEN, ROOM = "@anna:x", "@ben:x", "!room:x"
OWN = Own("@kring:x", "D", "ed", "curve", 0, bytes(32))
PHONE = Device(ANNA, "PHONE", "P" * 43, "E" * 43, True)


@pytest.fixture
def group() -> vodozemac.GroupSession:
    return vodozemac.GroupSession()


def listed(session: Session, *known: Device) -> None:
    for device in known:
        devices.track(session, [device.user_id])
        devices.store(session, Listing(device.user_id, None, None, (device,)), 1)


def handed_over(group: vodozemac.GroupSession, **changed: Any) -> Plain:
    content = {
        "algorithm": MEGOLM,
        "room_id": ROOM,
        "session_id": group.session_id,
        "session_key": group.session_key.to_base64(),
    }
    return Plain(ANNA, "m.room_key", content | changed, PHONE.curve25519, PHONE.ed25519)


def forwarded(group: vodozemac.GroupSession, **changed: Any) -> Plain:
    key = vodozemac.InboundGroupSession(group.session_key)
    exported = key.export_at(0)
    assert exported is not None
    return handed_over(
        group,
        sender_key=PHONE.curve25519,
        session_key=exported.to_base64(),
        **changed,
    )


def written(
    group: vodozemac.GroupSession, said: dict[str, Any] | None = None, **outside: Any
) -> Event:
    said = said or {"type": "m.room.message", "content": {"body": "hello"}, "room_id": ROOM}
    content = {
        "algorithm": MEGOLM,
        "session_id": group.session_id,
        "ciphertext": group.encrypt(canonical(said)).to_base64(),
    }
    return Event("$e", "m.room.encrypted", ANNA, content | outside, 1, None, None, None)


def test_a_key_from_a_device_that_is_somebody_elses_is_refused(
    session: Session, group: vodozemac.GroupSession
) -> None:
    listed(session, PHONE)
    with pytest.raises(Forged):
        megolm.take_key(session, OWN, replace(handed_over(group), ed25519="F" * 43), 1)
    assert megolm.take_key(session, OWN, handed_over(group), 1) == RoomKey(ROOM, group.session_id)


def test_a_key_under_another_name_is_refused(
    session: Session, group: vodozemac.GroupSession
) -> None:
    with pytest.raises(Forged):
        megolm.take_key(session, OWN, handed_over(group, session_id="other"), 1)


def test_a_key_is_passed_on_by_its_maker_only(
    session: Session, group: vodozemac.GroupSession
) -> None:
    said = forwarded(group)
    assert megolm.take_forwarded_key(session, OWN, replace(said, curve25519="Q" * 43), 1) is None
    assert megolm.take_forwarded_key(session, OWN, said, 1) == RoomKey(ROOM, group.session_id)


def test_a_message_counts_in_the_room_that_it_was_written_for(
    session: Session, group: vodozemac.GroupSession
) -> None:
    """The same session may be handed over for a second room; what was said in the first stays there."""
    megolm.take_key(session, OWN, handed_over(group), 1)
    event = written(
        group, {"type": "m.room.message", "content": {"body": "hello"}, "room_id": "!other:x"}
    )
    with pytest.raises(Forged, match="another room"):
        megolm.decrypt(session, OWN, ROOM, event, record=True)


def test_what_it_relates_to_stands_outside_and_it_is_never_a_state(
    session: Session, group: vodozemac.GroupSession
) -> None:
    megolm.take_key(session, OWN, handed_over(group), 1)
    inner = {"body": "hello", "m.relates_to": {"event_id": "$inside"}}
    said = {"type": "m.room.name", "content": inner, "room_id": ROOM, "state_key": ""}
    event = replace(
        written(group, said, **{"m.relates_to": {"event_id": "$outside"}}), state_key=""
    )
    plain = megolm.decrypt(session, OWN, ROOM, event, record=True)
    assert plain.content["m.relates_to"] == {"event_id": "$outside"}
    assert plain.state_key is None


def test_a_key_from_the_backup_reads_for_the_one_whose_device_wrote_with_it(
    session: Session, group: vodozemac.GroupSession
) -> None:
    """The backup says by which device, not by whom: somebody else repeats the message as theirs."""
    listed(session, PHONE, Device(BEN, "LAPTOP", "L" * 43, "M" * 43, True))
    key = vodozemac.InboundGroupSession(group.session_key).pickle(OWN.pickle_key)
    room_keys.add_inbound(
        session,
        room_keys.Inbound(
            ROOM, group.session_id, "", PHONE.curve25519, PHONE.ed25519, key, 0, "backup"
        ),
        now=1,
    )
    event = written(group)
    with pytest.raises(Unreadable):
        megolm.decrypt(session, OWN, ROOM, replace(event, sender=BEN), record=True)
    assert megolm.decrypt(session, OWN, ROOM, event, record=True).content["body"] == "hello"
