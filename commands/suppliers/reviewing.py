"""Moving a supplier through its review: the next step by a yes under its message, what is open, and the rounds
that buyers open anew. Scores are `scoring`'s, evidence is `evidence`'s, the votes are `voting`'s."""

from __future__ import annotations

from dataclasses import dataclass

from commands.kernel import teams
from commands.kernel.catalogue import N_
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.errors import Refused
from commands.kernel.incoming import Message, Reaction
from commands.kernel.paging import page_of
from commands.kernel.parameters import Integer, OneOf, option, positional
from commands.kernel.telling import reply_discreetly
from commands.kernel.words import decision_of
from commands.suppliers import progress, voting
from commands.suppliers.discretion import discreetly
from commands.suppliers.rounds import (
    KIND_NAMES,
    VERDICT_NAMES,
    Review,
    bar,
    begin,
    look,
    open_reviews,
)
from commands.suppliers.standing import move
from commands.suppliers.values import STATE_NAMES, SupplierNumber, known
from commands.suppliers.voting import SupplierArguments, answer
from storage import charters, member_accounts, outbox, supplier_rounds, suppliers
from storage.supplier_rounds import Kind
from storage.suppliers import State, Supplier

router = Router("buyers")

_PAGE = 15
NEXT = OneOf.of(
    next={
        "en": ("next", "go on"),
        "nl": ("volgende", "verder"),
        "fr": ("suivant", "suivante", "continuer"),
    }
)


# --- the next step -------------------------------------------------------------------------------


def advance(ctx: Context, supplier: Supplier) -> None:
    """Take the next step with a supplier: once it is under review, a vote to approve. Raises Refused."""
    review = look(ctx.session, supplier)
    if review.step in ("charter", "take_up"):
        if review.round is None:
            begin(ctx, supplier, "first")
        _move_on(ctx, supplier, "triage", "taken_up")
    elif review.step == "evidence":
        _move_on(ctx, supplier, "evidence", "evidence")
    elif review.step == "review":
        _move_on(ctx, supplier, "review", "review")
    else:
        voting.cast(ctx, supplier, "approved")


def _move_on(ctx: Context, supplier: Supplier, state: State, news: progress.News) -> None:
    moved = move(ctx, supplier, state)
    progress.tell_proposer(ctx, moved, news)
    progress.show(ctx, supplier.id)
    answer(ctx, look(ctx.session, moved))


@router.answer(progress.REVIEW)
def answered(ctx: Context, reference: str, said: Message | Reaction) -> bool:
    """A buyer's yes or no under the message of a review."""
    found = supplier_rounds.get(ctx.session, int(reference))
    supplier = suppliers.get(ctx.session, found.supplier_id) if found is not None else None
    return _decided(ctx, supplier, said, found.id if found is not None else None)


@router.answer(progress.WAITING)
def answered_early(ctx: Context, reference: str, said: Message | Reaction) -> bool:
    """The same while a proposal waits for a charter."""
    return _decided(ctx, suppliers.get(ctx.session, int(reference)), said, None)


def _decided(
    ctx: Context, supplier: Supplier | None, said: Message | Reaction, round_id: int | None
) -> bool:
    truth, reason = decision_of(said)
    if truth is None:
        return False
    teams.buyers(ctx, None)
    if supplier is None:
        raise Refused(N_("That supplier is gone, so nothing needs to be decided."))
    review = look(ctx.session, supplier, round_id)
    if review.step == "none":
        answer(ctx, review, closed=review.round.outcome if review.round is not None else None)
        return True
    if not truth:
        if not reason:
            raise Refused(
                N_(
                    "Say why, so that it can be understood:"
                    " “%(command)s %(number)s” and the reason."
                ),
                command=ctx.registry.word("reject", ctx.language),
                number=supplier.id,
            )
        voting.reject_supplier(ctx, supplier, reason)
    elif int(said.sent_at.timestamp() * 1000) < supplier.state_since:
        # It was said of how things stood before somebody else moved it on: two steps were not meant.
        answer(ctx, review)
    else:
        advance(ctx, supplier)
    return True


# --- what is open --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReviewsArguments:
    page: int = option(
        Integer(1, 999), N_("a page"), default=1, en=("page",), nl=("pagina",), fr=("page",)
    )


@router.command(
    "reviews",
    nl=("beoordelingen",),
    fr=("examens",),
    summary=N_("lists the suppliers that are being reviewed, and what waits on you"),
    examples={
        "en": ("reviews", "reviews page:2"),
        "nl": ("beoordelingen", "beoordelingen pagina:2"),
        "fr": ("examens", "examens page:2"),
    },
    arguments=ReviewsArguments,
    check=teams.buyers,
    who=teams.BUYERS,
    reads_only=True,
)
def reviews(ctx: Context, arguments: ReviewsArguments) -> None:
    accounts = member_accounts.same_person(ctx.session, ctx.user)
    found = open_reviews(ctx.session)
    # What waits on the one who asks comes first.
    found.sort(key=lambda review: not review.waits_on(accounts))
    page = page_of(found, arguments.page, _PAGE)
    reply_discreetly(
        ctx,
        "buyers",
        "suppliers/reviews",
        reviews=[(review, review.waits_on(accounts)) for review in page.items],
        total=len(found),
        page=page.number,
        pages=page.pages,
        states=STATE_NAMES,
        kinds=KIND_NAMES,
        verdicts=VERDICT_NAMES,
    )


@dataclass(frozen=True, slots=True)
class ReviewArguments:
    supplier: int = positional(SupplierNumber(), N_("the number of a supplier"))
    step: str = positional(NEXT, N_("“next” for the next step"), default="")


