"""The tour's stories about members: how they find each other, what they show, and what is kept about them.
How a story is told is `bot.demo.tour`'s."""

from __future__ import annotations

from bot.demo.tour import Tour


async def finding(tour: Tour) -> None:
    tour.part("Members find each other, across languages")
    await tour.say("anna", "!zoek vertaler gent", "Dries Coppens")
    await tour.say("bilal", "!cherche traductrice gand", "Anna Verhulst", "Dries Coppens")
    await tour.say("grace", "!find translater ghent", "Anna Verhulst")
    await tour.say("grace", "!find cineast", "Bilal Benmoussa")
    await tour.say("grace", "!find filmmaker place:brussel", "Bilal Benmoussa", at="training")
    await tour.say("anna", "!zoek bakker plaats:luik", "Xavier Piron")
    await tour.say("bilal", "!chercher boulanger lieu:liège", "Xavier Piron")
    await tour.say("anna", "!zoek cineast taal:frans", "Bilal Benmoussa")
    await tour.say("bilal", "!chercher traducteur lieu : gand", "Anna Verhulst")
    await tour.say("anna", "!zoek vertaler kleur:rood", "kleur", "plaats")
    await tour.say("anna", "zoek qwertzuiop", "Niemand")
    await tour.say("grace", "!profile @bilal:localhost", "Bilal Benmoussa", "documentaire")
    await tour.say("grace", "!profile Anna Verhulst", "juridische teksten")


async def profile(tour: Tour) -> None:
    tour.part("A profile by conversation, and who may see it")
    await tour.talk(
        "elif",
        ("!profiel aanpassen vaardigheden", "seizoenskeuken"),
        ("vegetarisch koken; zuurdesem", "Bewaard"),
    )
    await tour.say("elif", "!profiel", "zuurdesem")
    await tour.say("grace", "!find zuurdesem", "Elif")
    await tour.say("elif", "!zichtbaarheid vaardigheden niemand", "niemand")
    await tour.say("grace", "!find zuurdesem", "Nobody", absent="Elif")
    await tour.say("elif", "!zichtbaar nee", "niemand")
    await tour.say("grace", "!find Elif", "Elif", absent="Yıldız")
    await tour.say("elif", "!zichtbaar ja", "vinden")
    await tour.say("elif", "!openbaar ja", "openbare")
    await tour.talk(
        "grace",
        ("profile edit", "1 of"),
        ("skip", "2 of"),
        ("back", "1 of"),
        ("!find Elif", "Yıldız"),
        ("cancel", "Stopped"),
    )


async def own_data(tour: Tour) -> None:
    tour.part("One's own data, people whom one avoids, and being forgotten")
    await tour.say("rosa", "!mesdonnées", "Tournai")
    await tour.say("rosa", "!bloquer @thomas:localhost", "Thomas")
    await tour.say("rosa", "!bloquer", "Thomas")
    await tour.say("thomas", "!find Rosa", "Rosa", absent="Colombo")
    await tour.say("rosa", "!débloquer @thomas:localhost", "Thomas")
    await tour.say("rosa", "!mesdonnées exporter", "JSON")
    await tour.say("grace", "!find marketer kortrijk", "Stijn Goossens")
    await tour.talk(
        "stijn",
        ("!mijngegevens wissen", "wissen"),
        ("annuleer", "Gestopt"),
        ("!mijngegevens wissen", "wissen"),
        ("wissen", "gewist"),
    )
    await tour.say("stijn", "!mijngegevens", "@stijn", absent="Kortrijk")
    await tour.say("grace", "!find marketer kortrijk", "found", absent="Stijn")
