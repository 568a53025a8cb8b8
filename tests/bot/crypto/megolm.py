"""Megolm between a few people: real sessions, without devices or Olm around them."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from typing import Any

import vodozemac

from bot.crypto.taken import Forged, RoomKey, Taken, Unreadable, Verification, Withheld
from bot.events import Event
from storage import facts
from storage.session import Session

_ids = itertools.count(1)


class Keys:
    """A Cipher that has the keys which were handed to it, in the database's table of facts."""

    created_at = 0

    def take_to_device(self, session: Session, raw: Any, now: int) -> Taken | None:
        content = raw["content"]
        if raw["type"] == "m.room_key":
            # Written before it is looked at: what comes of a bad one must be taken back.
            facts.put(session, f"key {content['session_id']}", content["session_key"])
            vodozemac.InboundGroupSession(vodozemac.SessionKey(content["session_key"]))
            return RoomKey(content["room_id"], content["session_id"])
        if raw["type"] == "m.room_key.withheld":
            where = content["room_id"], content["session_id"]
            return Withheld(*where, raw["sender"], content["code"])
        return Verification(raw["sender"], raw["type"], content)

    def decrypt(
        self, session: Session, room_id: str, event: Event, now: int, *, record: bool
    ) -> Event:
        session_id = event.content["session_id"]
        key = facts.get(session, f"key {session_id}")
        if key is None:
            raise Unreadable(session_id, "no key")
        inbound = vodozemac.InboundGroupSession(vodozemac.SessionKey(key))
        message = vodozemac.MegolmMessage.from_base64(event.content["ciphertext"])
        try:
            said = json.loads(inbound.decrypt(message).plaintext)
        except vodozemac.MegolmDecryptionException as error:
            raise Unreadable(session_id, str(error)) from None
        if said["room_id"] != room_id:
            raise Forged("of another room")
        if record:
            facts.put(session, f"read {event.event_id}", "1")
        content = said["content"]
        if "m.relates_to" in event.content:
            content = {**content, "m.relates_to": event.content["m.relates_to"]}
        return replace(event, type=said["type"], content=content, sealed=True)


class Pen:
    """Somebody's session in a room: writes, and hands over its key."""

    def __init__(self, room_id: str, sender: str, at: int) -> None:
        self.room_id, self.sender, self.at = room_id, sender, at
        self._group = vodozemac.GroupSession()
        self._key = self._group.session_key.to_base64()
        self.session_id = self._group.session_id

    def event(self, kind: str, content: dict[str, Any], **more: Any) -> dict[str, Any]:
        """An m.room.encrypted event with that inside."""
        outside = {"m.relates_to": content["m.relates_to"]} if "m.relates_to" in content else {}
        inside = {name: value for name, value in content.items() if name != "m.relates_to"}
        said = {"type": kind, "content": inside, "room_id": self.room_id}
        return {
            "event_id": f"$x{next(_ids)}",
            "type": "m.room.encrypted",
            "sender": self.sender,
            "origin_server_ts": self.at,
            "content": {
                "algorithm": "m.megolm.v1.aes-sha2",
                "ciphertext": self._group.encrypt(json.dumps(said).encode()).to_base64(),
                "session_id": self.session_id,
                "sender_key": "of the device",
                "device_id": "DEVICE",
                **outside,
            },
            **more,
        }

    def text(self, body: str, **content: Any) -> dict[str, Any]:
        return self.event("m.room.message", {"msgtype": "m.text", "body": body, **content})

    def key(self) -> dict[str, Any]:
        """The to-device event with which everything can be read."""
        content = {
            "room_id": self.room_id,
            "session_id": self.session_id,
            "session_key": self._key,
        }
        return {"type": "m.room_key", "sender": self.sender, "content": content}

    def refusal(self, code: str, sender: str | None = None) -> dict[str, Any]:
        content = {"room_id": self.room_id, "session_id": self.session_id, "code": code}
        kind = "m.room_key.withheld"
        return {"type": kind, "sender": sender or self.sender, "content": content}
