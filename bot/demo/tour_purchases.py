"""The tour's stories about group purchases and tenders: seen and taken part in, opened, decided, ordered and
settled, and what members call off. How a story is told is `bot.demo.tour`'s, what there is to buy
`bot.demo.purchases`'."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final

from bot.clock import SystemClock
from bot.demo.peer import Event, body_of, relation_of
from bot.demo.tour import SECONDS, Tour, from_bot

# As the sample numbers them.
PAPER, COFFEE, HEADSETS, PANNIERS, CLAY, STOOLS = 1, 2, 3, 4, 5, 9
_LAPTOPS: Final = "T1"
_FLIP_CHARTS: Final = "Flipoverborden uit tweede hand"
_ROWS: Final = """\
article,unit,case,price,from2,price2,vat,reference,reference by,reference on
Toner cartridge refill,piece,4,32.00,12,28.50,21,49.90,Bureau Nord,2026-10-05
Ink bottles,piece,6,7.90,24,6.75,21,12.50,Bureau Nord,2026-10-05
"""


async def taken(tour: Tour) -> None:
    tour.part("Group purchases: what there is, and taking part with a number and a tolerance")
    await tour.say("grace", "!purchases", "Papier recyclé", "Koffie", absent="Folding stools")
    await tour.say("paula", f"!purchase {PAPER}", "Papier A4 recyclé", "€8.90", "Papeterie")
    await tour.say("lotte", f"!aankoop {PAPER}", "Papier A4 recyclé", "8,90")
    await tour.say("chloe", f"!achat groupé {PAPER}", "Papier A4 recyclé", "8,90")
    board = await _board(tour, "thomas", PAPER, "graphic-design")
    told = await tour.reply(
        "thomas", board, "1: 13+3", "13 × Papier A4", "3 more", at="graphic-design"
    )
    await _renewed(tour, "thomas", board, "graphic-design", after=told)
    await tour.say("lotte", f"!bestel {PAPER} papier A3 2+1", "Papier A3", "2")
    await tour.say("lotte", f"!terugtrekken {PAPER}", str(PAPER), "Papier recyclé A4 et A3")
    await tour.say("stijn", f"!interesse {PAPER} herinner", str(PAPER))
    await tour.say("grace", f"!commit {COFFEE} 1: 3", "!join food", absent="Noted")
    await tour.say("xavier", f"!participer {COFFEE} espressobonen 2", "2", "Espressobonen")
    await tour.say("thomas", f"!commit {PAPER} lots", "3+2", absent="Noted")
    await tour.say("dries", f"!bestel {HEADSETS} 1: 4", "1", "Headset")
    await tour.say("dries", f"!bestel {HEADSETS} 1: 3", "deadline")


async def opened(tour: Tour) -> None:
    tour.part("A group purchase is opened in a conversation; a member proposes one with a file")
    closes = _in_days(10)
    for person in ("nadia", "grace"):
        await tour.place(person, "direct")
    await tour.talk(
        "nadia",
        (f"!groepsaankoop nieuw {_FLIP_CHARTS}", "Opleiding en facilitatie"),
        ("Opleiding en facilitatie", "?"),
        ("Brussel", "?"),
        ("Inktbron", "?"),
        ("Flipoverbord", "Flipoverbord"),
        ("stuk", "?"),
        ("2", "stuk"),
        ("45; vanaf 6: 39,50", "%"),
        ("overslaan", "?"),
        ("79; Bureau Nord; 2 november", "Flipoverbord"),
        ("nee", "?"),
        (f"{closes:%d/%m/%Y} 18:00", "18:00"),
        ("ja", "?"),
        ("vracht 12,50", "?"),
        ("overslaan", "?"),
        ("overslaan", "?"),
        ("overslaan", _FLIP_CHARTS),
    )
    said = await tour.say("nadia", "ja", _FLIP_CHARTS)
    await tour.hears("grace", _FLIP_CHARTS, "Flipoverbord", at="training")
    await tour.say("grace", f"!commit {_number(said)} 1+1", "1 × Flipoverbord", at="training")
    await tour.talk(
        "grace",
        ("!propose purchase Ink and toner", "Training and facilitation"),
        ("1", "?"),
        ("Brussels", "?"),
        ("Inktbron", "spreadsheet"),
    )
    await tour.send_file("grace", "lines.csv", _ROWS.encode(), "?")
    await tour.talk(
        "grace",
        (f"{closes:%d/%m/%Y} 12:00", "12:00"),
        ("yes", "freight"),
        ("skip", "?"),
        ("skip", "?"),
        ("skip", "?"),
        ("skip", "Ink and toner"),
    )
    await tour.say("grace", "yes", "Ink and toner")
    request = await tour.hears("nadia", "Grace Mbuyi", "Toner cartridge refill")
    await tour.react("nadia", request, "👍", "Ink and toner")
    await tour.hears("grace", "Ink and toner", "is open")
    await tour.say("nadia", f"!groepsaankoop openen {STOOLS}", "Folding stools")
    await tour.hears("grace", "Folding stools", "is open")


async def decided(tour: Tour) -> None:
    tour.part(
        "What tipped is confirmed when it gains more than it costs; what failed gets one chance"
    )
    for person in ("farid", "mehdi", "hugo", "ines"):
        await tour.place(person, "direct")
    await tour.say("mehdi", f"!achat groupé confirmer {PANNIERS}", "respons")
    await tour.say("farid", f"!achat groupé confirmer {PANNIERS}", "Sacoches")
    await tour.hears("mehdi", "Sacoche")
    await tour.say(
        "hugo", f"!achat groupé prolonger {CLAY} {_in_days(14):%d/%m/%Y} 18:00", "Enduits"
    )
    await tour.hears("ines", "Enduits à l'argile")
    await tour.say("ines", f"!participer {CLAY} 20+5", "20", "Enduit")
    await tour.say("hugo", f"!achat groupé annuler {CLAY} Trop lourd à stocker.", "Enduits")
    await tour.hears("ines", "Trop lourd à stocker.")


async def settled(tour: Tour) -> None:
    tour.part("Ordered with a sheet, delivered, shared out and paid; the bot holds no money")
    await tour.say("farid", f"!achat groupé bon de commande {PANNIERS}", "Sacoches")
    await tour.hears("farid", ".xlsx")
    await tour.hears("farid", ".csv")
    await tour.say("farid", f"!achat groupé envoyé {PANNIERS}", "Sacoches")
    await tour.say("farid", f"!achat groupé livré {PANNIERS} 1: 5, 2: 10", "Sacoche")
    await tour.hears("mehdi", "Sacoche")
    await tour.say("farid", f"!achat groupé décompte {PANNIERS} transport 38", "498")
    await tour.hears("mehdi", "Sacoche", "243")
    await tour.say("mehdi", f"!payé {PANNIERS}", "243")
    asked = await tour.hears("farid", "Mehdi Ouali")
    await tour.reply("farid", asked, "oui", "243")
    await tour.say("farid", f"!paiements {PANNIERS}", "Mehdi Ouali")
    await tour.say("farid", f"!paiements {PANNIERS} tous", "Sacoches")
    await tour.say(
        "mehdi", f"!achat groupé rapport {_in_days(0).year}", "Flip-chart paper", at="buyers"
    )


async def called(tour: Tour) -> None:
    tour.part("Tenders of the cooperative: members call off what is left")
    for person in ("grace", "mehdi"):
        await tour.place(person, "direct")
    await tour.say("grace", "!tenders", "Ordinateurs portables", "T2")
    await tour.say("anna", f"!raamaankoop {_LAPTOPS}", "Portable 14 pouces", "385")
    await tour.say("joke", f"!afroepen {_LAPTOPS} Portable 14 pouces 2", "2", "Portable")
    await tour.say("thomas", f"!calloff {_LAPTOPS} écran 40", "10", absent="Called off of")
    await tour.say("thomas", f"!calloff cancel {_LAPTOPS} écran", "Écran 24 pouces")
    await tour.say("grace", f"!tender order {_LAPTOPS}", "buyers")
    await tour.say("mehdi", f"!achat-cadre commander {_LAPTOPS}", "Portable")
    await tour.hears("grace", "Portable 14 pouces")


# --- means -----------------------------------------------------------------------------------


async def _board(tour: Tour, who: str, number: int, at: str) -> Event:
    """The message about a purchase in a room, as somebody sees it there."""
    return await tour.hears(who, f" {number}: ", at=at)


async def _renewed(tour: Tour, who: str, board: Event, at: str, *, after: Event) -> None:
    """The message is edited in place, and shows another picture."""
    peer, room = await tour.peer(who), await tour.place(who, at)

    def is_edit(event: Event) -> bool:
        relation = relation_of(event)
        return from_bot(event) and relation.get("event_id") == board["event_id"]

    edit = await peer.expect(room, is_edit, timeout=SECONDS, after=after["event_id"])
    pictures = [_picture(board), _picture(edit)]
    tour.expect(
        None not in pictures and pictures[0] != pictures[1],
        "the message in the room was edited in place, with another picture",
    )


def _picture(event: Event) -> str | None:
    content = event["content"].get("m.new_content", event["content"])
    found = re.search(r'<img src="(mxc://[^"]+)"', str(content.get("formatted_body")))
    return found[1] if found is not None else None


def _number(event: Event) -> str:
    """The number that a new purchase was given."""
    found = re.search(r"\b(\d{1,4})\b", body_of(event))
    return found[1] if found is not None else "0"


def _in_days(days: int) -> datetime:
    return SystemClock().now() + timedelta(days=days)
