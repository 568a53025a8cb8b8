"""The scripted tour of every feature: what people type, and what must come back.

`kring demo --exercise` plays it in a fresh world, shows the answers, and fails when one is missing. Each
part is a small story that a newcomer could play by hand; the stories about members, networks, staff,
suppliers and purchases stand in modules of their own.
"""

from __future__ import annotations

from bot.demo import (
    tour_joining,
    tour_members,
    tour_networks,
    tour_purchases,
    tour_staff,
    tour_suppliers,
)
from bot.demo.tour import SECONDS, Tour, from_bot
from bot.demo.world import World


async def _first_words(tour: Tour) -> None:
    tour.part("The first words, in three languages, with a typing error")
    await tour.say("grace", "help", "!find", "!networks")
    await tour.say("anna", "hulp zoek", "!zoek")
    await tour.say("bilal", "aide", "!cherche")
    await tour.say("grace", "netwroks", "!networks")
    await tour.say("grace", "!language klingon", "English")
    await tour.say("grace", "!language français", "français")
    await tour.say("grace", "!langue english", "English")
    await tour.say("grace", "@kring:localhost: help find", "find", at="training")


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


_PARTS = (
    _first_words,
    tour_members.finding,
    tour_networks.listed,
    tour_joining.joining,
    tour_members.profile,
    tour_members.own_data,
    _mistakes,
    tour_staff.proposing,
    tour_joining.requests,
    tour_networks.animated,
    tour_networks.spoken,
    tour_joining.edges,
    tour_staff.initiative,
    tour_networks.changed,
    tour_networks.adopted,
    tour_staff.staff,
    tour_staff.lax,
    tour_suppliers.found,
    tour_suppliers.charter,
    tour_suppliers.reviewed,
    tour_suppliers.lent,
    tour_suppliers.kept,
    tour_purchases.taken,
    tour_purchases.opened,
    tour_purchases.decided,
    tour_purchases.settled,
    tour_purchases.called,
    tour_staff.operating,
)


async def play(world: World) -> int:
    """Play every part; 0 if nothing was missing, else 1."""
    tour = Tour(world)
    try:
        for part in _PARTS:
            await part(tour)
    finally:
        await tour.close()
    print(f"\n{tour.answers} answers, {len(tour.failures)} missing.", flush=True)
    for failure in tour.failures:
        print(f"  {failure}")
    return 1 if tour.failures else 0
