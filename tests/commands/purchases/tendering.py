"""Tenders put down as they stand, for conversations about them: paper (40 reams) and chairs (6)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from commands.kernel.kernel import Outcome
from commands.purchases.tenders import board as boards
from storage import networks, tenders
from storage.session import Session
from tests.commands.purchases.market import BEA, ENGLISH, context
from tests.commands.talk import Said, Talk


def tender(
    talk: Talk,
    *,
    title: str = "Paper and chairs",
    second: str = "Chairs",
    rooms: Sequence[str] = (ENGLISH,),
    days: int = 60,
    state: tenders.State = "open",
) -> int:
    """Valid for so many days; without a message anywhere. Returns its number."""

    def make(session: Session) -> int:
        found = [networks.by_room(session, room) for room in rooms]
        draft = tenders.Draft(
            title=title,
            language="en",
            currency="EUR",
            valid_until=(talk.now.date() + timedelta(days=days)).isoformat(),
            supplier_name="The Paper Mill",
            network_ids=tuple(one.id for one in found if one is not None),
            lines=(
                tenders.LineDraft("Paper A4", "ream", 320, 2100, 40, reference_cents=450),
                tenders.LineDraft(second, "piece", 9900, 2100, 6, article_code="CH-1"),
            ),
            responsible=BEA,
        )
        added = tenders.add(session, draft, now=talk.ms())
        if state != "draft":
            tenders.move(session, added, state, now=talk.ms())
        return added

    return int(talk.write(make))


def left(talk: Talk, number: int = 1) -> list[int]:
    """How many units of each line remain."""
    found = talk.write(lambda session: tenders.get(session, number))
    assert found is not None
    return [line.remaining for line in found.lines]


def board(talk: Talk, room: str, number: int = 1) -> Said:
    """The message in that room, announced now."""

    def say(session: Session) -> Outcome:
        ctx = context(talk, session, BEA)
        found = tenders.get(session, number)
        assert found is not None
        boards.announce(ctx, found)
        return talk._store(session, Outcome(ctx.drafts, acted=True))

    return next(one for one in talk._deliver(talk.write(say)) if one.draft.room_id == room)
