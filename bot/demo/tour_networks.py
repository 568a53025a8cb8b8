"""The tour's stories about what networks do at their edges: limits, refusals, rooms that are adopted,
changed and replaced. How a story is told is `bot.demo.tour`'s."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.demo.tour import Tour, is_in
from bot.demo.world import BOT, SERVER
from storage import join_requests, networks, rooms


async def edges_of_joining(tour: Tour) -> None:
    tour.part("Joining: taken back, by invitation only, and as many as one may")
    await tour.say("omar", "!rejoindre audiovisual", "Audiovisuel")
    await tour.say("omar", "!quitter audiovisual", "Audiovisuel")
    await tour.check("omar's request waits no more", _withdrawn(tour, "omar"))
    await tour.say("omar", "!rejoindre cycle-logistics", "Farid Haddad")
    for slug in ("training", "sharing"):
        await tour.say("thomas", f"!join {slug}", "invitation")
        room = await tour.place("thomas", slug)
        await tour.check(f"thomas is in {slug}", is_in(tour, "thomas", room))
        await tour.hears("thomas", "Welcome to")
    await tour.say("thomas", "!join food", "limit", "!leave")
    await tour.say("thomas", "!join food", "direct chat", at="sharing", absent="limit")


async def initiative(tour: Tour) -> None:
    tour.part("A collective initiative, from its name to its number")
    await tour.talk(
        "thomas",
        ("!propose initiative", "called"),
        ("Tool library", "together"),
        ("Sheds full of tools that we could share.", "region"),
        ("skip", "Tool library"),
    )
    await tour.say("grace", "!proposals", "Tool library")


async def changed(tour: Tour) -> None:
    tour.part("A sheet is changed, and the room follows")
    room = await tour.place("anna", "translators")
    await tour.talk(
        "anna",
        ("!netwerk aanpassen translators doel", "1."),
        ("nederlands", ""),
        ("Samen vertalen, beter betaald.", "beter betaald"),
    )
    await tour.check("the room's topic says so", _topic(tour, room, "beter betaald"))


async def adopted(tour: Tour) -> None:
    tour.part(
        "A room that exists becomes a network, and the network follows it when it is replaced"
    )
    peer = await tour.peer("valerie")
    room = await peer.create_room(name="Couture", preset="private_chat", invite=[BOT])
    await tour.check("the bot has come in", is_in(tour, "kring", room))
    await tour.say("valerie", "!réseau adopter", "100", at=room)
    await peer.set_power(room, BOT, 100)
    await tour.check("the bot knows its power", _power(tour, room))
    await tour.say("valerie", "!réseau adopter", "", at=room)
    await tour.hears("valerie", "1.", "2.", "3.")
    await tour.talk(
        "valerie",
        ("3", "1."),
        ("fr", "Couture"),
        ("Couture et retouche", "?"),
        ("Coudre, réparer, transmettre.", "?"),
        ("passer", "1."),
        ("2", "?"),
        ("Un métier qui manque en ville.", "?"),
        ("passer", "1."),
        ("1", "Couture et retouche"),
        ("oui", "couture-et-retouche"),
    )
    await tour.check("its topic is the purpose", _topic(tour, room, "Coudre, réparer"))
    # The Space lets the bot into the new room by itself, as the join rule comes along.
    successor = await peer.upgrade(room, "12")
    await tour.check("the network has moved", _lives_in(tour, "couture-et-retouche", successor))
    await tour.hears("valerie", "Couture et retouche", "has moved", at="staff")
    await tour.say("valerie", "!réseau", "Coudre, réparer", at=successor)


# --- what must come true ---------------------------------------------------------------------------


def _withdrawn(tour: Tour, who: str) -> Callable[[], Awaitable[bool]]:
    """Whether the request is withdrawn."""

    async def ask() -> bool:
        assert tour.world.app is not None
        found = await tour.world.app.database.read(
            lambda session: join_requests.of_person(session, f"@{who}:{SERVER}")
        )
        return [request.status for request in found] == ["withdrawn"]

    return ask


def _topic(tour: Tour, room: str, words: str) -> Callable[[], Awaitable[bool]]:
    async def ask() -> bool:
        assert tour.world.app is not None
        content = await tour.world.app.homeserver.state(room, "m.room.topic") or {}
        return words in str(content.get("topic", ""))

    return ask


def _power(tour: Tour, room: str) -> Callable[[], Awaitable[bool]]:
    async def ask() -> bool:
        app = tour.world.app
        assert app is not None
        known = await app.database.read(lambda session: rooms.get(session, room))
        return known is not None and known.power_of(BOT) >= 100

    return ask


def _lives_in(tour: Tour, slug: str, room: str) -> Callable[[], Awaitable[bool]]:
    async def ask() -> bool:
        app = tour.world.app
        assert app is not None
        found = await app.database.read(lambda session: networks.by_slug(session, slug))
        return found is not None and found.room_id == room

    return ask
