"""Finds again what an unsure try may have done already, by the mark that the bot leaves in all it makes.

Creating a room has no transaction id, and homeservers forget those of messages after a while.
"""

from __future__ import annotations

import json
from typing import Any

from bot import events
from bot.client import CLIENT, Homeserver, quoted
from bot.clock import Clock, milliseconds
from bot.errors import HomeserverError, UnknownToken, Unreachable
from bot.mirror import MARK
from storage import rooms
from storage.database import Database

ID_KEY = "org.kring.id"
_CLOCKS_DIFFER_MS = 10 * 60_000
_CREATION_MS = 30_000


async def is_made_for(homeserver: Homeserver, room_id: str, key: str) -> bool:
    """Whether the bot itself made the room, and for that key: anyone can mark a room of theirs."""
    mark = await homeserver.state(room_id, MARK)
    if mark is None or mark.get("id") != key:
        return False
    created = await homeserver.state_event(room_id, "m.room.create")
    return created is not None and created.get("sender") == homeserver.user_id


async def find_room(
    homeserver: Homeserver, database: Database, clock: Clock, key: str, since: int
) -> str | None:
    """The room that was made for an outbox row since that time (ms UTC), None if there is none.

    Raises Unreachable when one is just being made: a homeserver goes on after its caller is gone.
    """
    joined = await homeserver.joined_rooms()
    earlier = await database.read(
        lambda session: rooms.known_before(session, since - _CLOCKS_DIFFER_MS)
    )
    now = milliseconds(clock.now())
    being_made = False
    for room_id in joined:
        if room_id in earlier:
            continue
        try:
            if await homeserver.state(room_id, MARK) is not None:
                if await is_made_for(homeserver, room_id, key):
                    return room_id
                continue
            created = await homeserver.state_event(room_id, "m.room.create")
        except HomeserverError as error:
            if error.heals or isinstance(error, UnknownToken):
                raise
            continue
        event = events.parse(created, now)
        if (
            event is not None
            and event.sender == homeserver.user_id
            and now - event.sent_at < _CREATION_MS
        ):
            being_made = True
    if being_made:
        raise Unreachable("a room is perhaps still being made")
    return None


async def find_message(
    homeserver: Homeserver, room_id: str, kind: str, key: str, since: int
) -> str | None:
    """The event that was sent for an outbox row since that time (ms UTC), None if there is none."""
    query: dict[str, str] = {
        "dir": "b",
        "limit": "100",
        "filter": json.dumps(
            {"types": [kind, "m.room.encrypted"], "senders": [homeserver.user_id]}
        ),
    }
    for _ in range(50):
        answer = await homeserver.request(
            "GET", f"{CLIENT}/rooms/{quoted(room_id)}/messages", query=query
        )
        chunk = answer.get("chunk")
        for raw in chunk if isinstance(chunk, list) else ():
            event = events.parse(raw, 2**62)
            if event is None or event.sender != homeserver.user_id:
                continue
            if event.content.get(ID_KEY) == key or _transaction(raw) == key:
                return event.event_id
            if event.sent_at < since - _CLOCKS_DIFFER_MS:
                return None
        end = answer.get("end")
        if not isinstance(end, str) or end == query.get("from"):
            return None
        query["from"] = end
    return None


def _transaction(raw: Any) -> object:
    unsigned = raw.get("unsigned")
    return unsigned.get("transaction_id") if isinstance(unsigned, dict) else None
