"""The whole bot with a charter in force, and what a test needs to bring a supplier through its review."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.clock import milliseconds
from commands.all import dialogues, routers
from commands.kernel import roles
from commands.kernel.kernel import Kernel
from commands.kernel.roles import Team
from commands.kernel.settings import Settings
from storage import charters, deal_uses, rooms, supplier_evidence, supplier_rounds, suppliers
from storage.database import Database
from storage.session import Session
from storage.suppliers import Draft
from tests.commands.suppliers.board import CRITERIA
from tests.e2e.encrypted import send_encrypted
from tests.e2e.kring import Kring, said
from tests.support.peer import Event, Peer, body_of, relation_of

STRICT = {"power_level_content_override": {"invite": 50}}


def noon() -> ZoneInfo:
    """Somewhere where it is about noon now: what happens once a day, in the morning, is due there."""
    return ZoneInfo(f"Etc/GMT{datetime.now(UTC).hour - 12:+d}")


def kernel(user_id: str) -> Kernel:
    settings = Settings(
        bot_user=user_id,
        trusted_servers=frozenset({user_id.partition(":")[2]}),
        timezone=noon(),
        ethics_confirms=True,
        burst=1_000,
        erasure_key=b"a key for those who left",
    )
    return Kernel(settings, routers(), dialogues())


async def until(database: Database, holds: Callable[[Session], bool], seconds: float = 20) -> None:
    """Wait for something that stands in the database, which wakes nobody."""
    async with asyncio.timeout(seconds):
        while not await database.read(holds):  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def team_room(
    kring: Kring, database: Database, team: Team, host: Peer, *others: Peer, **made: object
) -> str:
    """A room of that team with these people, in which the bot is and knows who they are."""
    room = await kring.invited_by(host, *others, name=team, **STRICT, **made)
    await until(database, lambda s: (known := rooms.get(s, room)) is not None and known.joined)
    await database.write(lambda session: rooms.set_kind(session, room, team))
    everyone = [host.user_id, *(other.user_id for other in others)]
    await until(database, lambda s: all(roles.in_team(s, user, team) for user in everyone))
    return room


def charter_in_force(session: Session) -> None:
    """A first version, with `origin` as its knock-out."""
    names = {"name": {"en": "Charter"}}
    version = charters.add(session, names, CRITERIA, made_by="@first:localhost", now=1)
    charters.put_in_force(session, version, by="@second:localhost", now=2)


def approved(session: Session, name: str, *voters: str, proven: bool = True) -> int:
    """A supplier that two people approved; its number.

    Where it is proven, that is by evidence for the knock-out that lapsed yesterday.
    """
    now = datetime.now(noon())
    moment = milliseconds(now)
    draft = Draft(name, "service", texts={"offer": {"en": "Printing"}})
    number = suppliers.add(
        session, draft, state="proposed", proposer=None, language="en", now=moment
    )
    opened = supplier_rounds.open_round(
        session, number, "first", charter_version=1, by=voters[0], now=moment
    )
    for criterion in CRITERIA:
        supplier_rounds.put_score(
            session, opened, criterion.key, 3, note=None, by=voters[0], now=moment
        )
    for voter in voters:
        supplier_rounds.vote(session, opened, voter, "approved", now=moment)
    suppliers.move(
        session,
        number,
        "approved",
        now=moment,
        round_id=opened,
        review_due=(now + timedelta(days=1000)).date().isoformat(),
    )
    supplier_rounds.close(session, opened, "approved", now=moment)
    if proven:
        supplier_evidence.add(
            session,
            number,
            "origin",
            "Printed in Ghent",
            valid_until=(now - timedelta(days=1)).date().isoformat(),
            by=voters[0],
            now=moment,
        )
    return number


def used(session: Session, number: int, *users: str) -> None:
    """These people used its deal yesterday."""
    moment = datetime.now(noon()) - timedelta(days=1)
    day = moment.date().isoformat()
    for user in users:
        deal_uses.note(session, number, user, [user], day=day, now=milliseconds(moment))


@dataclass(frozen=True, slots=True)
class Chat:
    """A person and a room to talk to the bot in, mostly their direct chat."""

    person: Peer
    room: str

    @classmethod
    async def direct(cls, kring: Kring, person: Peer) -> Chat:
        room = await person.create_dm(kring.user_id, encrypted=True)
        await kring.arrives(person, room)
        return cls(person, room)

    async def say(self, text: str, expected: str) -> Event:
        """Say it, and wait for an answer that holds these words."""
        await self.person.send(self.room, text)
        return await self.hear(expected)

    async def hear(self, expected: str) -> Event:
        return await self.person.expect(self.room, expected, 20)

    async def propose(self, name: str) -> None:
        """Propose a printer of Ghent, as the first supplier."""
        for words, expected in (
            ("propose supplier", "What is the supplier called"),
            (name, "offer"),
            ("printing of flyers and posters", "How does one get it"),
            ("1, 6", "Where does"),
            ("Ghent", "Why them"),
            ("good people, ask for An", "is proposed, as supplier 1"),
        ):
            await self.say(words, expected)

    async def prove(self, data: bytes, name: str) -> None:
        """Record a PDF as evidence for the first supplier's origin."""
        for words, expected in (
            ("evidence 1", "For which criterion"),
            ("Origin", "The charter expects: an address"),
            ("Printed in Ghent, on paper from the Ardennes", "Until which day"),
            ("skip", "What proves it"),
        ):
            await self.say(words, expected)
        await send_encrypted(self.person, self.room, data, "application/pdf", name)
        await self.hear("Evidence 1 about")

    async def file(self) -> Event:
        """The next file that the bot sends."""
        return await self.person.expect(
            self.room,
            lambda event: (
                event["sender"] != self.person.user_id
                and event["content"].get("msgtype") == "m.file"
            ),
            20,
        )

    async def score(self) -> None:
        """Score the first supplier so that it may be approved."""
        await self.say("score 1", "Origin")
        await self.say("3 local", "Work")
        await self.say("4", "Next: vote")


def board(peer: Peer, room: str, bot: str, name: str) -> tuple[str, list[str]]:
    """The event id of the one message that shows a supplier's review, and its texts one after another.

    Asserts that all but the first replace that one.
    """
    shown = [
        event
        for event in peer.timeline[room]
        if event["sender"] == bot
        and event["type"] == "m.room.message"
        and "Proposed by" in body_of(event)
        and name in body_of(event)
    ]
    first, *edits = shown
    assert relation_of(first).get("rel_type") != "m.replace"
    for edit in edits:
        relation = relation_of(edit)
        assert (relation.get("rel_type"), relation.get("event_id")) == (
            "m.replace",
            first["event_id"],
        ), body_of(edit)
    return first["event_id"], [body_of(event) for event in shown]


def times(person: Peer, bot: str, words: str) -> int:
    """How often the bot said something with these words to a person, in whatever room."""
    return sum(words in text for room in person.timeline for text in said(person, room, bot))
