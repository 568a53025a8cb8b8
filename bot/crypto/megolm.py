"""Megolm: what is said in a room. Reads messages by the sessions of others, and writes by the bot's own.

Client-Server API v1.16, "m.megolm.v1.aes-sha2". Plain functions of a transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import orjson
import vodozemac

from bot.crypto.account import MEGOLM, Own
from bot.crypto.olm import Plain
from bot.crypto.signing import canonical
from bot.crypto.taken import Forged, RoomKey, Unreadable
from bot.events import Event, is_id
from storage.crypto import devices, room_keys
from storage.crypto.room_keys import Inbound, Outbound, Source
from storage.session import Session

_LONGEST_SESSION_ID = 64
_UNKNOWN_INDEX = "unknown message index"


# --- keys that come -------------------------------------------------------------------------------


def take_key(session: Session, own: Own, said: Plain, now: int) -> RoomKey | None:
    """An m.room_key that a device handed over; None if it brings nothing new.

    Raises ValueError, TypeError or LookupError for what is none.
    """
    content = said.content
    if content["algorithm"] != MEGOLM:
        return None
    known = devices.by_key(session, said.sender, said.curve25519)
    if known is not None and known.ed25519 != said.ed25519:
        raise Forged("a room's key from a device that is somebody else's")
    key = vodozemac.InboundGroupSession(vodozemac.SessionKey(content["session_key"]))
    return _keep(
        session, own, content, said.sender, said.curve25519, said.ed25519, key, "shared", now
    )


def take_forwarded_key(session: Session, own: Own, said: Plain, now: int) -> RoomKey | None:
    """An m.forwarded_room_key: taken only from the device that made the session itself.

    Raises ValueError, TypeError or LookupError for what is none.
    """
    content = said.content
    if content["algorithm"] != MEGOLM or content["sender_key"] != said.curve25519:
        return None
    key = vodozemac.InboundGroupSession.import_session(
        vodozemac.ExportedSessionKey(content["session_key"])
    )
    return _keep(
        session, own, content, said.sender, said.curve25519, said.ed25519, key, "forwarded", now
    )


def same(pickle_key: bytes, one: Inbound, other: Inbound) -> bool:
    """Whether two copies are of one session: they agree from where both of them read."""
    index = max(one.first_index, other.first_index)
    both = []
    for copy in (one, other):
        key = vodozemac.InboundGroupSession.from_pickle(copy.pickle, pickle_key).export_at(index)
        both.append(key.to_base64() if key is not None else None)
    return both[0] is not None and both[0] == both[1]


def _keep(
    session: Session,
    own: Own,
    content: Mapping[str, Any],
    user_id: str,
    curve25519: str,
    ed25519: str,
    key: vodozemac.InboundGroupSession,
    source: Source,
    now: int,
) -> RoomKey | None:
    room_id, session_id = content["room_id"], content["session_id"]
    if not is_id(room_id) or key.session_id != session_id:
        raise Forged("a room's key under another name")
    kept = room_keys.add_inbound(
        session,
        Inbound(
            room_id,
            session_id,
            user_id,
            curve25519,
            ed25519,
            key.pickle(own.pickle_key),
            key.first_known_index,
            source,
        ),
        now=now,
        same=partial(same, own.pickle_key),
    )
    return RoomKey(room_id, session_id) if kept else None


# --- to read --------------------------------------------------------------------------------------


def session_of(content: Mapping[str, Any]) -> str:
    """The session's id. Raises Forged for what is not encrypted in this way."""
    session_id = content.get("session_id")
    if content.get("algorithm") != MEGOLM or not isinstance(session_id, str):
        raise Forged("not encrypted with Megolm")
    if not 0 < len(session_id) <= _LONGEST_SESSION_ID:
        raise Forged("no session's id")
    return session_id


