"""A cooperative that buys together: four networks with their rooms (Dutch, French, English, and one in both
Dutch and French), members in them, animators, buyers, and purchases put down as they stand.

Names say who speaks what: Anna and Dirk Dutch, Caro and Emma French, Ben and Finn English.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from commands.kernel.context import Context
from commands.kernel.kernel import Outcome
from commands.purchases import changes
from storage import commitments, jobs, networks, purchases, rooms
from storage.commitments import Commitment
from storage.purchase_lines import LineDraft, Tier
from storage.purchases import Purchase, State
from storage.session import Session
from tests.commands.networks.world import network, speaks
from tests.commands.talk import Said, Talk

ANNA = "@anna:localhost"
BEN = "@ben:localhost"
CARO = "@caro:localhost"
DIRK = "@dirk:localhost"
EMMA = "@emma:localhost"
FINN = "@finn:localhost"
# Runs the Dutch and the English network; the one who runs the French and the bilingual one.
ANI = "@ani:localhost"
AXEL = "@axel:localhost"
BEA, BRAM = "@bea:localhost", "@bram:localhost"
# A member of the cooperative who is in no network, and somebody who is no member but in a room.
OUTSIDER = "@otto:localhost"
STRANGER = "@stranger:elsewhere.example"

SPACE, BUYERS, STAFF = "!space", "!buyers", "!staff"
# Rooms, and the slugs of their networks.
DUTCH, FRENCH, ENGLISH, BOTH = "!drukkers", "!graphistes", "!makers", "!brussel"
NETWORKS: Final = {
    DUTCH: ("drukkers", ("nl",), {ANI: 50, ANNA: 0, BEN: 0, DIRK: 0, STRANGER: 0}),
    FRENCH: ("graphistes", ("fr",), {AXEL: 50, CARO: 0, EMMA: 0}),
    ENGLISH: ("makers", ("en",), {ANI: 50, BEN: 0, FINN: 0, ANNA: 0, CARO: 0}),
    BOTH: ("brussel", ("nl", "fr"), {AXEL: 50, DIRK: 0, EMMA: 0, ANNA: 0, CARO: 0}),
}
SPEAK: Final = {
    ANNA: "nl", DIRK: "nl", CARO: "fr", EMMA: "fr", BEN: "en", FINN: "en",
    ANI: "en", AXEL: "fr", BEA: "en", BRAM: "nl", OUTSIDER: "en",
}  # fmt: skip


@contextmanager
def market(folder: Path, **settings: Any) -> Iterator[Talk]:
    """All commands and conversations of the bot, in this world, on Monday 23 November 2026 at 9:00 UTC."""
    talk = Talk.open(folder, **settings)
    try:
        talk.room(SPACE, "space", dict.fromkeys(SPEAK, 0))
        talk.room(BUYERS, "buyers", {BEA: 50, BRAM: 50}, language="en")
        talk.room(STAFF, "staff", {"@staf:localhost": 50}, language="en")
        for slug, languages, powers in NETWORKS.values():
            network(
                talk, slug, names={"en": slug.title()}, powers=powers, languages=languages,
                region="be-bru",
            )  # fmt: skip
        for user, language in SPEAK.items():
            speaks(talk, user, language)
        yield talk
    finally:
        talk.close()


def line(
    article: str = "Chairs",
    *,
    case: int = 5,
    minimum: int = 0,
    tiers: Sequence[tuple[int, int]] = ((1, 1000), (20, 900)),
    unit: str = "piece",
    vat: int = 2100,
    reference: int | None = 1300,
    supplier: str = "Meubel Coop",
    **more: Any,
) -> LineDraft:
    """Chairs by five at € 10, € 9 from twenty on, € 13 elsewhere. `tiers` are (from units, cents)."""
    return LineDraft(
        article=article,
        unit=unit,
        case_size=case,
        tiers=tuple(Tier(start, cents) for start, cents in tiers),
        vat=vat,
        supplier_name=supplier,
        minimum_cases=minimum,
        reference_cents=reference,
        reference_by=None if reference is None else "Bureau Nord",
        reference_on=None if reference is None else "2026-11-02",
        **more,
    )


def purchase(
    talk: Talk,
    *,
    lines: Sequence[LineDraft] | None = None,
    rooms: Sequence[str] = (ENGLISH,),
    title: str = "Office chairs",
    opener: str = ANI,
    days: float = 7,
    state: State = "open",
    language: str = "en",
    regions: Sequence[str] = ("be-bru",),
    **fields: Any,
) -> int:
    """An open purchase (or a draft), which closes in so many days, for the networks of these rooms; without a
    message anywhere. Returns its number. `fields` are those of storage.purchases.Draft."""
    deadline = talk.ms() + int(timedelta(days=days).total_seconds() * 1000)

    def make(session: Session) -> int:
        found = [networks.by_room(session, room) for room in rooms]
        draft = purchases.Draft(
            title=title,
            language=language,
            currency="EUR",
            deadline=deadline,
            network_ids=tuple(one.id for one in found if one is not None),
            regions=tuple(regions),
            lines=tuple(lines or (line(),)),
            responsible=fields.pop("responsible", opener),
            **fields,
        )
        added = purchases.add(session, draft, opener=opener, now=talk.ms())
        if state == "open":
            purchases.move(session, added, "open", now=talk.ms(), due_at=deadline)
            changes.step_at(context(talk, session, opener), added, deadline)
        return added

    return int(talk.write(make))


def get(talk: Talk, number: int = 1) -> Purchase:
    found = talk.write(lambda session: purchases.get(session, number))
    assert found is not None
    return found  # type: ignore[no-any-return]


def move(talk: Talk, number: int, *states: State, **fields: Any) -> None:
    """Through these states, without anything that is said on the way."""

    def make(session: Session) -> None:
        for state in states:
            purchases.move(session, number, state, now=talk.ms(), **fields)

    talk.write(make)


def commit(
    talk: Talk,
    user: str,
    quantity: int,
    tolerance: int = 0,
    *,
    number: int = 1,
    position: int = 1,
    accepted: int | None = None,
) -> int:
    """Put down without a word, at the dearest price of the line unless said otherwise; returns its id."""

    def make(session: Session) -> int:
        found = purchases.get(session, number)
        assert found is not None
        chosen = found.lines[position - 1]
        return commitments.put(
            session, chosen.id, user, quantity=quantity, tolerance=tolerance,
            accepted_cents=chosen.tiers[0].cents if accepted is None else accepted, now=talk.ms(),
        )  # fmt: skip

    return int(talk.write(make))


def committed(
    talk: Talk, user: str, *, number: int = 1, position: int = 1
) -> tuple[int, int] | None:
    """A person's quantity and tolerance of one line, None where there is nothing."""
    found = commitment(talk, user, number=number, position=position)
    return None if found is None else (found.quantity, found.tolerance)


