"""How the terminal chat calls rooms and people, out of what a peer has synced."""

from __future__ import annotations

from bot.chat_text import clean_line
from bot.demo.peer import Event, Peer


def localpart(user_id: str) -> str:
    """The name inside a Matrix id."""
    return clean_line(user_id.removeprefix("@").split(":")[0])


def is_space(peer: Peer, room: str) -> bool:
    """Whether the room only holds other rooms."""
    return _content(peer.states[room], "m.room.create").get("type") == "m.space"


def person(peer: Peer, room: str, user_id: str) -> str:
    """A member's name in the room; with the id's name beside it where another has the same."""
    own = clean_line(_content(peer.states[room], "m.room.member", user_id).get("displayname"))
    if not own:
        return localpart(user_id)
    namesakes = (
        other
        for (kind, other), event in peer.states[room].items()
        if kind == "m.room.member"
        and other != user_id
        and event["content"].get("membership") == "join"
        and clean_line(event["content"].get("displayname")).casefold() == own.casefold()
    )
    return f"{own} ({localpart(user_id)})" if any(namesakes) else own


def title(peer: Peer, room: str) -> str:
    """The room's name, its alias, or the names of who else is in it."""
    state = peer.invited.get(room) or peer.states[room]
    name = clean_line(_content(state, "m.room.name").get("name"), 60)
    alias = clean_line(_content(state, "m.room.canonical_alias").get("alias"), 60)
    if name or alias:
        return name or alias
    for user_id, rooms in peer.direct.items():
        if room in rooms:
            return person(peer, room, user_id)
    heroes = peer.summaries[room].get("m.heroes") or [
        key for kind, key in state if kind == "m.room.member" and key != peer.user_id
    ]
    return ", ".join(person(peer, room, hero) for hero in heroes[:3]) or "a room without a name"


def inviter(peer: Peer, room: str) -> str:
    """Who sent the invitation."""
    state = peer.invited[room]
    event = state.get(("m.room.member", peer.user_id))
    if event is None:
        return "Someone"
    sender = event["sender"]
    name = clean_line(_content(state, "m.room.member", sender).get("displayname"))
    return name or localpart(sender)


def direct_room(peer: Peer, user_id: str) -> str | None:
    """A direct chat with someone that is open, or to which they invite; none without."""
    for room in reversed(peer.direct.get(user_id, [])):
        if room in peer.joined:
            return room
    return next((room for room in peer.invited if direct_inviter(peer, room) == user_id), None)


def direct_inviter(peer: Peer, room: str) -> str | None:
    """Who invites to a direct chat with them; none where nobody does, or to another room."""
    event = peer.invited.get(room, {}).get(("m.room.member", peer.user_id))
    if event is None or event["content"].get("is_direct") is not True:
        return None
    return str(event["sender"])


def _content(state: dict[tuple[str, str], Event], kind: str, key: str = "") -> Event:
    event = state.get((kind, key))
    content = event["content"] if event else {}
    return content if isinstance(content, dict) else {}
