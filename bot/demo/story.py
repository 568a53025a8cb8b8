"""The scripted tour of every feature: what people type, and what must come back.

`kring demo --exercise` plays it in a fresh world, shows the answers, and fails when one is missing. Each
part is a small story that a newcomer could play by hand.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.demo import tour_networks
from bot.demo.peer import body_of
from bot.demo.tour import SECONDS, Tour, from_bot, has_power, is_in
from bot.demo.world import PASSWORD, World


async def play(world: World) -> int:
    """Play every part; 0 if nothing was missing, else 1."""
    tour = Tour(world)
    try:
        for part in (
            _first_words,
            _finding,
            _networks,
            _joining,
            _profile,
            _own_data,
            _mistakes,
            _proposing,
            _animating,
            tour_networks.edges_of_joining,
            tour_networks.initiative,
            tour_networks.changed,
            tour_networks.adopted,
            _staff,
            _operating,
        ):
            await part(tour)
    finally:
        await tour.close()
    print(f"\n{tour.answers} answers, {len(tour.failures)} missing.", flush=True)
    for failure in tour.failures:
        print(f"  {failure}")
    return 1 if tour.failures else 0


async def _first_words(tour: Tour) -> None:
    tour.part("The first words, in three languages, with a typing error")
    await tour.say("grace", "help", "!find", "!networks")
    await tour.say("anna", "hulp zoek", "!zoek")
    await tour.say("bilal", "aide", "!cherche")
    await tour.say("grace", "netwroks", "!networks")
    await tour.say("grace", "!language klingon", "English")
    await tour.say("grace", "@kring:localhost: help find", "find", at="training")


async def _finding(tour: Tour) -> None:
    tour.part("Members find each other, across languages")
    await tour.say("anna", "!zoek vertaler gent", "Dries Coppens")
    await tour.say("bilal", "!cherche traductrice gand", "Anna Verhulst", "Dries Coppens")
    await tour.say("grace", "!find translater ghent", "Anna Verhulst")
    await tour.say("grace", "!find cineast", "Bilal Benmoussa")
    await tour.say("grace", "!find filmmaker place:brussel", "Bilal Benmoussa", at="training")
    await tour.say("anna", "zoek qwertzuiop", "")
    await tour.say("grace", "!profile @bilal:localhost", "Bilal Benmoussa", "documentaire")


async def _networks(tour: Tour) -> None:
    tour.part("Networks, with the criterion for their existence")
    await tour.say("grace", "!networks", "Translators and interpreters", "sharing")
    await tour.say("anna", "!netwerk vertalers", "Minstens 20 vennoten")
    await tour.say("bilal", "!réseau audiovisuel", "Au moins 15 sociétaires")


async def _joining(tour: Tour) -> None:
    tour.part("Joining: open, on approval, and leaving again")
    translators = await tour.place("karim", "translators")
    await tour.say("karim", "!rejoindre translators", "")
    await tour.check("karim is in the room of the translators", is_in(tour, "karim", translators))
    audiovisual = await tour.place("grace", "audiovisual")
    await tour.place("bilal", "direct")
    await tour.say("grace", "!join audiovisual", "")
    request = await tour.hears("bilal", "Grace")
    await tour.react("bilal", request, "👍", "")
    await tour.check("grace is in the audiovisual room", is_in(tour, "grace", audiovisual))
    await tour.talk("karim", ("!quitter translators", ""), ("oui", ""))
    await tour.check(
        "karim has left the translators", is_in(tour, "karim", translators, wanted=False)
    )


async def _profile(tour: Tour) -> None:
    tour.part("A profile by conversation, and who may see it")
    await tour.talk(
        "elif",
        ("!profiel aanpassen vaardigheden", ""),
        ("vegetarisch koken; zuurdesem", ""),
    )
    await tour.say("elif", "!profiel", "zuurdesem")
    await tour.say("grace", "!find zuurdesem", "Elif")
    await tour.say("elif", "!zichtbaarheid vaardigheden niemand", "")
    await tour.say("grace", "!find zuurdesem", "", absent="Elif")
    await tour.say("elif", "!zichtbaar nee", "")
    await tour.say("grace", "!find Elif", "", absent="Yıldız")
    await tour.say("elif", "!zichtbaar ja", "")
    await tour.talk(
        "grace",
        ("profile edit", "1 of"),
        ("skip", "2 of"),
        ("back", "1 of"),
        ("!find Elif", "Elif"),
        ("cancel", ""),
    )


async def _own_data(tour: Tour) -> None:
    tour.part("One's own data, and people whom one avoids")
    await tour.say("rosa", "!mesdonnées", "Tournai")
    await tour.say("rosa", "!bloquer @thomas:localhost", "Thomas")
    await tour.say("thomas", "!find Rosa", "", absent="Colombo")
    await tour.say("rosa", "!débloquer @thomas:localhost", "Thomas")
    await tour.say("rosa", "!mesdonnées exporter", "JSON")
    await tour.talk("stijn", ("!mijngegevens wissen", ""), ("annuleer", ""))


async def _mistakes(tour: Tour) -> None:
    tour.part("A mistake is mended by editing the message, and never carried out twice")
    peer, room = await tour.peer("grace"), await tour.place("grace", "direct")
    print("\ngrace> !fnd translator ghent, and then mends it", flush=True)
    event_id = await peer.send(room, "!fnd translator ghent")
    answer = await peer.expect(room, from_bot, timeout=SECONDS, after=event_id)
    edit_id = await peer.edit(room, event_id, "!find translator ghent")
    replaced = await tour.answer(peer, "grace", room, edit_id, ("Anna Verhulst",))
    relation = replaced["content"].get("m.relates_to", {})
    tour.expect(
        relation.get("event_id") == answer["event_id"], "the first answer was edited in place"
    )
    thread = await peer.send(room, "Let us talk of food.")
    await tour.skip(peer, "grace", room, thread)
    relation = {"rel_type": "m.thread", "event_id": thread}
    content = {"msgtype": "m.text", "body": "!find elif gent", "m.relates_to": relation}
    asked = await peer.send_event(room, "m.room.message", content)
    print("\ngrace, in a thread> !find elif gent", flush=True)
    inside = await tour.answer(peer, "grace", room, asked, ("Elif",))
    relation = inside["content"].get("m.relates_to", {})
    tour.expect(relation.get("event_id") == thread, "the answer stays in the thread")


async def _proposing(tour: Tour) -> None:
    tour.part("A member proposes a network, others support it, staff hear of it and open it")
    await tour.place("valerie", "direct")
    await tour.talk(
        "paula",
        ("!propose network", "called"),
        ("Urban gardens", "kind"),
        ("3", "for whom"),
        ("Members who grow food in the city, together.", "region"),
        ("brussels", "Urban gardens"),
    )
    await tour.say("grace", "!proposals", "Urban gardens")
    for who in ("grace", "thomas", "anna", "bilal", "dries"):
        await tour.say(who, "!support 1", "Urban gardens")
    await tour.say("grace", "!support 1", "Urban gardens")
    await tour.hears("valerie", "Urban gardens", at="staff")


async def _animating(tour: Tour) -> None:
    tour.part("An animator runs a network")
    await tour.say("rosa", "!rejoindre audiovisual", "Audiovisuel")
    request = await tour.hears("bilal", "Rosa Colombo")
    await tour.reply("bilal", request, "non, nous sommes complets pour le moment", "Rosa Colombo")
    await tour.hears("rosa", "complets")
    await tour.say("karim", "!rejoindre eco-building", "")
    await tour.say("hugo", "!réseau demandes", "Karim Lahlou")
    await tour.say("hugo", "!réseau approuver @karim:localhost", "Karim Lahlou")
    await tour.say("bilal", "!réseau phase audiovisual lancement", "Audiovisuel")
    await tour.say("bilal", "!réseau ambassadeur audiovisual @lotte:localhost", "Lotte Wouters")
    await tour.say("bilal", "!réseau checklist audiovisual", "1.")
    await tour.say("grace", "!network stage audiovisual closed", "")
    await tour.say("bilal", "!réseau animateur audiovisual @lotte:localhost", "Lotte Wouters")
    room = await tour.place("lotte", "audiovisual")
    await tour.check("lotte has a moderator's power there", has_power(tour, "lotte", room))
    await tour.say("lotte", "!netwerk audiovisual", "Lotte Wouters")
    await tour.talk(
        "bilal",
        ("!réseau modifier audiovisual", "1."),
        ("annuler", ""),
    )
    await tour.say("bilal", "!réseau préfixe $", "$", at="audiovisual")
    await tour.say("bilal", "$aide réseau préfixe", "$réseau", at="audiovisual")
    await tour.say("bilal", "$réseau préfixe !", "!", at="audiovisual")


async def _staff(tour: Tour) -> None:
    tour.part("Staff: a new network, suggestions, observation, codes, a register as a file")
    await tour.talk(
        "valerie",
        ("!réseau nouveau", "1."),
        ("3", "1."),
        ("fr", "?"),
        ("Jardins partagés", "?"),
        ("Cultiver ensemble en ville.", "?"),
        ("Bruxelles", "1."),
        ("2", "?"),
        ("La coopérative veut nourrir ses quartiers.", "?"),
        ("passer", "1."),
        ("1", "?"),
        ("passer", "1."),
        ("2", "Jardins partagés"),
        ("oui", "?"),
        ("passer", "Jardins partagés"),
    )
    await tour.hears("valerie", "Jardins partagés")
    garden = await tour.place("valerie", "jardins-partages")
    await tour.check("the bot is in the new room", is_in(tour, "kring", garden))
    await tour.say("grace", "!network jardins", "Cultiver ensemble en ville.")
    await tour.say("valerie", "!réseau suggérer", ":", at="staff")
    await tour.say("valerie", "!réseau observer", ":", at="staff")
    await tour.say("grace", "!network suggest", "staff", absent="musicien")
    answer = await tour.say("valerie", "!sociétaire code K000010", "K000010")
    code = next(
        (word for word in body_of(answer).split() if word.count("-") == 2 and len(word) == 14), ""
    )
    await tour.world.homeserver.register("newcomer", PASSWORD, displayname="New Comer")
    await tour.say("newcomer", f"link {code}", "register")
    await tour.say("newcomer", f"link {code}", "code")
    await tour.talk("valerie", ("!importer sociétaires", "1."), ("1", ""))
    data = await asyncio.to_thread(_register(tour).read_bytes)
    await tour.send_file("valerie", "register.csv", data, "624")


async def _operating(tour: Tour) -> None:
    tour.part("The operator's commands, beside the running bot")
    await tour.run("network", "list", expected="sharing")
    await tour.run("import", "members", "--dry-run", str(_register(tour)), expected="unchanged")
    await tour.run("backup", str(tour.world.folder / "backup.db"), expected="")
    await tour.run("check", expected="")


def _register(tour: Tour) -> Path:
    return tour.world.folder / "register.csv"
