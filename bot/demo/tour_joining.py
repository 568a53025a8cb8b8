"""The tour's stories about getting into a network and out of it: by command, by a knock and in one's own
client, up to the limit. How a story is told is `bot.demo.tour`'s."""

from __future__ import annotations

from bot.demo.tour import Tour
from bot.demo.tour_checks import has_withdrawn, is_in


async def joining(tour: Tour) -> None:
    tour.part("Joining: open, on approval, and leaving again")
    translators = await tour.place("karim", "translators")
    await tour.say("karim", "!rejoindre translators", "invitation")
    await tour.check("karim is in the room of the translators", is_in(tour, "karim", translators))
    await tour.say("dries", "!aansluiten #sharing:localhost", "uitnodiging")
    sharing = await tour.place("dries", "sharing")
    await tour.check("dries is in the room of sharing", is_in(tour, "dries", sharing))
    audiovisual = await tour.place("grace", "audiovisual-brussels")
    await tour.place("bilal", "direct")
    await tour.say("grace", "!join audiovisual", "animators")
    request = await tour.hears("bilal", "Grace Mbuyi")
    await tour.react("bilal", request, "👍", "Grace Mbuyi")
    await tour.check("grace is in the audiovisual room", is_in(tour, "grace", audiovisual))
    await tour.talk("karim", ("!quitter translators", "1."), ("oui", "Traduction"))
    await tour.check(
        "karim has left the translators", is_in(tour, "karim", translators, wanted=False)
    )


async def requests(tour: Tour) -> None:
    tour.part("Requests: let in and turned away, by a reply, a reaction and a command")
    await tour.say("rosa", "!rejoindre audiovisual", "Audiovisuel")
    request = await tour.hears("bilal", "Rosa Colombo")
    await tour.reply("bilal", request, "non, nous sommes complets pour le moment", "Rosa Colombo")
    await tour.hears("rosa", "complets")
    await tour.say("ines", "!rejoindre audiovisual", "Audiovisuel")
    await tour.hears("bilal", "Inês Moreira")
    await tour.say("bilal", "!réseau demandes", "Inês Moreira")
    await tour.say("bilal", "!réseau refuser @ines:localhost pas avant mai", "Inês Moreira")
    await tour.hears("ines", "pas avant mai")
    await tour.say("karim", "!rejoindre eco-building", "Écoconstruction")
    await tour.say("hugo", "!réseau demandes", "Karim Lahlou")
    await tour.say("hugo", "!réseau approuver @karim:localhost", "Karim Lahlou")
    ecological = await tour.place("karim", "eco-building")
    await tour.check("karim is in the room", is_in(tour, "karim", ecological))


async def edges(tour: Tour) -> None:
    tour.part("Joining: taken back, by a knock, by invitation only, and as many as one may")
    await tour.say("omar", "!rejoindre audiovisual", "Audiovisuel")
    await tour.say("omar", "!quitter audiovisual", "Audiovisuel")
    await tour.check("omar's request waits no more", has_withdrawn(tour, "omar"))
    await _knocks(tour)
    await tour.say("omar", "!rejoindre cycle-logistics", "Farid Haddad")
    for slug in ("training", "sharing"):
        await tour.say("thomas", f"!join {slug}", "invitation")
        room = await tour.place("thomas", slug)
        await tour.check(f"thomas is in {slug}", is_in(tour, "thomas", room))
        await tour.hears("thomas", "Welcome to")
    await tour.say("thomas", "!join food", "limit", "!leave")
    await tour.say("thomas", "!join food", "direct chat", at="sharing", absent="limit")
    await _over_the_limit(tour)


async def _knocks(tour: Tour) -> None:
    peer, room = await tour.peer("omar"), await tour.place("omar", "audiovisual-brussels")
    print("\nomar knocks at the audiovisual room, in his own client", flush=True)
    await peer.knock(room, "Je filme mon potager.")
    await tour.hears("omar", "Audiovisuel", "transmis")
    request = await tour.hears("bilal", "Omar Diallo", "Je filme mon potager.")
    await tour.react("bilal", request, "👍", "Omar Diallo")
    await tour.hears("omar", "Audiovisuel", "invitation")
    await tour.check("omar was let in", is_in(tour, "omar", room))
    await tour.hears("omar", "Bienvenue", "Audiovisuel")


async def _over_the_limit(tour: Tour) -> None:
    """Nobody is put out: who joins one network too many is told, with how to leave one."""
    peer, room = await tour.peer("thomas"), await tour.place("thomas", "food")
    print("\nthomas joins the room of food in his own client", flush=True)
    await peer.join(room)
    await tour.hears("thomas", "Food and hospitality", "4", "!leave food")
    await tour.check("thomas may stay", is_in(tour, "thomas", room))
    await tour.talk("thomas", ("!leave food", "1."), ("yes", "Food and hospitality"))
    await tour.check("thomas has left", is_in(tour, "thomas", room, wanted=False))
