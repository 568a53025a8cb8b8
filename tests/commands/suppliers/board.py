"""People who propose and review: members, three buyers, one of them with two accounts, and a charter with a
knock-out if it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from commands.basics.router import router as basics
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.suppliers import (
    conditions,
    conflicts,
    editing,
    evidence,
    log,
    proposing,
    reviewing,
    scoring,
    suspending,
    voting,
)
from storage import (
    charters,
    member_accounts,
    members,
    people,
    rooms,
    supplier_rounds,
    suppliers,
)
from storage.charters import Criterion
from storage.members import Profile
from storage.session import Session
from storage.supplier_rounds import Round
from storage.suppliers import Supplier
from tests.commands.talk import Said, Talk

MEMBER = "@mia:localhost"
OTHER = "@otto:localhost"
BEA, BRAM, BO = "@bea:localhost", "@bram:localhost", "@bo:localhost"
# The same person as MEMBER, and as BEA.
MEMBER_TOO = "@mia2:localhost"
BEA_TOO = "@bea2:localhost"
STRANGER = "@stranger:elsewhere.example"
BUYERS = "!buyers"
SQUARE = "!square"

CRITERIA = (
    Criterion(
        "origin", 1, 40, True, 2,
        {"name": {"en": "Origin", "nl": "Herkomst", "fr": "Origine"},
         "evidence": {"en": "an address", "nl": "een adres", "fr": "une adresse"}},
    ),
    Criterion("work", 2, 60, False, 0, {"name": {"en": "Work", "nl": "Werk", "fr": "Travail"}}),
)  # fmt: skip

ROUTERS: tuple[Router, ...] = (
    basics,
    proposing.router,
    reviewing.router,
    evidence.router,
    scoring.router,
    voting.router,
    conditions.router,
    editing.router,
    conflicts.router,
    log.router,
    suspending.router,
)
DIALOGUES = (
    proposing.dialogue,
    evidence.dialogue,
    scoring.dialogue,
    conditions.dialogue,
    editing.dialogue,
)


@contextmanager
def opened(folder: Path, *, charter: bool = True, **settings: Any) -> Iterator[Talk]:
    talk = Talk.open(folder, routers=ROUTERS, dialogues=DIALOGUES, **settings)
    try:
        everyone = (MEMBER, OTHER, BEA, BRAM, BO, MEMBER_TOO, BEA_TOO)
        talk.room("!space", "space", dict.fromkeys(everyone, 0))
        talk.room(
            BUYERS, "buyers", dict.fromkeys((BEA, BRAM, BO, BEA_TOO, MEMBER_TOO), 50), language="en"
        )
        talk.room(SQUARE, "network", dict.fromkeys((*everyone, STRANGER), 0), language="en")
        for user in everyone:
            speaks(talk, user, "en")
        two_accounts(talk, MEMBER, MEMBER_TOO, "1")
        two_accounts(talk, BEA, BEA_TOO, "2")
        if charter:
            charter_in_force(talk)
        yield talk
    finally:
        talk.close()


def speaks(talk: Talk, user: str, language: str) -> None:
    talk.write(lambda session: people.choose_language(session, user, language, now=talk.ms()))


def two_accounts(talk: Talk, one: str, other: str, number: str) -> None:
    def make(session: Session) -> None:
        member = members.add(session, Profile(display_name=number), number=number, now=1)
        for user in (one, other):
            member_accounts.attach(session, user, member, source="code", now=1)

    talk.write(make)


def charter_in_force(talk: Talk) -> None:
    def make(session: Session) -> None:
        version = charters.add(
            session, {"name": {"en": "Charter"}}, CRITERIA, made_by=BEA, now=talk.ms()
        )
        charters.put_in_force(session, version, by=BRAM, now=talk.ms())

    talk.write(make)


def propose(talk: Talk, user: str = MEMBER, name: str = "Drukkerij De Kring") -> list[Said]:
    """The whole conversation, of which the last answers are returned."""
    talk.say(user, "propose supplier")
    for answer in (name, "printing of flyers and posters", "1, 6", "Ghent"):
        talk.say(user, answer)
    return talk.say(user, "good people, drukkerijdekring.be, ask for An")


def get(talk: Talk, number: int = 1) -> Supplier:
    found = talk.write(lambda session: suppliers.get(session, number))
    assert found is not None
    return found  # type: ignore[no-any-return]


def current(talk: Talk, number: int = 1) -> Round:
    found = talk.write(lambda session: supplier_rounds.current(session, number))
    assert found is not None
    return found  # type: ignore[no-any-return]


def board(said: list[Said]) -> Said:
    """The one message to the buyers' room, posted or edited."""
    found = [
        each
        for each in said
        if each.draft.room_id == BUYERS
        and ((each.draft.about or "").startswith(("review:", "supplier_waiting:")) or each.edits)
    ]
    assert len(found) == 1, [(each.to, each.text) for each in said]
    return found[0]


def heard(said: list[Said], user: str) -> str:
    """What a person was told in their direct chat, in all."""
    place = f"!direct-{user[1:].split(':')[0]}"
    return "\n".join(
        each.text for each in said if each.draft.user_id == user or each.draft.room_id == place
    )


def context(talk: Talk, session: Session, user: str) -> Context:
    """For what another domain calls, in the buyers' room."""
    kernel = talk.kernel
    return Context(
        session=session,
        settings=kernel.settings,
        renderer=kernel.renderer,
        registry=kernel.registry,
        frame=kernel.frame,
        labels=kernel.labels,
        now=talk.now,
        user=user,
        language="en",
        room=rooms.get(session, BUYERS),
    )


def text(said: list[Said]) -> str:
    return "\n".join(each.text for each in said)


def scored(talk: Talk, user: str, *answers: str, number: int = 1) -> list[Said]:
    said = talk.say(user, f"score {number}")
    for answer in answers:
        said = talk.say(user, answer)
    return said


def under_review(talk: Talk, *scores: str) -> Said:
    """A proposal of MEMBER's that BRAM brought under review; returns its message."""
    message = board(propose(talk))
    for _ in range(3):
        talk.reply(BRAM, message, "yes")
    if scores:
        scored(talk, BRAM, *scores)
    return message
