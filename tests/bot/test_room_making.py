"""How a room is made: not everyone may invite, and its maker is listed only where the version wants that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pytest

from bot.actions import Actions
from bot.direct import DirectChats
from bot.mirror import MARK
from storage.database import Database
from tests.bot.scripted import BOT, Scripted, StandingClock

ANNA, SPACE = "@anna:example.org", "!space:example.org"


async def made(version: str, **wanted: Any) -> dict[str, Any]:
    def answer(method: str, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        return {"capabilities": {"m.room_versions": {"default": version}}}

    nothing = cast(Any, None)
    actions = Actions(
        Scripted(answer).homeserver,
        cast(Database, nothing),
        StandingClock(),
        cast(DirectChats, nothing),
        nothing,
    )
    return await actions._creation({"name": "Film", **wanted}, "key")


def state_of(body: dict[str, Any], kind: str) -> Any:
    (found,) = [event["content"] for event in body["initial_state"] if event["type"] == kind]
    return found


@pytest.mark.parametrize(
    ("version", "users"), [("11", {ANNA: 50, BOT: 100}), ("12", {ANNA: 50}), ("13", {ANNA: 50})]
)
@pytest.mark.parametrize("kind", ["network", "staff", "buyers", "space"])
async def test_inviting_takes_a_moderator(version: str, users: dict[str, int], kind: str) -> None:
    body = await made(version, kind=kind, moderators=[ANNA, BOT])
    levels = body["power_level_content_override"]
    assert levels["invite"] == 50
    assert levels["users"] == users
    assert body["room_version"] == version
    # In the Space nothing is said: it only holds rooms.
    assert levels.get("events_default") == (100 if kind == "space" else None)


async def test_it_is_known_again_and_let_in_are_those_of_the_space() -> None:
    body = await made("12", kind="network", join_rule="restricted", space=SPACE)
    assert state_of(body, MARK) == {"id": "key"}
    assert state_of(body, "m.room.join_rules") == {
        "join_rule": "restricted",
        "allow": [{"type": "m.room_membership", "room_id": SPACE}],
    }
    assert state_of(body, "m.room.guest_access") == {"guest_access": "forbidden"}
    assert body["visibility"] == "private"
    assert body["preset"] == "private_chat"


async def test_without_a_word_it_is_by_invitation_only() -> None:
    body = await made("12", kind="staff")
    assert state_of(body, "m.room.join_rules") == {"join_rule": "invite"}
    assert "m.room.encryption" not in [event["type"] for event in body["initial_state"]]
