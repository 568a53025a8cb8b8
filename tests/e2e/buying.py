"""The whole bot in a cooperative that buys together, and what a test needs to put purchases there."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bot.clock import milliseconds
from bot.demo.homeserver import EmbeddedHomeserver
from commands.all import dialogues, routers
from commands.kernel.kernel import Kernel
from commands.kernel.settings import Settings
from commands.purchases import changes
from commands.purchases.standing import allotments
from storage import commitments, jobs, networks, purchase_lines, purchases, rooms, tenders
from storage.database import Database
from storage.purchase_lines import LineDraft, Tier
from storage.purchases import Purchase, State
from storage.session import Session
from tests.e2e.directory import until
from tests.e2e.kring import Kring
from tests.support.peer import Account, Event, Peer, body_of, relation_of
from tests.support.synapse import PASSWORD, unique

SLOT = timedelta(seconds=2)


def kernel(user_id: str) -> Kernel:
    settings = Settings(
        bot_user=user_id,
        trusted_servers=frozenset({user_id.partition(":")[2]}),
        burst=1_000,
        purchase_refresh=SLOT,
        erasure_key=b"a key for those who left",
    )
    return Kernel(settings, routers(), dialogues())


def now() -> int:
    """Milliseconds UTC."""
    return milliseconds(datetime.now(UTC))


async def crowd(homeserver: EmbeddedHomeserver, count: int) -> list[Account]:
    """People who only speak; to be started and stopped."""
    made = await asyncio.gather(
        *(homeserver.register(unique(f"buyer{number}"), PASSWORD) for number in range(count))
    )
    return [Account(homeserver.base_url, one.user_id, one.access_token) for one in made]


async def makers(
    kring: Kring, database: Database, host: Peer, *others: Account, encrypted: bool = False
) -> str:
    """The room of a network of these people, who are in it by the time that this returns."""
    made = {"initial_state": [_ENCRYPTION]} if encrypted else {}
    room = await host.create_room(
        name="Makers",
        preset="private_chat",
        invite=[kring.user_id, *(other.user_id for other in others)],
        **made,
    )
    await asyncio.gather(*(other.join(room) for other in others))
    everyone = {host.user_id, *(other.user_id for other in others)}
    await until(
        database,
        lambda s: (
            (known := rooms.get(s, room)) is not None
            and known.joined
            and known.version is not None
            and all(rooms.is_member(s, room, user) for user in everyone)
        ),
        40,
    )

    def make(session: Session) -> None:
        rooms.set_kind(session, room, "network")
        networks.add(
            session, slug="makers", kind="other", label=None, region=None, languages=["en"],
            criterion_kind="strategic", openness="approval", encrypted=encrypted,
            texts={"name": {"en": "Makers"}, "purpose": {"en": "Making"}}, room_id=room,
            created_by=None, now=1,
        )  # fmt: skip

    await database.write(make)
    return room


_ENCRYPTION = {
    "type": "m.room.encryption",
    "state_key": "",
    "content": {"algorithm": "m.megolm.v1.aes-sha2"},
}


def put(
    session: Session,
    responsible: str,
    committed: Sequence[tuple[str, int, int]] = (),
    *,
    title: str = "Chairs",
    case: int = 5,
    state: State = "open",
    due: timedelta = timedelta(days=3),
) -> int:
    """A purchase of one article for the first network, in that state until `due` from now, with what people
    committed to; returns its number. Its message is posted at once."""
    at = now()
    due_at = at + int(due.total_seconds() * 1000)
    line = LineDraft(
        title, "piece", case, (Tier(1, 1000), Tier(20, 900)), 2100, "Meubel Coop",
        reference_cents=1300, reference_by="Bureau Nord", reference_on="2026-11-02",
    )  # fmt: skip
    draft = purchases.Draft(
        title=title, language="en", currency="EUR", deadline=due_at if state == "open" else at - 1,
        network_ids=(1,), regions=("brussels",), lines=(line,), responsible=responsible,
    )  # fmt: skip
    number = purchases.add(session, draft, opener=responsible, now=at)
    purchases.move(session, number, "open", now=at, due_at=due_at)
    for user, quantity, tolerance in committed:
        commitments.put(
            session, line_of(session, number), user, quantity=quantity, tolerance=tolerance,
            accepted_cents=1000, now=at,
        )  # fmt: skip
    if state != "open":
        purchases.move(session, number, state, now=at, due_at=due_at)
    for kind, moment in ((changes.REFRESH, at), (changes.STEP, due_at)):
        jobs.add(session, kind, f"{number}-{moment}", due_at=moment, data={"purchase": number})
    return number


def ordered(session: Session, number: int) -> None:
    """What people committed to is decided by the rules, confirmed and ordered, without a word."""
    made = commitments.of_purchase(session, number)
    for line_id, allotment in allotments(purchase(session, number), made).items():
        purchase_lines.fix_order(session, line_id, cases=allotment.cases, cents=allotment.cents)
        commitments.fix(session, allotment.units, allotment.dropped)
    states: Sequence[State] = ("tipped", "confirmed", "ordered")
    for state in states:
        purchases.move(session, number, state, now=now())


def line_of(session: Session, number: int) -> int:
    """The id of the only line of a purchase."""
    return purchase(session, number).lines[0].id


def purchase(session: Session, number: int) -> Purchase:
    found = purchases.get(session, number)
    assert found is not None
    return found


def tender(session: Session, responsible: str, quantity: int) -> int:
    """An open tender of one article; returns its number."""
    line = tenders.LineDraft("Lamp", "piece", 2500, 2100, quantity)
    draft = tenders.Draft(
        "Lamps", "en", "EUR", (datetime.now(UTC) + timedelta(days=60)).date().isoformat(),
        "Lumen", (1,), (line,), responsible,
    )  # fmt: skip
    number = tenders.add(session, draft, now=now())
    tenders.move(session, number, "open", now=now())
    return number


def messages(peer: Peer, room: str, by: str) -> list[Event]:
    """What somebody said there of their own, edits left out, as far as the person has synced."""
    return [
        event
        for event in peer.timeline[room]
        if event["sender"] == by
        and event["type"] == "m.room.message"
        and relation_of(event).get("rel_type") != "m.replace"
    ]


def edits(peer: Peer, room: str, message: str) -> list[Event]:
    """Of one message, oldest first, as far as the person has synced."""
    return [
        event
        for event in peer.timeline[room]
        if relation_of(event).get("rel_type") == "m.replace"
        and relation_of(event).get("event_id") == message
    ]


def asked_of(event: Event) -> str | None:
    """The event that a message is a reply to."""
    replied = relation_of(event).get("m.in_reply_to", {}).get("event_id")
    return str(replied) if replied is not None else None


def holding(events: Sequence[Event], words: str) -> int:
    """How many of them hold these words."""
    return sum(words in body_of(event) for event in events)
