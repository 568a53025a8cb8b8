"""A small cooperative to talk in: a Space with its members, a staff room, and networks with their rooms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from commands.basics.router import router as basics
from commands.networks.domain import DIALOGUES, ROUTERS
from storage import member_accounts, members, networks, people
from storage.members import Profile
from storage.networks import Network
from storage.session import Session
from tests.commands.talk import Said, Talk

ANNA = "@anna:localhost"
BEN = "@ben:localhost"
CARO = "@caro:localhost"
DIRK = "@dirk:localhost"
STAFFER = "@staf:localhost"
STRANGER = "@stranger:elsewhere.example"

SPACE = "!space"
STAFF_ROOM = "!staff"

ROUTERS_UNDER_TEST = (basics, *ROUTERS)
DIALOGUES_UNDER_TEST = DIALOGUES


def cooperative(talk: Talk, *, invite: int = 50, join_rule: str = "invite") -> None:
    talk.room(SPACE, "space", dict.fromkeys((ANNA, BEN, CARO, DIRK, STAFFER), 0))
    talk.room(STAFF_ROOM, "staff", {STAFFER: 50}, invite=invite, join_rule=join_rule)
    for user in (ANNA, BEN, CARO, DIRK, STAFFER):
        speaks(talk, user, "en")


def speaks(talk: Talk, user: str, language: str) -> None:
    """The person chose that language; those of this world begin with English."""
    talk.write(lambda session: people.choose_language(session, user, language, now=talk.ms()))


def network(
    talk: Talk,
    slug: str,
    *,
    names: Mapping[str, str] | None = None,
    powers: Mapping[str, int] | None = None,
    openness: Any = "open",
    languages: tuple[str, ...] = ("en",),
    kind: Any = "other",
    label: str | None = None,
    region: str | None = None,
    bot: int = 100,
    texts: Mapping[str, Mapping[str, str]] | None = None,
) -> str:
    """A network with its room, whose id is returned; `powers` are the people in it."""
    room_id = f"!{slug}"
    talk.room(
        room_id, "network", {**(powers or {}), "@kring:localhost": bot}, language=languages[0]
    )

    def make(session: Session) -> Network:
        return networks.add(
            session,
            slug=slug,
            kind=kind,
            label=label,
            region=region,
            languages=languages,
            criterion_kind="quantitative",
            openness=openness,
            encrypted=False,
            texts={
                "name": names or {"en": slug.replace("-", " ").title()},
                "purpose": {"en": f"All about {slug}"},
                "criterion": {"en": "At least 30 members"},
                **(texts or {}),
            },
            room_id=room_id,
            created_by=None,
            now=talk.ms(),
        )

    talk.write(make)
    return room_id


def get(talk: Talk, slug: str) -> Network:
    found = talk.write(lambda session: networks.by_slug(session, slug))
    assert found is not None
    return found  # type: ignore[no-any-return]


def actions(said: list[Said], kind: str | None = None) -> list[Said]:
    return [each for each in said if each.kind == "action" and kind in (None, each.type)]


def messages(said: list[Said], to: str | None = None) -> list[Said]:
    """Messages, edits left out; to one person or room if said."""
    return [
        each
        for each in said
        if each.kind == "event" and each.edits is None and (to is None or _goes_to(each, to))
    ]


def edits(said: list[Said]) -> list[Said]:
    return [each for each in said if each.edits is not None]


def one(said: list[Said], to: str | None = None) -> Said:
    found = messages(said, to)
    assert len(found) == 1, [(each.to, each.text) for each in messages(said)]
    return found[0]


def _goes_to(said: Said, to: str) -> bool:
    return to in (said.draft.user_id, said.draft.room_id, said.to) or said.draft.room_id == (
        f"!direct-{to[1:].split(':')[0]}"
    )


def register(talk: Talk, count: int, **fields: Any) -> None:
    """Members of the register, without accounts."""

    def make(session: Session) -> None:
        start = session.value("SELECT count(*) FROM members")
        for number in range(start, start + count):
            members.add(
                session, Profile(display_name=f"M{number}", **fields), number=str(number), now=1
            )

    talk.write(make)


def sheet(network_id: int, slug: str, name: str) -> Network:
    """A network as it stands in memory, for what needs no database."""
    return Network(
        id=network_id,
        slug=slug,
        kind="other",
        label=None,
        region=None,
        languages=("en",),
        criterion_kind="quantitative",
        openness="open",
        stage="launch",
        stage_since=0,
        encrypted=False,
        room_id=f"!{slug}",
        created_by=None,
        created_at=0,
        texts={"name": {"en": name}},
    )


def two_accounts(talk: Talk, one_user: str, other: str) -> None:
    """One member of the register with both accounts."""

    def make(session: Session) -> None:
        member = members.add(session, Profile(display_name="Caro"), number="7", now=1)
        for user in (one_user, other):
            member_accounts.attach(session, user, member, source="code", now=1)

    talk.write(make)
