"""What comes of the events of encryption, for those who take them in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class RoomKey:
    """A session came, or a better copy of one: what waits for it may be readable now."""

    room_id: str
    session_id: str


@dataclass(frozen=True, slots=True)
class Withheld:
    """A client refuses the key of a session; `code` as in the specification ("Reporting that decryption
    keys are withheld"), such as m.unverified."""

    room_id: str
    session_id: str
    sender: str
    code: str


@dataclass(frozen=True, slots=True)
class Verification:
    """One step of a verification that came as a to-device event."""

    sender: str
    type: str
    content: Mapping[str, Any]


Taken = RoomKey | Withheld | Verification


class Unreadable(Exception):
    """A room's event cannot be decrypted now; it may be once the key of `session_id` comes."""

    def __init__(self, session_id: str, reason: str) -> None:
        super().__init__(reason)
        self.session_id = session_id
        self.reason = reason


class Forged(ValueError):
    """A room's event is not what it claims to be, and never will be."""
