"""When a lane in which something cannot be read yet is to be looked at again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from bot.clock import Clock, milliseconds
from storage import inbox
from storage.crypto import unreadable
from storage.inbox import Item, Patience
from storage.session import Session

# So long what cannot be read holds back everybody, for its key mostly comes at once.
YOUNG_MS = 5_000
_UNTIL_SYNCED_MS = 1_000
_NEVER = -1


class Waiting:
    """`seconds` is how long a key is awaited; `wake` is called with the lanes whose time has come.

    Nothing is given up before `caught_up`: a key may have come while the bot was down.
    """

    def __init__(
        self,
        clock: Clock,
        seconds: float,
        caught_up: asyncio.Event,
        wake: Callable[[Iterable[str]], None],
    ) -> None:
        self._clock = clock
        self._patience_ms = int(seconds * 1000)
        self._caught_up = caught_up
        self._wake = wake
        self._from: int | None = None
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def look(self) -> Callable[[Session, str], tuple[list[Item], float | None]]:
        """What finds, in a transaction, the next of a lane to be dealt with, and if there is nothing, in
        how many seconds there may be (None: not until something comes)."""
        now = milliseconds(self._clock.now())
        if self._from is None and self._caught_up.is_set():
            self._from = now + YOUNG_MS
        earliest = now + _UNTIL_SYNCED_MS if self._from is None else self._from
        young = now - YOUNG_MS
        patience = Patience(
            young=young,
            refused=young if now >= earliest else _NEVER,
            overdue=min(young, now - self._patience_ms) if now >= earliest else _NEVER,
        )

        def find(session: Session, lane: str) -> tuple[list[Item], float | None]:
            items = inbox.next_in_lane(session, lane, patience=patience)
            if items:
                return items, None
            moment = unreadable.next_change(
                session,
                lane,
                now=now,
                young_ms=YOUNG_MS,
                patience_ms=max(YOUNG_MS, self._patience_ms),
                earliest=earliest,
            )
            return [], None if moment is None else max(0, moment - now) / 1000

        return find

    def plan(self, lane: str, seconds: float | None) -> None:
        """Have the lane looked at again in so many seconds, or only when something comes."""
        earlier = self._timers.pop(lane, None)
        if earlier is not None:
            earlier.cancel()
        if seconds is not None:
            loop = asyncio.get_running_loop()
            self._timers[lane] = loop.call_later(seconds, self._due, lane)

    def _due(self, lane: str) -> None:
        del self._timers[lane]
        self._wake([lane])
