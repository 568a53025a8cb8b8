"""How a room presents itself: its address and its picture. Both are safe to repeat; who may ask for them
is decided by the commands."""

from __future__ import annotations

from typing import Any

from bot import files
from bot.client import CLIENT, Homeserver, quoted
from bot.errors import HomeserverError
from storage import outbox
from storage.database import Database

_CONFLICT = 409


async def set_alias(homeserver: Homeserver, room_id: str, localpart: str) -> dict[str, Any]:
    """Make `#localpart` of the bot's own server the room's address; former ones go on working.

    Raises MatrixError, with M_ROOM_IN_USE when the address is another room's.
    """
    alias = f"#{localpart}:{homeserver.server_name}"
    path = f"{CLIENT}/directory/room/{quoted(alias)}"
    try:
        await homeserver.request("PUT", path, body={"room_id": room_id})
    except HomeserverError as error:
        if error.status != _CONFLICT:
            raise
        found = await homeserver.request("GET", path)
        if found.get("room_id") != room_id:
            raise HomeserverError("M_ROOM_IN_USE", _CONFLICT, f"{alias} is taken") from error
    content = await homeserver.state(room_id, "m.room.canonical_alias") or {}
    listed = content.get("alt_aliases")
    former = [content.get("alias"), *(listed if isinstance(listed, list) else [])]
    others = [one for one in dict.fromkeys(former) if isinstance(one, str) and one != alias]
    wanted: dict[str, Any] = {"alias": alias, "alt_aliases": others}
    if content.get("alias") != alias:
        await homeserver.put_state(room_id, "m.room.canonical_alias", wanted)
    return {"alias": alias}


async def set_avatar(
    homeserver: Homeserver, database: Database, key: str, room_id: str
) -> dict[str, Any]:
    """Give the room the picture that waits as the file of that outbox row. Raises MatrixError."""
    file = await database.read(lambda session: outbox.file_of(session, key))
    if file is None:
        raise HomeserverError("M_NOT_FOUND", 404, "the picture is gone")
    # Anyone may look at the picture of a room, also of an encrypted one: it is part of its state.
    shown = await files.upload(homeserver, database, key, file, encrypted=False)
    await homeserver.put_state(
        room_id, "m.room.avatar", {"url": shown["url"], "info": shown["info"]}
    )
    return {"mxc": shown["url"]}
