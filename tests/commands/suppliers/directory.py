"""A small directory to look into: a charter in force, suppliers in any state, members and buyers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from commands.kernel.kernel import Outcome
from commands.labels import load_labels
from commands.suppliers.indexing import reindex
from storage import charters, jobs, member_accounts, members, people, supplier_rounds, suppliers
from storage.charters import Criterion
from storage.members import Profile
from storage.session import Session
from storage.suppliers import Draft
from tests.commands.talk import Said, Talk

ANNA = "@anna:localhost"
BEN = "@ben:localhost"
CARO = "@caro:localhost"
BUYER = "@bea:localhost"
SECOND = "@bram:localhost"
STRANGER = "@stranger:elsewhere.example"
BUYERS_ROOM = "!buyers"
ROOM = "!network"
LABELS = load_labels()

_CRITERIA = (
    Criterion(
        "footprint", 1, 60, False, 0,
        {"name": {"en": "Footprint", "nl": "Voetafdruk", "fr": "Empreinte"}},
    ),
    Criterion(
        "work", 2, 40, False, 0,
        {"name": {"en": "Working conditions", "nl": "Arbeid", "fr": "Conditions de travail"}},
    ),
)  # fmt: skip


def cooperative(talk: Talk, criteria: Sequence[Criterion] = _CRITERIA) -> None:
    """Everybody speaks English until they choose otherwise, but for CARO, who chose nothing."""
    talk.room("!space", "space", dict.fromkeys((ANNA, BEN, CARO, BUYER, SECOND), 0))
    talk.room(BUYERS_ROOM, "buyers", {BUYER: 50, SECOND: 50}, language="en")
    talk.room(ROOM, "network", dict.fromkeys((ANNA, BEN, CARO, BUYER, STRANGER), 0), language="en")

    def make(session: Session) -> None:
        for user in (ANNA, BEN, BUYER, SECOND, STRANGER):
            people.choose_language(session, user, "en", now=talk.ms())
        charter(session, criteria, now=talk.ms())

    talk.write(make)


def charter(session: Session, criteria: Sequence[Criterion], *, now: int) -> int:
    """A version in force."""
    version = charters.add(session, {"name": {"en": "Charter"}}, criteria, made_by=BUYER, now=now)
    assert charters.put_in_force(session, version, by=SECOND, now=now)
    return version


def supplier(
    talk: Talk,
    name: str,
    *,
    state: Any = "approved",
    scores: Mapping[str, int | None] | None = None,
    condition: tuple[str, str] | None = None,
    **said: Any,
) -> int:
    """A supplier in that state, reviewed by two where its state asks for it; returns its number."""

    def make(session: Session) -> int:
        draft = Draft(name, said.pop("class_", "service"), **said)
        added = suppliers.add(
            session, draft, state="proposed", proposer=None, language="en", now=talk.ms()
        )
        if state != "proposed":
            _review(session, added)
        reindex(session, LABELS, added)
        return added

    def _review(session: Session, added: int) -> None:
        round_id = supplier_rounds.open_round(
            session, added, "first", charter_version=1, by=BUYER, now=talk.ms()
        )
        for key, score in {"footprint": 3, "work": 4, **(scores or {})}.items():
            supplier_rounds.put_score(
                session, round_id, key, score, note=None, by=BUYER, now=talk.ms()
            )
        verdict: Any = "conditional" if condition else "approved"
        text, due = condition or (None, None)
        for user in (BUYER, SECOND):
            supplier_rounds.vote(session, round_id, user, verdict, now=talk.ms())
        if state in ("triage", "evidence", "review"):
            suppliers.move(session, added, state, now=talk.ms())
            return
        suppliers.move(
            session, added, verdict, now=talk.ms(), round_id=round_id,
            condition=text, condition_due=due, review_due="2029-11-23",
        )  # fmt: skip
        supplier_rounds.close(session, round_id, verdict, now=talk.ms())
        if state != "approved":
            suppliers.move(session, added, state, now=talk.ms(), condition=text, condition_due=due)

    return int(talk.write(make))


def due(talk: Talk, kind: str) -> list[Said]:
    """Run the jobs of that kind that are due by now, as the bot's clock does."""

    def run(session: Session) -> list[Outcome]:
        outcomes = []
        for job in jobs.due(session, now=talk.ms()):
            if job.kind == kind:
                outcomes.append(talk._store(session, talk.kernel.due(session, job, talk.now)))
                jobs.finish(session, job.id, "done", now=talk.ms())
        return outcomes

    return [said for outcome in talk.write(run) for said in talk._deliver(outcome)]


def same_member(talk: Talk, *users: str) -> int:
    """One row of the register with all these accounts."""

    def make(session: Session) -> int:
        member = members.add(session, Profile(display_name="Member"), number="7", now=1)
        for user in users:
            member_accounts.attach(session, user, member, source="code", now=1)
        return member

    return int(talk.write(make))
