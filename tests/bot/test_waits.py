"""How long the client is told to wait: the longer of two answers, and never longer than an hour."""

from __future__ import annotations

import pytest

from bot.client import Homeserver
from tests.bot.scripted import StandingClock


@pytest.mark.parametrize(
    ("header", "body", "expected"),
    [
        ("5", {"retry_after_ms": 2000}, 5000),
        ("1", {"retry_after_ms": 2000}, 2000),
        ("", {"retry_after_ms": 2000}, 2000),
        ("864000", None, 3_600_000),
        ("", {"retry_after_ms": 10**12}, 3_600_000),
        ("soon", {"retry_after_ms": True}, None),
        ("", {"retry_after_ms": -5}, None),
    ],
)
async def test_the_longer_wait_counts_and_an_hour_is_the_longest(
    header: str, body: dict[str, object] | None, expected: int | None
) -> None:
    client = Homeserver("https://matrix.example.org", StandingClock())
    assert client._retry_after({"Retry-After": header}, body) == expected
