"""Olm: what one device says to another. Decrypts to-device events and encrypts them.

Client-Server API v1.16, "m.olm.v1.curve25519-aes-sha2". Plain functions of a transaction: a session that
moved on is stored by the same commit as what was read or is to be sent.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson
import vodozemac

from bot.crypto import account
from bot.crypto.account import OLM, Own
from bot.crypto.signing import b64, canonical, unb64
from storage.crypto import devices, olm_sessions
from storage.crypto.devices import Device
from storage.crypto.olm_sessions import OlmSession
from storage.session import Session

log = logging.getLogger(__name__)


class Broken(Exception):
    """No session with the device reads this: a new one is to be made (spec, "Recovering from
    undecryptable messages"). `curve25519` is the sender's device."""

    def __init__(self, curve25519: str) -> None:
        super().__init__("no Olm session reads this")
        self.curve25519 = curve25519


@dataclass(frozen=True, slots=True)
class Plain:
    """What a device said; its keys are those that the Olm session proves or the message claims."""

    sender: str
    type: str
    content: dict[str, Any]
    curve25519: str
    ed25519: str


def decrypt(
    session: Session, own: Own, sender: str, content: Mapping[str, Any], now: int
) -> Plain | None:
    """The event inside; None for what is not for this device.

    Raises Broken, and ValueError, TypeError or LookupError for what is no such event.
    """
    if content["algorithm"] != OLM:
        return None
    part = content["ciphertext"].get(own.curve25519)
    if part is None:
        return None
    curve25519 = content["sender_key"]
    identity = vodozemac.Curve25519PublicKey.from_base64(curve25519)
    message = vodozemac.AnyOlmMessage.from_parts(part["type"], unb64(part["body"]))
    plaintext = _known(session, own, sender, curve25519, message, now)
    if plaintext is None:
        first = message.to_pre_key()
        if first is None:
            raise Broken(curve25519)
        plaintext = _begun(session, own, sender, identity, first, now)
    return _checked(own, sender, curve25519, plaintext)


def _known(
    session: Session,
    own: Own,
    sender: str,
    curve25519: str,
    message: vodozemac.AnyOlmMessage,
    now: int,
) -> bytes | None:
    first = message.to_pre_key()
    for known in olm_sessions.with_device(session, sender, curve25519):
        olm = vodozemac.Session.from_pickle(known.pickle, own.pickle_key)
        if first is not None and not olm.session_matches(first):
            continue
        try:
            plaintext = olm.decrypt(message)
        except vodozemac.OlmDecryptionException:
            if first is not None:
                raise Broken(curve25519) from None
            continue
        _save(session, own, sender, curve25519, olm, now)
        return plaintext
    return None


def _begun(
    session: Session,
    own: Own,
    sender: str,
    identity: vodozemac.Curve25519PublicKey,
    first: vodozemac.PreKeyMessage,
    now: int,
) -> bytes:
    curve25519 = identity.to_base64()
    mine = account.load(session, own)
    try:
        olm, plaintext = mine.create_inbound_session(identity, first)
    except vodozemac.SessionCreationException:
        raise Broken(curve25519) from None
    account.save(session, own, mine)
    _save(session, own, sender, curve25519, olm, now)
    olm_sessions.trim(session, sender, curve25519)
    devices.reachable(session, sender, curve25519)
    return plaintext


def _checked(own: Own, sender: str, curve25519: str, plaintext: bytes) -> Plain:
    """The checks of the specification: nobody can pass on what was said to another, or by another."""
    said = orjson.loads(plaintext)
    if (
        said["sender"] != sender
        or said["recipient"] != own.user_id
        or said["recipient_keys"]["ed25519"] != own.ed25519
    ):
        raise ValueError("an Olm message that was meant for somebody else")
    content, kind, ed25519 = said["content"], said["type"], said["keys"]["ed25519"]
    if not (isinstance(content, dict) and isinstance(kind, str) and isinstance(ed25519, str)):
        raise ValueError("an Olm message without an event")
    return Plain(sender, kind, content, curve25519, ed25519)


def has_session(session: Session, device: Device) -> bool:
    return olm_sessions.newest(session, device.user_id, device.curve25519) is not None


def begin(session: Session, own: Own, claimed: Sequence[tuple[Device, str]], now: int) -> None:
    """Make sessions with devices, each by its one-time key, whose signature was checked.

    Keys that are none leave their device without a session.
    """
    mine = account.load(session, own)
    for device, one_time_key in claimed:
        try:
            olm = mine.create_outbound_session(
                vodozemac.Curve25519PublicKey.from_base64(device.curve25519),
                vodozemac.Curve25519PublicKey.from_base64(one_time_key),
            )
        except ValueError as error:
            log.info("a device has keys that are none: %s", type(error).__name__)
            continue
        _save(session, own, device.user_id, device.curve25519, olm, now)
        olm_sessions.trim(session, device.user_id, device.curve25519)
        devices.reachable(session, device.user_id, device.curve25519)


def encrypt(
    session: Session, own: Own, device: Device, kind: str, content: Mapping[str, Any]
) -> dict[str, Any]:
    """The content of an m.room.encrypted to-device event for a device with which there is a session."""
    known = olm_sessions.newest(session, device.user_id, device.curve25519)
    assert known is not None, "a session is made before something is said through it"
    olm = vodozemac.Session.from_pickle(known.pickle, own.pickle_key)
    message = olm.encrypt(
        canonical(
            {
                "type": kind,
                "content": content,
                "sender": own.user_id,
                "sender_device": own.device_id,
                "keys": {"ed25519": own.ed25519},
                "recipient": device.user_id,
                "recipient_keys": {"ed25519": device.ed25519},
            }
        )
    )
    olm_sessions.save(session, replace(known, pickle=olm.pickle(own.pickle_key)))
    kind_of_message, body = message.to_parts()
    return {
        "algorithm": OLM,
        "sender_key": own.curve25519,
        "ciphertext": {device.curve25519: {"type": kind_of_message, "body": b64(body)}},
    }


def _save(
    session: Session, own: Own, user_id: str, curve25519: str, olm: vodozemac.Session, now: int
) -> None:
    olm_sessions.save(
        session,
        OlmSession(user_id, curve25519, olm.session_id, olm.pickle(own.pickle_key)),
        used_at=now,
    )
