"""Devices of members in encrypted rooms, without clients: they seal ahead what they will say, and read
afterwards, neither of which belongs to the time that is measured.

Made of vodozemac alone, so that nothing of the bot's own machine stands on both sides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import vodozemac

from bot.crypto.signing import b64, canonical, signed, signed_part, unb64

OLM = "m.olm.v1.curve25519-aes-sha2"
MEGOLM = "m.megolm.v1.aes-sha2"
ENCRYPTION = {"algorithm": MEGOLM}


@dataclass(frozen=True, slots=True)
class Listener:
    """A device of the bot's, as the homeserver lists it."""

    user_id: str
    device_id: str
    curve25519: str
    ed25519: str

    @classmethod
    def of(cls, keys: Mapping[str, Any]) -> Listener:
        device_id = keys["device_id"]
        return cls(
            keys["user_id"],
            device_id,
            keys["keys"][f"curve25519:{device_id}"],
            keys["keys"][f"ed25519:{device_id}"],
        )


class Device:
    """One device: `upload` is the body that makes it known, `meet` begins to talk with the bot's."""

    def __init__(self, user_id: str, device_id: str) -> None:
        self.user_id = user_id
        self.device_id = device_id
        # Any: the stubs of vodozemac 0.10 leave out its fallback keys.
        self._account: Any = vodozemac.Account()
        self.curve25519: str = self._account.curve25519_key.to_base64()
        self.ed25519: str = self._account.ed25519_key.to_base64()
        self._talks: list[vodozemac.Session] = []
        self._writes: dict[str, vodozemac.GroupSession] = {}
        self._reads: dict[str, vodozemac.InboundGroupSession] = {}

    # --- keys -------------------------------------------------------------------------------------

    def upload(self, one_time_keys: int = 1) -> dict[str, Any]:
        """The body of POST /keys/upload: the device, its one-time keys and its fallback key."""
        self._account.generate_one_time_keys(one_time_keys)
        self._account.generate_fallback_key()
        body = {
            "device_keys": self._signed(
                {
                    "user_id": self.user_id,
                    "device_id": self.device_id,
                    "algorithms": [OLM, MEGOLM],
                    "keys": {
                        f"curve25519:{self.device_id}": self.curve25519,
                        f"ed25519:{self.device_id}": self.ed25519,
                    },
                }
            ),
            "one_time_keys": {
                f"signed_curve25519:{key_id}": self._signed({"key": key.to_base64()})
                for key_id, key in self._account.one_time_keys.items()
            },
            "fallback_keys": {
                f"signed_curve25519:{key_id}": self._signed(
                    {"key": key.to_base64(), "fallback": True}
                )
                for key_id, key in self._account.fallback_key.items()
            },
        }
        self._account.mark_keys_as_published()
        return body

    def _signed(self, value: Mapping[str, Any]) -> dict[str, Any]:
        signature = self._account.sign(signed_part(value)).to_base64()
        return signed(value, self.user_id, f"ed25519:{self.device_id}", signature)

    # --- what it says -----------------------------------------------------------------------------

    def meet(self, listener: Listener, one_time_key: str, rooms: list[str]) -> list[dict[str, Any]]:
        """To-device contents by which the listener can read what this device will say in these rooms."""
        olm = self._account.create_outbound_session(
            vodozemac.Curve25519PublicKey.from_base64(listener.curve25519),
            vodozemac.Curve25519PublicKey.from_base64(one_time_key),
        )
        self._talks.append(olm)
        contents = []
        for room_id in rooms:
            group = self._writes[room_id] = vodozemac.GroupSession()
            key = {
                "algorithm": MEGOLM,
                "room_id": room_id,
                "session_id": group.session_id,
                "session_key": group.session_key.to_base64(),
            }
            contents.append(self._told(olm, listener, key))
        return contents

    def _told(
        self, olm: vodozemac.Session, listener: Listener, key: Mapping[str, Any]
    ) -> dict[str, Any]:
        message = olm.encrypt(
            canonical(
                {
                    "type": "m.room_key",
                    "content": key,
                    "sender": self.user_id,
                    "sender_device": self.device_id,
                    "keys": {"ed25519": self.ed25519},
                    "recipient": listener.user_id,
                    "recipient_keys": {"ed25519": listener.ed25519},
                }
            )
        )
        kind, body = message.to_parts()
        return {
            "algorithm": OLM,
            "sender_key": self.curve25519,
            "ciphertext": {listener.curve25519: {"type": kind, "body": b64(body)}},
        }

    def seal(self, room_id: str, text: str) -> dict[str, Any]:
        """The content of the m.room.encrypted event that says this."""
        group = self._writes[room_id]
        said = {
            "type": "m.room.message",
            "content": {"msgtype": "m.text", "body": text, "m.mentions": {}},
            "room_id": room_id,
        }
        return {
            "algorithm": MEGOLM,
            "ciphertext": group.encrypt(canonical(said)).to_base64(),
            "session_id": group.session_id,
            "sender_key": self.curve25519,
            "device_id": self.device_id,
        }

    # --- what it hears ----------------------------------------------------------------------------

    def take(self, content: Mapping[str, Any]) -> None:
        """Keep the room's key that an Olm message holds; whatever else it is passes by.

        Raises ValueError for a message that no session reads.
        """
        part = content.get("ciphertext", {}).get(self.curve25519)
        if part is None:
            return
        message = vodozemac.AnyOlmMessage.from_parts(part["type"], unb64(part["body"]))
        said = orjson.loads(self._opened(message, content["sender_key"]))
        if said["type"] == "m.room_key":
            key = vodozemac.SessionKey(said["content"]["session_key"])
            session_id = said["content"]["session_id"]
            self._reads.setdefault(session_id, vodozemac.InboundGroupSession(key))

    def _opened(self, message: vodozemac.AnyOlmMessage, sender_key: str) -> bytes:
        first = message.to_pre_key()
        for olm in self._talks:
            if first is not None and not olm.session_matches(first):
                continue
            try:
                return olm.decrypt(message)
            except vodozemac.OlmDecryptionException:
                continue
        if first is None:
            raise ValueError("an Olm message that no session reads")
        identity = vodozemac.Curve25519PublicKey.from_base64(sender_key)
        olm, plain = self._account.create_inbound_session(identity, first)
        self._talks.append(olm)
        opened: bytes = plain
        return opened

    def read(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """The event inside. Raises LookupError without its key, ValueError for what that does not read."""
        reads = self._reads[content["session_id"]]
        plain = reads.decrypt(vodozemac.MegolmMessage.from_base64(content["ciphertext"]))
        event: dict[str, Any] = orjson.loads(plain.plaintext)
        return event
