"""A bot that was away for longer than any bound: what concerned it is answered, chatter is not held."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.kring import Kring
from tests.support.synapse import NewUser

pytestmark = pytest.mark.e2e


async def test_what_was_said_among_much_chatter_is_answered(
    kring: Kring, new_user: NewUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.sync._GAP_PAGE", 10)
    anna = await new_user("anna")
    room = await kring.invited_by(anna, name="Talk")
    async with kring.running(page=5, largest_gap=12):
        await kring.arrives(anna, room)
        await anna.send(room, "!echo start")
        await anna.expect(room, "echo start", 20)
    await anna.send(room, "!echo early")
    typed = await anna.send(room, "!look first")
    for number in range(40):
        await anna.send(room, f"talk {number}")
    await anna.edit(room, typed, "!look mended")
    mentioning: dict[str, Any] = {"m.mentions": {"user_ids": [kring.user_id]}}
    await anna.send(room, "echo named", **mentioning)
    for number in range(10):
        await anna.send(room, f"more talk {number}")
    last = await anna.send(room, "!echo last")
    async with kring.running(page=5, largest_gap=12):
        await anna.expect(room, "echo last", 20, after=last)
        said = kring.said(anna, room)
        assert said[:2] == ["echo start", "echo early"]
        assert [text for text in said if "mended" in text]
        assert said[-2:] == ["echo named", "echo last"]