@router.command(
    "review",
    nl=("beoordeling",),
    fr=("examen",),
    summary=N_("shows how the review of a supplier stands, or takes its next step"),
    examples={
        "en": ("review 12", "review 12 next"),
        "nl": ("beoordeling 12", "beoordeling 12 volgende"),
        "fr": ("examen 12", "examen 12 suivant"),
    },
    arguments=ReviewArguments,
    check=teams.buyers,
    who=teams.BUYERS,
)
@discreetly
def review(ctx: Context, arguments: ReviewArguments) -> None:
    supplier = known(ctx, arguments.supplier)
    if arguments.step:
        advance(ctx, supplier)
        return
    found = look(ctx.session, supplier)
    if found.round is None:
        # The one that decided last, for its scores and votes.
        past = supplier_rounds.of_supplier(ctx.session, supplier.id)
        found = look(ctx.session, supplier, past[-1].id) if past else found
    accounts = member_accounts.same_person(ctx.session, ctx.user)
    reply_discreetly(
        ctx,
        "buyers",
        "suppliers/review",
        **progress.variables(ctx, found),
        asked_again=0,
        yours=next((vote for vote in found.votes if vote.user_id in accounts), None),
        bar=bar(ctx.session, supplier, ctx.user),
    )


# --- rounds that buyers open ---------------------------------------------------------------------


def open_again(ctx: Context, supplier: Supplier, kind: Kind) -> Review:
    """A round that begins with the scores by which the supplier stands. Raises Refused."""
    current = look(ctx.session, supplier)
    if current.is_open:
        raise Refused(
            N_(
                "A review of supplier %(number)s is open already:"
                " “%(command)s %(number)s” shows what is next."
            ),
            number=supplier.id,
            command=ctx.registry.word("review", ctx.language),
        )
    begin(ctx, supplier, kind, with_scores_of=supplier.round_id)
    progress.show(ctx, supplier.id)
    return look(ctx.session, supplier)


def _against_another_charter(ctx: Context, supplier: Supplier) -> bool:
    past = supplier_rounds.get(ctx.session, supplier.round_id) if supplier.round_id else None
    charter = charters.in_force(ctx.session)
    return past is not None and charter is not None and past.charter_version != charter.version


@router.command(
    "renew",
    nl=("hernieuw", "hernieuwen", "vernieuw"),
    fr=("renouveler", "renouvelle"),
    summary=N_("opens a new review of a supplier, beginning with its last scores"),
    examples={"en": ("renew 12",), "nl": ("hernieuw 12",), "fr": ("renouveler 12",)},
    arguments=SupplierArguments,
    check=teams.buyers,
    who=teams.BUYERS,
)
@discreetly
def renew(ctx: Context, arguments: SupplierArguments) -> None:
    supplier = known(ctx, arguments.supplier)
    if supplier.is_visible:
        kind: Kind = "charter" if _against_another_charter(ctx, supplier) else "renewal"
        answer(ctx, open_again(ctx, supplier, kind), opened=True)
    elif supplier.state in ("rejected", "revoked", "expired"):
        answer(ctx, propose_anew(ctx, supplier), opened=True)
    elif supplier.state == "suspended":
        raise Refused(
            N_("Supplier %(number)s is suspended: “%(command)s %(number)s” opens its review."),
            number=supplier.id,
            command=ctx.registry.word("reinstate", ctx.language),
        )
    elif supplier.state == "prospect":
        raise Refused(
            N_("Supplier %(number)s is a prospect: it has to be proposed first."),
            number=supplier.id,
        )
    else:
        answer(ctx, open_again(ctx, supplier, "first"), opened=True)


def propose_anew(ctx: Context, supplier: Supplier) -> Review:
    """Put a prospect, or one that was turned down or has expired, forward for a first review. Whoever does so
    is its proposer if it has none; without a charter in force it waits for one."""
    moved = move(ctx, supplier, "proposed")
    if supplier.proposer is None:
        suppliers.set_proposer(ctx.session, supplier.id, ctx.user)
    if charters.in_force(ctx.session) is not None:
        scores = supplier.round_id if supplier.state == "expired" else None
        begin(ctx, moved, "first", with_scores_of=scores)
    progress.show(ctx, supplier.id)
    return look(ctx.session, suppliers.get(ctx.session, supplier.id) or moved)


def charter_came(ctx: Context) -> None:
    """A charter is in force: the proposals that waited for one get their round.

    Called in the transaction in which it came into force."""
    for supplier in suppliers.in_state(ctx.session, "proposed"):
        review = look(ctx.session, supplier)
        if review.step == "charter":
            begin(ctx, supplier, "first")
            # Where nothing was said of it yet, an import of hundreds must not begin to.
            if outbox.about(ctx.session, progress.about(review)):
                progress.show(ctx, supplier.id)


@router.command(
    "reinstate",
    nl=("herbevestig", "herbevestigen"),
    fr=("rétablir", "réintégrer"),
    summary=N_(
        "opens the review of a suspended supplier, or of one that did what it was approved on"
    ),
    examples={"en": ("reinstate 12",), "nl": ("herbevestig 12",), "fr": ("rétablir 12",)},
    arguments=SupplierArguments,
    check=teams.buyers,
    who=teams.BUYERS,
)
@discreetly
def reinstate(ctx: Context, arguments: SupplierArguments) -> None:
    supplier = known(ctx, arguments.supplier)
    kinds: dict[State, Kind] = {"suspended": "return", "conditional": "condition"}
    if supplier.state not in kinds:
        raise Refused(
            N_(
                "Supplier %(number)s is neither suspended nor approved on a condition."
                " “%(command)s %(number)s” shows where it stands."
            ),
            number=supplier.id,
            command=ctx.registry.word("review", ctx.language),
        )
    answer(ctx, open_again(ctx, supplier, kinds[supplier.state]), opened=True)
