"""The tour's stories about running a network: its sheet and its picture, who helps, how the bot speaks in its
room, and rooms that are adopted and replaced. How a story is told is `bot.demo.tour`'s."""

from __future__ import annotations

import asyncio
from io import BytesIO

from bot.demo.tour import Tour
from bot.demo.tour_checks import (
    has_picture,
    has_power,
    is_in,
    knows_own_power,
    lives_in,
    opens_to_the_space,
    topic_says,
)
from bot.demo.world import BOT


async def listed(tour: Tour) -> None:
    tour.part("Networks, with the criterion for their existence")
    await tour.say("grace", "!networks", "Translators and interpreters", "sharing")
    await tour.say("anna", "!netwerken soort:beroep regio:brussel film", "Filmmakers")
    await tour.say("anna", "!netwerk vertalers", "Minstens 20 vennoten")
    await tour.say("anna", "!netwerk audiovisueel-brussel", "Minstens 15 vennoten")
    await tour.say("bilal", "!réseau audiovisuel-bruxelles", "Au moins 15 sociétaires")


async def animated(tour: Tour) -> None:
    tour.part("An animator runs a network")
    await tour.say("bilal", "!réseau phase audiovisual lancement", "lancement")
    await tour.say("bilal", "!réseau checklist audiovisual", "1.")
    await tour.say("bilal", "!réseau aide-mémoire audiovisual 1", "✅")
    await tour.say("grace", "!network stage audiovisual closed", "animators of")
    await tour.say("bilal", "!réseau ambassadeur audiovisual @lotte:localhost", "Lotte Wouters")
    await tour.say("bilal", "!réseau conseillère audiovisual @karim:localhost", "Karim Lahlou")
    await tour.hears("karim", "conseiller", "Audiovisuel")
    await tour.say("bilal", "!réseau animateur audiovisual @lotte:localhost", "Lotte Wouters")
    room = await tour.place("lotte", "audiovisual-brussels")
    await tour.check("lotte has a moderator's power there", has_power(tour, "lotte", room))
    await tour.say("lotte", "!netwerk audiovisual", "Lotte Wouters", "Karim Lahlou")
    await tour.say("bilal", "!réseau salon audiovisual", "salon")


async def spoken(tour: Tour) -> None:
    tour.part("How the bot speaks in a network's room")
    at = "audiovisual-brussels"
    await tour.say("bilal", "!réseau préfixe $", "$", at=at)
    await tour.say("bilal", "$aide réseau préfixe", "$réseau", at=at)
    await tour.say("bilal", "$réseau préfixe !", "!", at=at)
    await tour.say("bilal", "!réseau langue", "français", at=at)
    await tour.say("bilal", "!réseau langue nederlands", "Nederlands", at=at)
    await tour.say("bilal", "!réseau langue français", "français", at=at)


async def changed(tour: Tour) -> None:
    tour.part("A sheet is changed, and the room follows; it gets a picture too")
    room = await tour.place("anna", "translators")
    await tour.talk(
        "anna",
        ("!netwerk aanpassen translators doel", "1."),
        ("nederlands", "Opdrachten delen"),
        ("Samen vertalen, beter betaald.", "beter betaald"),
    )
    await tour.check("the room's topic says so", topic_says(tour, room, "beter betaald"))
    await tour.talk(
        "anna",
        ("!netwerk aanpassen translators", "1."),
        ("annuleer", "Gestopt"),
        ("!netwerk aanpassen translators afbeelding", "Vertalers en tolken"),
        ("een tekst is geen beeld", "PNG"),
    )
    image = await asyncio.to_thread(picture)
    name = "Vertalers en tolken"
    await tour.send_file("anna", "vertalers.png", image, name, mimetype="image/png")
    await tour.check("the room has the picture", has_picture(tour, room))


def picture() -> bytes:
    """A plain PNG, such as a person might send."""
    from PIL import Image

    written = BytesIO()
    Image.new("RGB", (96, 64), "teal").save(written, "PNG")
    return written.getvalue()


async def adopted(tour: Tour) -> None:
    tour.part(
        "A room that exists becomes a network, and the network follows it when it is replaced"
    )
    peer = await tour.peer("valerie")
    room = await peer.create_room(name="Couture", preset="private_chat", invite=[BOT])
    await tour.check("the bot has come in", is_in(tour, "kring", room))
    await tour.say("valerie", "!réseau adopter", "100", at=room)
    await peer.set_power(room, BOT, 100)
    await tour.check("the bot knows its power", knows_own_power(tour, room))
    await tour.say("valerie", "!réseau adopter", "privée", at=room)
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
    await tour.check("its topic is the purpose", topic_says(tour, room, "Coudre, réparer"))
    await tour.check("the Space opens it", opens_to_the_space(tour, room))
    # The Space lets the bot into the new room by itself, as the join rule comes along.
    successor = await peer.upgrade(room, "12")
    await tour.check("the network has moved", lives_in(tour, "couture-et-retouche", successor))
    await tour.hears("valerie", "Couture et retouche", "has moved", at="staff")
    await tour.say("valerie", "!réseau", "Coudre, réparer", at=successor)
