"""The tour's stories about members' proposals, staff who decide, and the operator at the command line.
How a story is told is `bot.demo.tour`'s."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.demo.peer import body_of
from bot.demo.tour import Tour
from bot.demo.tour_checks import (
    has_picture,
    has_room,
    is_in,
    says_nothing_in_clear,
    topic_says,
)
from bot.demo.tour_networks import picture
from bot.demo.world import PASSWORD


async def proposing(tour: Tour) -> None:
    tour.part("A member proposes a network, others support it, staff hear of it and open it")
    await tour.place("valerie", "direct")
    await tour.talk(
        "paula",
        ("!propose network", "called"),
        ("Urban gardens", "kind"),
        ("3", "for whom"),
        ("Members who grow food in the city, together.", "region"),
        ("brussels", "publish"),
        ("yes", "Urban gardens"),
    )
    await tour.say("grace", "!proposals", "Urban gardens")
    for who in ("grace", "thomas", "anna", "bilal", "dries"):
        await tour.say(who, "!support 1", "Urban gardens")
    await tour.say("grace", "!support 1", "already")
    proposal = await tour.hears("valerie", "Urban gardens", at="staff")
    await tour.reply("valerie", proposal, "oui", "privée", at="staff")
    await tour.hears("valerie", "1.", "2.", "3.")
    await tour.talk(
        "valerie",
        ("3", "1."),
        ("fr", "Urban gardens"),
        ("Potagers urbains", "?"),
        ("Cultiver des légumes en ville, ensemble.", "?"),
        ("Bruxelles", "1."),
        ("2", "?"),
        ("Nourrir la ville de près.", "?"),
        ("passer", "1."),
        ("1", "?"),
        ("@paula:localhost", "?"),
        ("2", "Paula Jiménez"),
        ("oui", "?"),
        ("passer", "Potagers urbains"),
    )
    await tour.hears("paula", "Urban gardens", "Potagers urbains")
    await tour.check("its room is there", has_room(tour, "potagers-urbains"))
    room = await tour.place("paula", "potagers-urbains")
    await tour.check("paula is in it", is_in(tour, "paula", room))
    await tour.say("grace", "!network potagers-urbains", "Paula Jiménez")
    await tour.say("grace", "!proposals", "propos", absent="Urban gardens")


async def initiative(tour: Tour) -> None:
    tour.part("A collective initiative, from its name to its number")
    await tour.talk(
        "thomas",
        ("!propose initiative", "called"),
        ("Tool library", "together"),
        ("Sheds full of tools that we could share.", "region"),
        ("skip", "publish"),
        ("yes", "Tool library"),
    )
    await tour.say("grace", "!proposals", "Tool library")


async def staff(tour: Tour) -> None:
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
        ("1", "Jardins partagés"),
        ("oui", "?"),
    )
    image = await asyncio.to_thread(picture)
    name = "Jardins partagés"
    await tour.send_file("valerie", "jardin.png", image, name, mimetype="image/png")
    await tour.hears("valerie", "Jardins partagés", "jardins-partages")
    garden = await tour.place("valerie", "jardins-partages")
    await tour.check("the bot is in the new room", is_in(tour, "kring", garden))
    await tour.check("the room has the picture", has_picture(tour, garden))
    await tour.say("valerie", "!réseau", "Cultiver ensemble en ville.", at="jardins-partages")
    await tour.check("nothing was said there in clear", says_nothing_in_clear(tour, garden))
    chat = await tour.place("valerie", "direct")
    await tour.check("nor in the direct chat", says_nothing_in_clear(tour, chat))
    await tour.say("grace", "!network jardins", "Cultiver ensemble en ville.")
    await tour.say("valerie", "!réseau suggérer", "Secteurs", at="staff")
    await tour.say("valerie", "!réseau observer", "Par région", at="staff")
    await tour.say("grace", "!network suggest", "staff", absent="musicien")
    await _code(tour)
    await tour.talk("valerie", ("!importer sociétaires", "1."), ("1", "CSV"))
    data = await asyncio.to_thread(_register(tour).read_bytes)
    await tour.send_file("valerie", "register.csv", data, "625")


async def _code(tour: Tour) -> None:
    answer = await tour.say("valerie", "!sociétaire code K000010", "K000010")
    code = next(
        (word for word in body_of(answer).split() if word.count("-") == 2 and len(word) == 14), ""
    )
    await tour.world.homeserver.register("newcomer", PASSWORD, displayname="New Comer")
    await tour.say("newcomer", f"link {code}", "register")
    await tour.say("newcomer", f"link {code}", "code")


async def lax(tour: Tour) -> None:
    tour.part("A staff room that anybody could enter gives nobody a role, and the bot says why")
    peer, room = await tour.peer("valerie"), await tour.place("valerie", "staff")
    await peer.set_state(room, "m.room.join_rules", {"join_rule": "public"})
    await tour.say("valerie", "!réseau suggérer", "invitation", at="staff", absent="Secteurs")
    await peer.set_state(room, "m.room.join_rules", {"join_rule": "invite"})
    await tour.say("valerie", "!réseau suggérer", "Secteurs", at="staff")


async def operating(tour: Tour) -> None:
    tour.part("The operator's commands, beside the running bot")
    await tour.run("network", "list", expected="sharing")
    await _network_by_command_line(tour)
    await tour.run("import", "members", "--dry-run", str(_register(tour)), expected=" 0 new")
    folder = tour.world.folder
    await tour.run("export", "members", str(folder / "members.csv"), expected="members")
    written = await asyncio.to_thread((folder / "members.csv").read_text, "utf-8")
    tour.expect("Anna Verhulst" in written, "the register was exported")
    tour.expect("Stijn Goossens" not in written, "without whom was forgotten")
    await tour.run("export", "directory", str(folder / "directory"), expected="files")
    await tour.run("backup", str(folder / "backup.db"), expected="copied")
    await tour.run("check", expected="rooms")


async def _network_by_command_line(tour: Tour) -> None:
    await tour.place("grace", "direct")
    await tour.run(
        "network", "new", "--name", "en=Repair corner", "--purpose", "en=Mend what breaks.",
        "--criterion", "en=The charter asks for it.", "--criterion-kind", "strategic",
        "--kind", "other", "--openness", "open", "--language", "en",
        "--animator", "@grace:localhost",
        expected="repair-corner",
    )  # fmt: skip
    await tour.check("its room is there", has_room(tour, "repair-corner"))
    room = await tour.place("grace", "repair-corner")
    await tour.check("grace is in it", is_in(tour, "grace", room))
    await tour.run(
        "network", "edit", "repair-corner", "--purpose", "en=Mend it together.",
        expected="repair-corner",
    )  # fmt: skip
    await tour.check("the room's topic says so", topic_says(tour, room, "Mend it together."))
    await tour.say("grace", "!network repair-corner", "Mend it together.")
    await tour.run("network", "show", "repair-corner", expected="Mend it together.")
    await tour.run("network", "close", "repair-corner", "--yes", expected="closed")
    await tour.say("elif", "!aansluiten repair-corner", "gesloten")
    await tour.say("elif", "!netwerken", "sharing", absent="Repair corner")


def _register(tour: Tour) -> Path:
    return tour.world.folder / "register.csv"
