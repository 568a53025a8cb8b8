"""Against floods: how much a person may say to the bot in a row."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

# Answers come faster than commands: whoever types them one by one is never stopped.
ANSWERS_FOR_A_COMMAND = 4


class Buckets:
    """A token bucket for each person against floods, refilled by the time at which they typed.

    `burst` commands fit in it, or ANSWERS_FOR_A_COMMAND times as many answers.
    """

    def __init__(self, burst: int, refill: timedelta) -> None:
        self._burst = burst
        self._refill = refill
        self._full_at: dict[str, datetime] = {}
        self._told: set[str] = set()
        self._lock = threading.Lock()

    def take(self, user_id: str, at: datetime, *, is_answer: bool = False) -> bool | None:
        """True: go on. False: too many, say so. None: too many, and it was said already."""
        cost = self._refill / ANSWERS_FOR_A_COMMAND if is_answer else self._refill
        with self._lock:
            full_at = max(self._full_at.get(user_id, at), at)
            if full_at + cost - at > self._burst * self._refill:
                if user_id in self._told:
                    return None
                self._told.add(user_id)
                return False
            self._full_at[user_id] = full_at + cost
            self._told.discard(user_id)
            if len(self._full_at) > 10_000:
                self._full_at = {user: full for user, full in self._full_at.items() if full > at}
            return True
