"""Scoring a supplier against the charter, criterion by criterion, with what it claims and what proves it in
view. Whoever scores has looked at that evidence."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from pydantic import BaseModel, Field

from commands.kernel import teams
from commands.kernel.catalogue import N_
from commands.kernel.choices import Misunderstood
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.dialogue import Answer, Dialogue, Question, Step
from commands.kernel.errors import BadArgument, Refused
from commands.kernel.parameters import Integer, positional
from commands.kernel.text import one_line
from commands.labels.fold import fold
from commands.suppliers import progress
from commands.suppliers.discretion import discreetly
from commands.suppliers.rounds import VOTED_IN, Review, look, refuse_barred
from commands.suppliers.rules import HIGHEST
from commands.suppliers.standing import move
from commands.suppliers.values import SupplierNumber, known, subject
from commands.suppliers.voting import answer
from storage import supplier_evidence, supplier_rounds
from storage.suppliers import Supplier

router = Router("buyers")

_LONGEST_NOTE: Final = 300
# Criteria asked in one conversation; a charter with more is scored further by number.
_MOST: Final = 30
_SCORE: Final = re.compile(
    rf"([0-{HIGHEST}])(?:\s*/\s*{HIGHEST})?(?![\d.,/]*\d)[\s,.:;\-–—]*(.*)", re.S
)
_UNRATED: Final = re.compile(
    r"(?:unrated|not rated|no score|unknown|niet beoordeeld|geen score|onbekend|weet niet"
    r"|non evalue|non note|sans note|inconnu)\b[\s,.:;\-]*(.*)",
    re.S,
)


class Given(BaseModel):
    score: int | None
    note: str | None = None


class Scoring(BaseModel):
    """`criteria` are the keys that are asked; `given` what was answered, by key."""

    supplier: int
    round: int
    criteria: list[str]
    given: dict[str, Given] = Field(default_factory=dict)


def _review(ctx: Context, data: Scoring) -> Review:
    return look(ctx.session, known(ctx, data.supplier), data.round)


def _ask(ctx: Context, data: Scoring, place: int) -> Question:
    review = _review(ctx, data)
    key = data.criteria[place]
    criterion = review.charter.criterion(key) if review.charter is not None else None
    given = data.given.get(key)
    before = review.scores.get(key)
    return Question(
        "suppliers/ask_score",
        {
            "supplier": review.supplier,
            "criterion": criterion,
            "evidence": review.evidence.get(key, []),
            "now": given or before,
            "today": ctx.today.isoformat(),
            "highest": HIGHEST,
            "day": date.fromisoformat,
        },
    )


def read_score(text: str) -> Given:
    """`3`, `3/4`, `3: repairs all it sells`, `unrated`, each with or without a note. Raises Misunderstood."""
    said = one_line(text)
    found = _SCORE.fullmatch(said)
    score = int(found[1]) if found is not None else None
    note = found[2] if found is not None else ""
    if found is None:
        unrated = _UNRATED.fullmatch(fold(said))
        if unrated is None:
            raise Misunderstood(
                N_("a score from 0 to %(highest)s, with or without a note, or “-” for unrated"),
                highest=HIGHEST,
            )
        # The note as it was typed, which folding may have shortened.
        note = said[-len(unrated[1]) :] if unrated[1] else ""
    if len(note) > _LONGEST_NOTE:
        raise Misunderstood(
            N_("a note of at most %(longest)s characters; yours has %(length)s"),
            longest=_LONGEST_NOTE,
            length=len(note),
        )
    return Given(score=score, note=note.strip() or None)


def _take(ctx: Context, data: Scoring, said: Answer, place: int) -> Scoring:
    given = Given(score=None) if said.cleared else read_score(said.text)
    return data.model_copy(update={"given": {**data.given, data.criteria[place]: given}})


def _step(place: int) -> Step[Scoring]:
    return Step(
        f"criterion_{place + 1}",
        lambda ctx, data: _ask(ctx, data, place),
        lambda ctx, data, said: _take(ctx, data, said, place),
        applies=lambda data: place < len(data.criteria),
        clears=True,
    )


def _finish(ctx: Context, data: Scoring) -> None:
    teams.buyers(ctx, None)
    supplier = known(ctx, data.supplier)
    review = _review(ctx, data)
    _refuse_scores(ctx, supplier, review)
    changed = 0
    for key, given in data.given.items():
        before = review.scores.get(key)
        supplier_evidence.check(ctx.session, supplier.id, key, by=ctx.user, now=ctx.now_ms)
        if before is not None and (before.score, before.note) == (given.score, given.note):
            continue
        supplier_rounds.put_score(
            ctx.session,
            data.round,
            key,
            given.score,
            note=given.note,
            by=ctx.user,
            now=ctx.now_ms,
        )
        ctx.audit("supplier.score", subject(supplier.id), criterion=key, score=given.score)
        changed += 1
    if changed and supplier.state == "evidence":
        supplier = move(ctx, supplier, "review")
        progress.tell_proposer(ctx, supplier, "review")
    scored = look(ctx.session, supplier, data.round)
    asked_again = len(review.votes) - len(scored.votes)
    if data.given:
        progress.show(ctx, supplier.id, asked_again=asked_again)
    answer(ctx, scored, asked_again=asked_again)


dialogue: Dialogue[Scoring] = Dialogue(
    "suppliers.score",
    title=N_("scores of a supplier"),
    data=Scoring,
    steps=[_step(place) for place in range(_MOST)],
    finish=_finish,
)


def _refuse_scores(ctx: Context, supplier: Supplier, review: Review) -> None:
    """Raises Refused where nothing can be scored now, or not by this person."""
    if not review.is_open or supplier.state not in ("evidence", *VOTED_IN):
        raise Refused(
            N_(
                "Supplier %(number)s is not under review now."
                " “%(command)s %(number)s” shows where it stands."
            ),
            number=supplier.id,
            command=ctx.registry.word("review", ctx.language),
        )
    refuse_barred(ctx, supplier)


@dataclass(frozen=True, slots=True)
class ScoreArguments:
    supplier: int = positional(SupplierNumber(), N_("the number of a supplier"))
    criterion: int = positional(Integer(1, 99), N_("the number of a criterion"), default=0)


@router.command(
    "score",
    nl=("scoor", "punten"),
    fr=("coter", "cote"),
    summary=N_("asks you for the scores of a supplier, criterion by criterion"),
    examples={
        "en": ("score 12", "score 12 3"),
        "nl": ("scoor 12", "scoor 12 3"),
        "fr": ("coter 12", "coter 12 3"),
    },
    arguments=ScoreArguments,
    check=teams.buyers,
    who=teams.BUYERS,
)
@discreetly
def score(ctx: Context, arguments: ScoreArguments) -> None:
    supplier = known(ctx, arguments.supplier)
    review = look(ctx.session, supplier)
    _refuse_scores(ctx, supplier, review)
    assert review.round is not None and review.charter is not None
    asked = review.charter.criteria
    if arguments.criterion:
        asked = tuple(one for one in asked if one.position == arguments.criterion)
        if not asked:
            raise BadArgument(
                str(arguments.criterion),
                N_("the number of a criterion, from 1 to %(last)s"),
                last=len(review.charter.criteria),
            )
    ctx.frame.start(
        ctx,
        dialogue.name,
        Scoring(
            supplier=supplier.id,
            round=review.round.id,
            criteria=[one.key for one in asked[:_MOST]],
        ),
    )
