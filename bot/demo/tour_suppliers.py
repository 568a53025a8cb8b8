"""The tour's stories about suppliers: found, proposed and reviewed by two people, used and complained of, the
charter that they are held against, and what members lend. How a story is told is `bot.demo.tour`'s."""

from __future__ import annotations

import re

from bot.demo.peer import body_of
from bot.demo.tour import Tour
from commands.suppliers.charter_file import as_toml, shipped


async def found(tour: Tour) -> None:
    tour.part(
        "Suppliers that meet the charter, found in three languages; what is found nowhere is a need"
    )
    await tour.say("grace", "!catalogue", "service", "product")
    await tour.say("grace", "!suppliers printing", "of 100")
    await tour.say("anna", "!leveranciers drukkerij", "op 100")
    await tour.say("chloe", "!fournisseurs imprimeire mode:achat", "sur 100")
    await tour.say("grace", "!suppliers printing brussels", "of 100", at="training")
    await tour.say("grace", "!suppliers zeppelin", "!need zeppelin", "!propose supplier")
    await tour.say("grace", "yes", "zeppelin")
    await tour.say("chloe", "!besoin zeppelin", "zeppelin")
    await tour.say("anna", "!gebruik Copyshop De Hoek", "Copyshop De Hoek")
    await tour.say("mehdi", "!besoins", "zeppelin", at="buyers")
    await tour.say("mehdi", "!utilisés", "Copyshop De Hoek", at="buyers")
    await tour.say("grace", "!needs", "buyers", absent="zeppelin")


async def charter(tour: Tour) -> None:
    tour.part(
        "The charter: read by anyone, made by one buyer, confirmed by somebody of the ethics committee"
    )
    await tour.say("grace", "!charter", "Access over ownership", "knock-out")
    await tour.say("anna", "!handvest 3", "Arbeidsomstandigheden")
    await tour.say("grace", "!charter new", "buyers")
    text = as_toml(shipped()).decode()
    await tour.talk("mehdi", ("!charte nouvelle", "TOML"))
    wrong = text.replace("weight = 20", "weight = 25", 1).encode()
    await tour.send_file("mehdi", "charte.toml", wrong, "105")
    changed = text.replace("weight = 20", "weight = 25", 1).replace("weight = 15", "weight = 10", 1)
    await tour.send_file("mehdi", "charte.toml", changed.encode(), "1.")
    await tour.say("mehdi", "oui", "comité d’éthique")
    asked = await tour.hears("nadia", "Mehdi Ouali", at="ethics")
    await tour.say("mehdi", "!charte confirmer", "éthique")
    await tour.react("nadia", asked, "👍", "2", at="ethics")
    await tour.hears("mehdi", "Nadia Petrov", at="buyers")
    await tour.say("grace", "!charter version:1", "version 1")
    pages = str(tour.world.folder / "charter")
    await tour.run("charter", "export", pages, expected="charter-2.nl.html")


async def reviewed(tour: Tour) -> None:
    tour.part(
        "A member proposes a supplier; buyers gather evidence, score it, and approve it in two"
    )
    for buyer in ("mehdi", "quentin", "wim"):
        await tour.place(buyer, "direct")
    last = await tour.talk(
        "anna",
        ("!voorstel leverancier", "1"),
        ("Fietsherstel Dampoort", "Fietsherstel Dampoort"),
        ("Herstelt fietsen en bakfietsen van zelfstandigen", "1."),
        ("4", "Fietsherstel Dampoort"),
        ("Gent", "5"),
        ("Altijd vlug en eerlijk. https://dampoort.example.org", "Fietsherstel Dampoort"),
    )
    number = _number(body_of(last))
    board = await tour.hears("mehdi", "Fietsherstel Dampoort", at="buyers")
    await tour.say("grace", f"!supplier {number}", "suppliers", absent="Dampoort")
    await tour.react("mehdi", board, "👍", "Fietsherstel Dampoort", at="buyers")
    await tour.hears("anna", "Fietsherstel Dampoort")
    await tour.say("wim", f"!beoordeling {number} volgende", "Fietsherstel Dampoort", at="buyers")
    await tour.talk(
        "wim",
        (f"!bewijs {number}", "1."),
        ("1", "?"),
        ("Ze herstellen alles wat nog te redden is.", "2027"),
        ("31/12/2027", "MB"),
        ("https://dampoort.example.org/repair", "1."),
        ("nee", "Fietsherstel Dampoort"),
    )
    await tour.say("wim", f"!beoordeling {number} volgende", "Fietsherstel Dampoort", at="buyers")
    await tour.say("quentin", f"!approuver {number}", f"coter {number}", at="buyers")
    asked = await tour.say("quentin", f"!coter {number}", "0", "4")
    for _ in range(_criteria(body_of(asked)) - 1):
        asked = await tour.say("quentin", "3 d'après leur atelier", "0", "4")
    await tour.say("quentin", "3", "Fietsherstel Dampoort")
    await tour.say("anna", f"!goedkeuren {number}", "aankopers", absent="Dampoort")
    await tour.say("quentin", f"!approuver {number}", "Fietsherstel Dampoort", at="buyers")
    await tour.say("wim", f"!belangenconflict {number}", "Fietsherstel Dampoort", at="buyers")
    await tour.say("wim", f"!goedkeuren {number}", "belangenconflict", at="buyers")
    await tour.say("mehdi", f"!approuver {number}", "Fietsherstel Dampoort", at="buyers")
    await tour.hears("anna", "Fietsherstel Dampoort", f"!leverancier {number}")
    await tour.say("grace", f"!supplier {number}", "Fietsherstel Dampoort", "of 100")
    await tour.say("grace", "!suppliers bike repair ghent", "Fietsherstel Dampoort")
    await tour.say("mehdi", f"!journal fournisseur {number}", "Anna Verhulst", at="buyers")
    await _used(tour, number)


