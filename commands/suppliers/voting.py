"""Deciding on a supplier: votes of two eligible people close a round and move the supplier. A proposal that is
not under review yet can be turned down without a vote.

That two people approve is a rule of the tables as well (migration 0008).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from commands.kernel import teams
from commands.kernel.catalogue import N_
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.errors import Refused
from commands.kernel.parameters import positional, rest
from commands.kernel.telling import reply_discreetly
from commands.suppliers import complaints, progress
from commands.suppliers.days import years_after
from commands.suppliers.discretion import discreetly
from commands.suppliers.rounds import (
    KIND_NAMES,
    UNDER_WAY,
    VERDICT_NAMES,
    VOTED_IN,
    Review,
    begin,
    end_votes_of_who_left,
    look,
    refuse_barred,
)
from commands.suppliers.rules import VOTES_NEEDED
from commands.suppliers.standing import move
from commands.suppliers.suspending import users_hear
from commands.suppliers.values import STATE_NAMES, SupplierNumber, known, subject
from storage import supplier_rounds
from storage.supplier_rounds import Verdict
from storage.suppliers import State, Supplier

router = Router("buyers")

_LONGEST_REASON = 500
_NUMBER = N_("the number of a supplier")


@dataclass(frozen=True, slots=True)
class SupplierArguments:
    supplier: int = positional(SupplierNumber(), _NUMBER)


@dataclass(frozen=True, slots=True)
class ReasonArguments:
    supplier: int = positional(SupplierNumber(), _NUMBER)
    reason: str = rest(N_("a reason"), longest=_LONGEST_REASON)


def answer(ctx: Context, review: Review, **values: object) -> None:
    """Say where the review stands now and what is next."""
    values = {"closed": None, "opened": False, "asked_again": 0, "noted": None, **values}
    reply_discreetly(
        ctx,
        "buyers",
        "suppliers/stepped",
        review=review,
        supplier=review.supplier,
        states=STATE_NAMES,
        kinds=KIND_NAMES,
        verdicts=VERDICT_NAMES,
        day=date.fromisoformat,
        **values,
    )


# --- votes ---------------------------------------------------------------------------------------


def refuse_vote(ctx: Context, review: Review, verdict: Verdict) -> None:
    """Raises Refused where such a vote cannot be given now, or not by this person."""
    supplier = review.supplier
    if not review.is_open or supplier.state not in VOTED_IN:
        if supplier.state in UNDER_WAY:
            raise Refused(
                N_(
                    "Supplier %(number)s is not under review yet."
                    " “%(command)s %(number)s” shows what is next."
                ),
                number=supplier.id,
                command=ctx.registry.word("review", ctx.language),
            )
        raise Refused(
            N_("No review of supplier %(number)s is open. “%(command)s %(number)s” opens one."),
            number=supplier.id,
            command=ctx.registry.word(
                "reinstate" if supplier.state == "suspended" else "renew", ctx.language
            ),
        )
    refuse_barred(ctx, supplier)
    if review.missing:
        raise Refused(
            N_(
                "Nobody looked at %(criteria)s yet. “%(command)s %(number)s” asks you about each;"
                " after that you can vote."
            ),
            criteria=", ".join(one.name(ctx.language) for one in review.missing),
            command=ctx.registry.word("score", ctx.language),
            number=supplier.id,
        )
    if review.failed and verdict != "rejected":
        raise Refused(
            N_(
                "With these scores it cannot be approved: %(criteria)s is below what the charter"
                " asks of everyone. “%(command)s %(number)s” changes a score,"
                " “%(reject)s %(number)s” and the reason votes against."
            ),
            criteria=", ".join(one.name(ctx.language) for one in review.failed),
            command=ctx.registry.word("score", ctx.language),
            reject=ctx.registry.word("reject", ctx.language),
            number=supplier.id,
        )
    lapsed = review.lapsed(ctx.today.isoformat())
    if lapsed and verdict != "rejected":
        raise Refused(
            N_(
                "The evidence for %(criteria)s has lapsed, and the charter asks it of everyone."
                " “%(command)s %(number)s” records newer evidence; after that you can approve."
            ),
            criteria=", ".join(one.name(ctx.language) for one in lapsed),
            command=ctx.registry.word("evidence", ctx.language),
            number=supplier.id,
        )


def cast(
    ctx: Context,
    supplier: Supplier,
    verdict: Verdict,
    *,
    reason: str | None = None,
    condition: tuple[str, str] | None = None,
) -> None:
    """Vote as the one who speaks; the second eligible vote for the same verdict decides.

    `condition` is what must be mended and the ISO day by which. Raises Refused.
    """
    review = look(ctx.session, supplier)
    refuse_vote(ctx, review, verdict)
    assert review.round is not None
    end_votes_of_who_left(ctx, review)
    if condition is not None:
        supplier_rounds.set_condition(ctx.session, review.round.id, *condition)
    supplier_rounds.vote(
        ctx.session, review.round.id, ctx.user, verdict, reason=reason, now=ctx.now_ms
    )
    ctx.audit("supplier.vote", subject(supplier.id), verdict=verdict, round=review.round.id)
    voted = look(ctx.session, supplier, review.round.id)
    if len(voted.counted(verdict)) >= VOTES_NEEDED:
        voted = _conclude(ctx, voted, verdict)
    progress.show(ctx, supplier.id, round_id=review.round.id)
    answer(
        ctx,
        voted,
        noted=verdict,
        closed=voted.round.outcome if voted.round is not None else None,
    )


def _conclude(ctx: Context, review: Review, verdict: Verdict) -> Review:
    """Move the supplier by the votes of its open round, close that, and let those concerned hear."""
    supplier, closing = review.supplier, review.round
    assert closing is not None
    if verdict == "rejected":
        reasons = dict.fromkeys(vote.reason for vote in review.counted("rejected") if vote.reason)
        moved = _turn_down(ctx, supplier, " · ".join(reasons)[: 2 * _LONGEST_REASON])
    else:
        on_condition = verdict == "conditional"
        moved = move(
            ctx,
            supplier,
            verdict,
            round_id=closing.id,
            condition=closing.condition if on_condition else None,
            condition_due=closing.condition_due if on_condition else None,
            review_due=years_after(ctx.today, ctx.settings.review_years).isoformat(),
        )
    supplier_rounds.close(ctx.session, closing.id, verdict, now=ctx.now_ms)
    complaints.round_closed(ctx, closing, verdict)
    if supplier.state == "review":
        progress.tell_proposer(ctx, moved, verdict, reason=moved.reason)
    return look(ctx.session, moved, closing.id)


def _turn_down(ctx: Context, supplier: Supplier, reason: str) -> Supplier:
    """What is visible is suspended first; what is suspended already is revoked."""
    if supplier.is_visible:
        suspended = move(ctx, supplier, "suspended", reason=reason)
        # What buyers wrote for each other is not passed on.
        users_hear(ctx, suspended, "suppliers/deal_suspended", reason=None)
        return suspended
    after: State = "revoked" if supplier.state == "suspended" else "rejected"
    return move(ctx, supplier, after, reason=reason)


@router.command(
    "approve",
    nl=("keur goed", "goedkeuren"),
    fr=("approuver", "approuve"),
    summary=N_("votes for a supplier that is under review; two people decide"),
    examples={"en": ("approve 12",), "nl": ("keur goed 12",), "fr": ("approuver 12",)},
    arguments=SupplierArguments,
    check=teams.buyers,
    who=teams.BUYERS,
)
@discreetly
def approve(ctx: Context, arguments: SupplierArguments) -> None:
    cast(ctx, known(ctx, arguments.supplier), "approved")


# --- against -------------------------------------------------------------------------------------


def reject_supplier(ctx: Context, supplier: Supplier, reason: str) -> None:
    """Turn down a proposal that is not under review yet, or vote against. Raises Refused."""
    if supplier.state not in ("prospect", "proposed", "triage", "evidence"):
        cast(ctx, supplier, "rejected", reason=reason)
        return
    refuse_barred(ctx, supplier)
    review = look(ctx.session, supplier)
    moved = move(ctx, supplier, "rejected", reason=reason)
    round_id = review.round.id if review.round is not None else None
    if round_id is not None:
        supplier_rounds.close(ctx.session, round_id, "rejected", now=ctx.now_ms)
    if supplier.state != "prospect":
        progress.tell_proposer(ctx, moved, "rejected", reason=reason)
    progress.show(ctx, supplier.id, round_id=round_id)
    answer(ctx, look(ctx.session, moved, round_id), closed="rejected")


@router.command(
    "reject",
    nl=("wijs af", "afwijzen", "verwerp"),
    fr=("rejeter", "rejette", "refuser"),
    summary=N_("turns a proposed supplier down, or votes against one that is under review"),
    examples={
        "en": ("reject 12 they sell new goods only",),
        "nl": ("wijs af 12 ze verkopen alleen nieuw",),
        "fr": ("rejeter 12 ils ne vendent que du neuf",),
    },
    arguments=ReasonArguments,
    check=teams.buyers,
    who=teams.BUYERS,
)
@discreetly
def reject(ctx: Context, arguments: ReasonArguments) -> None:
    reject_supplier(ctx, known(ctx, arguments.supplier), arguments.reason)


@router.command(
    "revoke",
    nl=("trek in", "intrekken"),
    fr=("révoquer",),
    summary=N_("votes to end the approval of a suspended supplier; two people decide"),
    examples={
        "en": ("revoke 12 the certificate was false",),
        "nl": ("trek in 12 het certificaat was vals",),
        "fr": ("révoquer 12 le certificat était faux",),
    },
    arguments=ReasonArguments,
    check=teams.buyers,
    who=teams.BUYERS,
)
@discreetly
def revoke(ctx: Context, arguments: ReasonArguments) -> None:
    supplier = known(ctx, arguments.supplier)
    if supplier.state != "suspended":
        raise Refused(
            N_(
                "Only a suspended supplier can be revoked. “%(command)s %(number)s” and the reason"
                " suspends one that members see."
            ),
            number=supplier.id,
            command=ctx.registry.word("suspend", ctx.language),
        )
    refuse_barred(ctx, supplier)
    if supplier_rounds.current(ctx.session, supplier.id) is None:
        begin(ctx, supplier, "return", with_scores_of=supplier.round_id)
        review = look(ctx.session, supplier)
        if review.missing:
            progress.show(ctx, supplier.id)
            answer(ctx, review, opened=True)
            return
    cast(ctx, supplier, "rejected", reason=arguments.reason)
