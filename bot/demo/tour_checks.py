"""What must have come true in the tour, asked of the homeserver and of the bot's database."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from bot.app import App
from bot.client import CLIENT, quoted
from bot.demo.tour import Tour
from bot.demo.world import BOT, SERVER
from storage import join_requests, networks, rooms

Condition = Callable[[], Awaitable[bool]]


def is_in(tour: Tour, who: str, room: str, *, wanted: bool = True) -> Condition:
    """Whether the homeserver says that somebody is in a room."""

    async def ask() -> bool:
        if who == "kring":
            # Whoever is not in a room may not ask who is.
            there = BOT in await (await tour.peer("valerie")).members(room)
        else:
            there = f"@{who}:{SERVER}" in await _app(tour).homeserver.joined_members(room)
        return there is wanted

    return ask


def has_power(tour: Tour, who: str, room: str) -> Condition:
    """Whether somebody has a moderator's power, by the room's current state."""

    async def ask() -> bool:
        levels = await _state(tour, room, "m.room.power_levels")
        return bool(levels.get("users", {}).get(f"@{who}:{SERVER}", 0) >= 50)

    return ask


def topic_says(tour: Tour, room: str, words: str) -> Condition:
    async def ask() -> bool:
        return words in str((await _state(tour, room, "m.room.topic")).get("topic", ""))

    return ask


def opens_to_the_space(tour: Tour, room: str) -> Condition:
    async def ask() -> bool:
        return bool((await _state(tour, room, "m.room.join_rules")).get("allow"))

    return ask


def says_nothing_in_clear(tour: Tour, room: str) -> Condition:
    async def ask() -> bool:
        said = await _app(tour).homeserver.request(
            "GET",
            f"{CLIENT}/rooms/{quoted(room)}/messages",
            query={"dir": "b", "limit": "100", "filter": '{"not_types": ["m.room.encrypted"]}'},
        )
        return all(event["type"] != "m.room.message" for event in said["chunk"])

    return ask


def has_picture(tour: Tour, room: str) -> Condition:
    async def ask() -> bool:
        url = (await _state(tour, room, "m.room.avatar")).get("url")
        return isinstance(url, str) and url.startswith("mxc://")

    return ask


def knows_own_power(tour: Tour, room: str) -> Condition:
    """Whether the bot has heard that it may do all in a room."""

    async def ask() -> bool:
        known = await _app(tour).database.read(lambda session: rooms.get(session, room))
        return known is not None and known.power_of(BOT) >= 100

    return ask


def has_room(tour: Tour, slug: str) -> Condition:
    async def ask() -> bool:
        found = await _app(tour).database.read(lambda session: networks.by_slug(session, slug))
        return found is not None and found.room_id is not None

    return ask


def lives_in(tour: Tour, slug: str, room: str) -> Condition:
    async def ask() -> bool:
        found = await _app(tour).database.read(lambda session: networks.by_slug(session, slug))
        return found is not None and found.room_id == room

    return ask


def has_withdrawn(tour: Tour, who: str) -> Condition:
    """Whether the only request that somebody made is withdrawn."""

    async def ask() -> bool:
        found = await _app(tour).database.read(
            lambda session: join_requests.of_person(session, f"@{who}:{SERVER}")
        )
        return [request.status for request in found] == ["withdrawn"]

    return ask


async def _state(tour: Tour, room: str, kind: str) -> dict[str, Any]:
    return await _app(tour).homeserver.state(room, kind) or {}


def _app(tour: Tour) -> App:
    assert tour.world.app is not None
    return tour.world.app
