"""What the demo's tour takes for an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import pytest

from bot.demo.peer import Event, Peer
from bot.demo.tour import Tour
from bot.demo.world import BOT, World


class _Says:
    """A peer who has just been answered."""

    def __init__(self, body: str) -> None:
        self._event: Event = {
            "event_id": "$answer",
            "type": "m.room.message",
            "sender": BOT,
            "content": {"msgtype": "m.text", "body": body},
        }

    async def expect(
        self, room: str, what: Callable[[Event], bool], *, timeout: float, after: str | None
    ) -> Event:
        assert what(self._event)
        return self._event


async def _failures(body: str, *expected: str, absent: str = "") -> list[str]:
    tour = Tour(cast("World", None))
    peer = cast(Peer, _Says(body))
    await tour.answer(peer, "anna", "!room", None, expected, absent)
    return tour.failures


async def test_an_answer_of_the_tour_holds_what_is_due() -> None:
    assert await _failures("Vertalers en tolken", "vertalers", absent="koeriers") == []
    assert await _failures("Something else", "vertalers") == ["'vertalers' is missing"]
    assert await _failures("Vertalers", "vertalers", absent="vertalers") == [
        "'vertalers' should not be there"
    ]
    with pytest.raises(ValueError, match="what anna must hear"):
        await _failures("anything at all", "")
    with pytest.raises(ValueError, match="what anna must hear"):
        await _failures("anything at all")
