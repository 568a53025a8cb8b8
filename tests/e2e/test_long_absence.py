"""A bot that was away for longer than any bound: what concerned it is answered, chatter is not held."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.demo.homeserver import EmbeddedHomeserver
from tests.e2e.engine import options, running
from tests.e2e.test_faults import arrival
from tests.support.peer import body_of
from tests.support.synapse import PASSWORD, NewUser, unique

pytestmark = pytest.mark.e2e


async def test_what_was_said_among_much_chatter_is_answered(
    homeserver: EmbeddedHomeserver,
    new_user: NewUser,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.sync._GAP_PAGE", 10)
    account = await homeserver.register(unique("kring"), PASSWORD)
    given = options(homeserver.base_url, account.user_id, account.access_token, tmp_path, page=5)
    given = replace(given, largest_gap=12)
    anna = await new_user("anna")
    room = await anna.create_room(name="Talk", invite=[account.user_id], preset="private_chat")
    async with running(given):
        await arrival(anna, room, account.user_id)
        await anna.send(room, "!echo start")
        await anna.expect(room, "echo start", 20)
    await anna.send(room, "!echo early")
    typed = await anna.send(room, "!look first")
    for number in range(40):
        await anna.send(room, f"talk {number}")
    await anna.edit(room, typed, "!look mended")
    mentioning: dict[str, Any] = {"m.mentions": {"user_ids": [account.user_id]}}
    await anna.send(room, "echo named", **mentioning)
    for number in range(10):
        await anna.send(room, f"more talk {number}")
    last = await anna.send(room, "!echo last")
    async with running(given):
        await anna.expect(room, "echo last", 20, after=last)
        said = [
            body_of(event)
            for event in anna.timeline[room]
            if event["sender"] == account.user_id and event["type"] == "m.room.message"
        ]
        assert said[:2] == ["echo start", "echo early"]
        assert [text for text in said if "mended" in text]
        assert said[-2:] == ["echo named", "echo last"]
