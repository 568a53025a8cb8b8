"""`!approve conditionally`: a vote on the condition that something is mended by a day, one's own or the one
that somebody else proposed. What a vote does is `voting`'s."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel

from commands.kernel import teams
from commands.kernel.catalogue import N_
from commands.kernel.choices import Misunderstood, yes_no
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.dialogue import Answer, Dialogue, Question, Step
from commands.kernel.errors import Refused
from commands.kernel.text import one_line
from commands.suppliers.days import day_ahead
from commands.suppliers.discretion import discreetly
from commands.suppliers.rounds import Review, look
from commands.suppliers.values import known
from commands.suppliers.voting import SupplierArguments, cast, refuse_vote

router = Router("buyers")

_LONGEST_CONDITION = 300
_YEARS_TO_MEND = 2


class Condition(BaseModel):
    """`proposed` and `proposed_due` are what another one proposed, as it was put to this buyer; `agreed` is
    whether they take that over."""

    supplier: int
    proposed: str = ""
    proposed_due: str = ""
    agreed: bool = False
    condition: str = ""
    due: str = ""


def _ask_agreed(ctx: Context, data: Condition) -> Question:
    return Question(
        "suppliers/ask_agreed",
        {
            "supplier": known(ctx, data.supplier),
            "condition": data.proposed,
            "due": date.fromisoformat(data.proposed_due),
        },
        choices=yes_no(ctx.language),
    )


def _take_agreed(ctx: Context, data: Condition, given: Answer) -> Condition:
    return data.model_copy(update={"agreed": given.chosen[0] == "yes"})


def _ask_condition(ctx: Context, data: Condition) -> Question:
    return Question("suppliers/ask_condition", {"supplier": known(ctx, data.supplier)})


def _take_condition(ctx: Context, data: Condition, given: Answer) -> Condition:
    text = one_line(given.text)
    if not 5 <= len(text) <= _LONGEST_CONDITION:
        raise Misunderstood(
            N_("what must be mended, in 5 to %(longest)s characters"), longest=_LONGEST_CONDITION
        )
    return data.model_copy(update={"condition": text})


def _ask_due(ctx: Context, data: Condition) -> Question:
    return Question("suppliers/ask_condition_due")


def _take_due(ctx: Context, data: Condition, given: Answer) -> Condition:
    day = day_ahead(ctx, given.text, years=_YEARS_TO_MEND)
    return data.model_copy(update={"due": day.isoformat()})


def _finish_condition(ctx: Context, data: Condition) -> None:
    teams.buyers(ctx, None)
    supplier = known(ctx, data.supplier)
    if not data.agreed:
        cast(ctx, supplier, "conditional", condition=(data.condition, data.due))
        return
    review = look(ctx.session, supplier)
    if review.round is None or review.round.condition is None:
        raise Refused(N_("That review is settled meanwhile, so your vote is no longer needed."))
    agreed = (data.proposed, data.proposed_due)
    if agreed != (review.round.condition, review.round.condition_due) or _has_passed(ctx, review):
        # Another one is voted on by now: nobody votes for what they did not read.
        _ask_condition_of(ctx, review)
        return
    cast(ctx, supplier, "conditional", condition=agreed)


def _has_passed(ctx: Context, review: Review) -> bool:
    """Whether what is to be mended should have been by now: a supplier approved so would be suspended the next
    morning."""
    due = review.round.condition_due if review.round is not None else None
    return due is not None and due < ctx.today.isoformat()


def _ask_condition_of(ctx: Context, review: Review) -> None:
    """Begin with the condition that the open round is voting on, if there is one that can still be met."""
    assert review.round is not None
    asked = Condition(supplier=review.supplier.id)
    if not _has_passed(ctx, review):
        asked.proposed = review.round.condition or ""
        asked.proposed_due = review.round.condition_due or ""
    ctx.frame.start(ctx, dialogue.name, asked)


dialogue: Dialogue[Condition] = Dialogue(
    "suppliers.condition",
    title=N_("an approval on a condition"),
    data=Condition,
    steps=(
        Step(
            "agreed", _ask_agreed, _take_agreed, optional=False,
            applies=lambda d: bool(d.proposed),
        ),
        Step(
            "condition", _ask_condition, _take_condition, optional=False,
            applies=lambda d: not d.agreed,
        ),
        Step("due", _ask_due, _take_due, optional=False, applies=lambda d: not d.agreed),
    ),
    finish=_finish_condition,
)  # fmt: skip


@router.command(
    "approve conditionally",
    nl=("voorwaardelijk goedkeuren", "keur voorwaardelijk goed", "goedkeuren onder voorwaarde"),
    fr=("approuver sous condition", "approuver sous conditions", "approuve sous condition"),
    summary=N_("votes for a supplier on the condition that something is mended by a day"),
    examples={
        "en": ("approve conditionally 12",),
        "nl": ("voorwaardelijk goedkeuren 12",),
        "fr": ("approuver sous condition 12",),
    },
    arguments=SupplierArguments,
    check=teams.buyers,
    who=teams.BUYERS,
)
@discreetly
def approve_conditionally(ctx: Context, arguments: SupplierArguments) -> None:
    supplier = known(ctx, arguments.supplier)
    review = look(ctx.session, supplier)
    refuse_vote(ctx, review, "conditional")
    _ask_condition_of(ctx, review)