async def _used(tour: Tour, number: str) -> None:
    """The deal is told to one person alone; a complaint to the buyers alone."""
    await tour.talk(
        "mehdi",
        (f"!fournisseur modifier {number} avantage", "1."),
        ("1", "Fietsherstel Dampoort"),
        ("15 % korting op werkuren", "15 %"),
    )
    await tour.talk(
        "mehdi",
        (f"!fournisseur modifier {number} code", "Fietsherstel Dampoort"),
        ("KRINGFIETS", "KRINGFIETS"),
    )
    await tour.place("grace", "direct")
    await tour.say("grace", f"!deal {number}", "direct", at="training", absent="KRINGFIETS")
    await tour.hears("grace", "KRINGFIETS")
    await tour.say("grace", f"!rate {number} 5 quick and kind", "Fietsherstel Dampoort")
    await tour.say("grace", f"!complain {number} The brakes squeak again.", "noted")
    told = await tour.hears("mehdi", "The brakes squeak again.", at="buyers")
    await tour.reply("mehdi", told, "oui", "Fietsherstel Dampoort", at="buyers")
    await tour.hears("mehdi", "nouvelle évaluation", at="buyers")
    await tour.hears("grace", "Fietsherstel Dampoort", "anew")
    await tour.say("mehdi", f"!suspendre {number} Les freins.", "Dampoort", at="buyers")
    await tour.hears("grace", "suspended", absent="freins")
    await tour.say("grace", "!suppliers bike repair ghent", "found", absent="Dampoort")


async def lent(tour: Tour) -> None:
    tour.part("Members lend to each other: found without a name, and the two meet after a yes")
    await tour.place("dries", "direct")
    last = await tour.talk(
        "dries",
        ("!uitlenen boormachine", "1."),
        ("1", "Gent"),
        ("1", "?"),
        ("Een week, gratis; breng ze schoon terug.", "naam"),
        ("ja", "boormachine"),
    )
    number = re.search(r"L(\d+)", body_of(last))
    named = f"L{number[1]}" if number is not None else "L0"
    await tour.say("chloe", "!fournisseurs perceuse gand", named, absent="Dries")
    await tour.say("chloe", f"!emprunter {named} pour samedi", named, absent="Dries")
    await tour.hears("dries", "Chloé Delcourt", "pour samedi")
    await tour.say("dries", "ja", "Chloé Delcourt")
    await tour.hears("chloe", "Dries Coppens")
    await tour.say("dries", f"!uitlenen stop {named}", named)
    await tour.say("chloe", "!fournisseurs boormachine", "fournisseur", absent=named)


async def kept(tour: Tour) -> None:
    tour.part("Buyers: prospects, targets, what ends, and the catalogue as a file")
    await tour.say("mehdi", "!échéances", "!", at="buyers")
    await tour.say("mehdi", "!objectif 2027 service 60", "60", at="buyers")
    await tour.say("mehdi", "!objectifs", "60", at="buyers")
    export = tour.world.folder / "catalogue.xlsx"
    await tour.run("export", "suppliers", str(export), expected="suppliers")
    await tour.run("import", "suppliers", str(export), "--dry-run", expected="unchanged")


def _number(text: str) -> str:
    """The number that the new supplier was given."""
    found = re.search(r"\b(\d{1,4})\b", text)
    return found[1] if found is not None else "0"


def _criteria(text: str) -> int:
    """How many questions there are, from `1 sur 6`."""
    found = re.search(r"\b1 \S+ (\d+)\b", text)
    return int(found[1]) if found is not None else 1
