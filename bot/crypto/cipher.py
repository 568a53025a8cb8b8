"""What taking in news needs of encryption."""

from __future__ import annotations

from typing import Any, Protocol

from bot.crypto.taken import Taken
from bot.events import Event
from storage.session import Session


class Cipher(Protocol):
    """Reads what was encrypted for the bot; both methods work inside the caller's transaction."""

    @property
    def created_at(self) -> int:
        """When this device began (ms UTC): nothing older can be read."""
        ...

    def take_to_device(self, session: Session, raw: Any, now: int) -> Taken | None:
        """Take in one to-device event as it came; None if nothing is to be done about it."""
        ...

    def decrypt(
        self, session: Session, room_id: str, event: Event, now: int, *, record: bool
    ) -> Event:
        """The event inside; without `record` nothing is written.

        Raises Unreadable while the key is not there, and one of `bot.events.HOSTILE` for what is not what
        it claims to be.
        """
        ...