def decrypt(session: Session, own: Own, room_id: str, event: Event, *, record: bool) -> Event:
    """The event inside; with `record` it is noted which event used the session's index.

    Raises Unreadable while the key is not there, and ValueError, TypeError or LookupError for what is
    not what it claims to be.
    """
    content = event.content
    session_id = session_of(content)
    message = vodozemac.MegolmMessage.from_base64(content["ciphertext"])
    reason = "the key is not there"
    for known in room_keys.readable(session, room_id, session_id, event.sender):
        if not known.user_id and _is_anothers(session, event.sender, known.curve25519):
            continue
        inbound = vodozemac.InboundGroupSession.from_pickle(known.pickle, own.pickle_key)
        try:
            plain = inbound.decrypt(message)
        except vodozemac.MegolmDecryptionException as error:
            if _UNKNOWN_INDEX not in str(error):
                raise Forged("a message that its session did not write") from None
            reason = "the key reads later messages only"
            continue
        break
    else:
        raise Unreadable(session_id, reason)
    if record:
        fresh = room_keys.use_index(session, known, plain.message_index, event.event_id)
    else:
        fresh = not room_keys.index_used_by_another(
            session, known, plain.message_index, event.event_id
        )
    if not fresh:
        raise Forged("a message that was said before")
    return _inner(room_id, event, plain.plaintext)


def _inner(room_id: str, event: Event, plaintext: bytes) -> Event:
    """The event inside, of what was decrypted."""
    content = event.content
    said = orjson.loads(plaintext)
    if said["room_id"] != room_id:
        raise Forged("a message of another room")
    inner, kind = said["content"], said["type"]
    if not (isinstance(inner, dict) and isinstance(kind, str)):
        raise Forged("a message without an event")
    if "m.relates_to" in content:
        # What a message relates to stands outside, for the homeserver to see (spec, "Encrypting events").
        inner = {**inner, "m.relates_to": content["m.relates_to"]}
    return replace(
        event, type=kind, content=inner, state_key=None, redacts=None, before=None, sealed=True
    )


def _is_anothers(session: Session, user_id: str, curve25519: str) -> bool:
    """Of a key from a backup nobody says whose it is; the devices of the user do, where they are known."""
    if devices.by_key(session, user_id, curve25519) is not None:
        return False
    return bool(devices.of_user(session, user_id))


# --- to write -------------------------------------------------------------------------------------


def begin(session: Session, own: Own, room_id: str, now: int) -> None:
    """A new session for the room, which nobody has yet."""
    group = vodozemac.GroupSession()
    pickle = group.pickle(own.pickle_key)
    room_keys.begin_outbound(session, Outbound(room_id, group.session_id, pickle, pickle, 0, now))


def key_of(own: Own, outbound: Outbound, *, whole: bool = False) -> dict[str, Any]:
    """The content of the m.room_key by which others read what is written from now on, or the `whole`."""
    pickle = outbound.first_pickle if whole else outbound.pickle
    group = vodozemac.GroupSession.from_pickle(pickle, own.pickle_key)
    return {
        "algorithm": MEGOLM,
        "room_id": outbound.room_id,
        "session_id": outbound.session_id,
        "session_key": group.session_key.to_base64(),
    }


def encrypt(
    session: Session, own: Own, outbound: Outbound, kind: str, content: Mapping[str, Any]
) -> dict[str, Any]:
    """The content of the m.room.encrypted event; the session has moved on when this is committed."""
    group = vodozemac.GroupSession.from_pickle(outbound.pickle, own.pickle_key)
    message = group.encrypt(
        canonical({"type": kind, "content": content, "room_id": outbound.room_id})
    )
    room_keys.wrote(session, outbound.room_id, group.pickle(own.pickle_key))
    return {
        "algorithm": MEGOLM,
        "ciphertext": message.to_base64(),
        "session_id": outbound.session_id,
        # Deprecated since v1.3 of the specification, and still asked for by older clients.
        "sender_key": own.curve25519,
        "device_id": own.device_id,
    }
