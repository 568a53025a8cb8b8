"""What comes in and goes out in a verification, as values; everything that came is read with suspicion.

Client-Server API v1.16, "Key verification framework". What is answered is `bot.crypto.verification`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

PREFIX: Final = "m.key.verification."
MOST_ENTRIES: Final = 50
Key = tuple[str, str | None, str]


def name(value: Any) -> str | None:
    """An identifier or a key as it may come from anybody; None for what is none."""
    fits = isinstance(value, str) and 0 < len(value) <= 255 and value.isprintable()
    return value if fits else None


def names(value: Any) -> frozenset[str]:
    """The texts of a list, of which only the first entries are looked at."""
    if not isinstance(value, list):
        return frozenset()
    return frozenset(one for one in value[:MOST_ENTRIES] if isinstance(one, str))


def _referred(relation: Any) -> str | None:
    if not isinstance(relation, dict) or relation.get("rel_type") != "m.reference":
        return None
    return name(relation.get("event_id"))


@dataclass(frozen=True, slots=True)
class VerificationEvent:
    """One m.key.verification event; `room_id` and `event_id` are None for a to-device one.

    `transaction` is the transaction id or, in a room, the id of the event that asked. `sent_at` is in
    ms UTC.
    """

    sender: str
    type: str
    content: Mapping[str, Any]
    transaction: str
    room_id: str | None
    event_id: str | None
    sent_at: int

    @classmethod
    def read(
        cls,
        sender: str,
        kind: Any,
        content: Any,
        *,
        room_id: str | None,
        event_id: str | None,
        sent_at: int,
    ) -> VerificationEvent | None:
        """None for what cannot belong to any verification."""
        if not isinstance(content, dict) or not isinstance(kind, str) or name(sender) is None:
            return None
        if kind == "m.room.message" and content.get("msgtype") == f"{PREFIX}request":
            kind = f"{PREFIX}request"
        if not kind.startswith(PREFIX):
            return None
        if room_id is None:
            transaction = name(content.get("transaction_id"))
        elif kind == f"{PREFIX}request":
            transaction = name(event_id)
        else:
            transaction = _referred(content.get("m.relates_to"))
        if transaction is None:
            return None
        return cls(sender, kind, content, transaction, room_id, event_id, sent_at)

    @property
    def key(self) -> Key:
        return self.sender, self.room_id, self.transaction


@dataclass(frozen=True, slots=True)
class ToDeviceOut:
    """`device_id` is '*' where it cannot be told which of the person's devices asked."""

    user_id: str
    device_id: str
    type: str
    content: dict[str, Any]


@dataclass(frozen=True, slots=True)
class InRoomOut:
    room_id: str
    type: str
    content: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shown:
    """What the bot would show on a screen; `emoji` (numbers from 0 to 63) is empty where it is not offered."""

    user_id: str
    room_id: str | None
    emoji: tuple[int, ...]
    decimals: tuple[int, int, int]


Out = ToDeviceOut | InRoomOut | Shown


@dataclass(frozen=True, slots=True)
class TheirKeys:
    """Ed25519 keys as the homeserver lists them, unpadded base64; None for what it does not list."""

    device: str | None
    master: str | None