def commitment(talk: Talk, user: str, *, number: int = 1, position: int = 1) -> Commitment | None:
    def read(session: Session) -> Commitment | None:
        found = purchases.get(session, number)
        assert found is not None
        own = commitments.of_person(session, number, user)
        return own.get(found.lines[position - 1].id)

    return talk.write(read)  # type: ignore[no-any-return]


def posted(talk: Talk, number: int = 1, *, room: str = ENGLISH) -> Said:
    """A message of the bot's about the purchase in a room, as if it had been announced there, to reply to."""
    (said,) = do(
        talk, lambda ctx: ctx.say(room, "kernel/sent_privately", about=f"purchase:{number}")
    )
    return said


def do(
    talk: Talk, function: Callable[[Context], object], *, user: str = ANI, room: str | None = None
) -> list[Said]:
    """Let a module do something of its own accord; returns what it said."""

    def run(session: Session) -> Outcome:
        ctx = context(talk, session, user, room)
        function(ctx)
        return talk._store(session, Outcome(ctx.drafts, acted=True))

    return talk._deliver(talk.write(run))


def run_jobs(talk: Talk, *kinds: str) -> list[Said]:
    """Run what is due by now (of these kinds only, if any are named), as the bot's clock does: once each, until
    nothing is due any more."""
    said: list[Said] = []

    def run(session: Session) -> list[Outcome]:
        outcomes = []
        for job in jobs.due(session, now=talk.ms()):
            declared = job.kind in talk.kernel.registry.jobs
            if declared and (not kinds or job.kind in kinds):
                outcomes.append(talk._store(session, talk.kernel.due(session, job, talk.now)))
                jobs.finish(session, job.id, "done", now=talk.ms())
        return outcomes

    while outcomes := talk.write(run):
        for outcome in outcomes:
            said += talk._deliver(outcome)
    return said


def heard(said: Sequence[Said], user: str) -> str:
    """What a person was told in their direct chat, in all."""
    place = f"!direct-{user[1:].partition(':')[0]}"
    return "\n".join(
        each.text for each in said if each.draft.user_id == user or each.draft.room_id == place
    )


def in_room(said: Sequence[Said], room: str) -> str:
    """What was said or edited in a room, in all."""
    return "\n".join(each.text for each in said if each.draft.room_id == room)


def text(said: Sequence[Said]) -> str:
    return "\n".join(each.text for each in said)


def context(talk: Talk, session: Session, user: str, room: str | None = None) -> Context:
    """For what another module calls itself; what is said is in its `drafts`."""
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
        language=SPEAK.get(user, "en"),
        room=rooms.get(session, room) if room is not None else None,
    )
