"""Who takes part in the tests about members, and shorter ways to make them."""

from __future__ import annotations

from collections.abc import Sequence

from commands.labels import load_labels
from commands.members.fields import parse
from commands.members.indexing import reindex
from storage import member_accounts, members
from storage.members import Visibility
from storage.session import Session
from tests.commands.talk import Said, Talk, answer

ANNA = "@anna:localhost"
BEN = "@ben:localhost"
CARO = "@caro:localhost"
STAFFER = "@staf:localhost"
STRANGER = "@stranger:elsewhere.example"
STAFF_ROOM = "!staff"
LABELS = load_labels()


def person(
    talk: Talk,
    user: str,
    *,
    number: str | None = None,
    consent: bool = True,
    visibility: dict[str, Visibility] | None = None,
    **said: str,
) -> int:
    """Somebody whose profile says that, in words as people type them; returns the member's id."""

    def make(session: Session) -> int:
        found = member_accounts.ensure_for_user(session, user, now=talk.ms())
        if number is not None:
            members.give_number(session, found.id, number, now=talk.ms())
        values = {name: parse(name, text, LABELS).value for name, text in said.items()}
        members.set_fields(session, found.id, values, now=talk.ms())
        for name, who in (visibility or {}).items():
            members.set_visibility(session, found.id, name, who, now=talk.ms())
        if consent:
            members.set_consent(session, found.id, "yes", now=talk.ms())
        reindex(session, LABELS, found.id)
        return found.id

    return int(talk.write(make))


def conversation(talk: Talk, user: str, lines: Sequence[tuple[str, str]]) -> None:
    """Each line said in the direct chat is answered once, with that text in the answer."""
    for said, expected in lines:
        text = answer(talk.say(user, said))
        assert expected in text, f"{said!r} was answered:\n{text}"


def files(said: Sequence[Said]) -> list[Said]:
    return [each for each in said if each.draft.file is not None]
