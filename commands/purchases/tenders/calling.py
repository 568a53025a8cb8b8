"""`!calloff T3 chairs 4`, or a reply to the tender's message: members call off what is left, and give it back
until it is ordered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from commands.kernel.catalogue import N_
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.errors import MissingArgument, Refused
from commands.kernel.incoming import MembershipChange, Message, Reaction
from commands.kernel.parameters import positional, rest
from commands.networks import checks
from commands.purchases import quantities
from commands.purchases.quantities import Wanted
from commands.purchases.tenders import board, values
from commands.purchases.tenders.looking import Own, own_in
from commands.purchases.tenders.values import LABEL, TenderNumber
from storage import member_accounts, tenders
from storage.jobs import Job
from storage.tenders import CallOff, Line, Tender

router = Router("purchases")

_LONGEST: Final = 2000
_NOTHING_WAITS: Final = N_(
    "Nothing of yours waits there: what is ordered cannot be given back any more."
)


@dataclass(frozen=True, slots=True)
class CallOffArguments:
    tender: int = positional(TenderNumber(), LABEL)
    wanted: str = rest(N_("an article and how many"), longest=_LONGEST, default="")


@router.command(
    "calloff",
    en=("call off", "call-off"),
    nl=("afroepen", "roep af", "afroep"),
    fr=("prélever", "appeler"),
    summary=N_("calls off something of a tender, at the price that the cooperative agreed"),
    examples={
        "en": ("calloff T3 chairs 4",),
        "nl": ("afroepen T3 stoelen 4",),
        "fr": ("prélever T3 chaises 4",),
    },
    arguments=CallOffArguments,
    check=checks.member,
    who=checks.MEMBERS,
)
def call_off(ctx: Context, arguments: CallOffArguments) -> None:
    tender = values.seen(ctx, arguments.tender)
    _refuse_closed(ctx, tender)
    if not arguments.wanted.strip():
        raise MissingArgument(N_("an article and how many"))
    _take(ctx, tender, quantities.parse_units(arguments.wanted, tender.lines))


@router.answer(values.ABOUT)
def answered(ctx: Context, reference: str, answer: Message | Reaction) -> bool:
    """A reply with a quantity; what holds none is conversation."""
    if isinstance(answer, Reaction) or not quantities.has_quantity(answer.text):
        return False
    checks.member(ctx, None)
    tender = values.seen(ctx, int(reference))
    _refuse_closed(ctx, tender)
    _take(ctx, tender, quantities.parse_units(answer.text, tender.lines))
    return True


def _refuse_closed(ctx: Context, tender: Tender) -> None:
    """Raises Refused."""
    if tender.state == "draft":
        raise Refused(N_("This tender is not open yet."))
    if not values.takes_call_offs(ctx, tender):
        raise Refused(
            N_("T%(number)s is closed: nothing can be called off any more."), number=tender.id
        )


def _take(ctx: Context, tender: Tender, wanted: Sequence[Wanted[Line]]) -> None:
    """All of it or nothing. Raises Refused."""
    for one in wanted:
        _refuse_impossible(one)
    mine = _waiting(ctx, tender)
    given = {one.line.id for one in wanted if not one.quantity} & {one.line_id for one in mine}
    if not given and not any(one.quantity for one in wanted):
        raise Refused(_NOTHING_WAITS)
    for one in wanted:
        if one.quantity:
            tenders.call_off(ctx.session, one.line.id, ctx.user, one.quantity, now=ctx.now_ms)
        else:
            _give_back(ctx, [each for each in mine if each.line_id == one.line.id])
    ctx.acted = True
    board.changed(ctx, tender.id)
    now = values.seen(ctx, tender.id)
    ctx.reply(
        "purchases/tender_called",
        tender=now,
        called=[Own(now.line(one.line.id), one.quantity, 0) for one in wanted if one.quantity],
        given_back=[line for line in now.lines if line.id in given],
        # Elsewhere everybody reads along, and what was called off before is nobody's business.
        own={one.line.id: one for one in own_in(ctx, now)} if ctx.is_direct else {},
    )


def _refuse_impossible(one: Wanted[Line]) -> None:
    if one.tolerance:
        raise Refused(
            N_("A tender has no cases to fill: say just how many of “%(article)s” you want."),
            article=one.line.article,
        )
    if one.quantity > one.line.remaining:
        raise Refused(
            N_("Of “%(article)s” %(left)s are left: nothing was called off.")
            if one.line.remaining
            else N_("Of “%(article)s” nothing is left: nothing was called off."),
            article=one.line.article,
            left=one.line.remaining,
        )


@dataclass(frozen=True, slots=True)
class CancelArguments:
    tender: int = positional(TenderNumber(), LABEL)
    articles: str = rest(N_("an article"), longest=_LONGEST, default="")


@router.command(
    "calloff cancel",
    en=("call off cancel", "cancel calloff", "cancel call-off"),
    nl=("afroepen annuleren", "afroep annuleren", "annuleer afroep"),
    fr=("prélever annuler", "annuler prélèvement", "appeler annuler"),
    summary=N_("gives back what you called off of a tender, as long as it is not ordered"),
    examples={
        "en": ("calloff cancel T3", "calloff cancel T3 chairs"),
        "nl": ("afroepen annuleren T3", "afroepen annuleren T3 stoelen"),
        "fr": ("prélever annuler T3", "prélever annuler T3 chaises"),
    },
    arguments=CancelArguments,
)
def cancel(ctx: Context, arguments: CancelArguments) -> None:
    """Without an article everything that waits; also when the tender is closed meanwhile."""
    tender = values.seen(ctx, arguments.tender)
    named = quantities.named(arguments.articles, tender.lines) if arguments.articles.strip() else []
    chosen = {line.id for line in named or tender.lines}
    mine = [one for one in _waiting(ctx, tender) if one.line_id in chosen]
    if not mine:
        raise Refused(_NOTHING_WAITS)
    _give_back(ctx, mine)
    ctx.acted = True
    board.changed(ctx, tender.id)
    lines = {one.line_id for one in mine}
    ctx.reply(
        "purchases/tender_called",
        tender=tender,
        called=[],
        given_back=[line for line in tender.lines if line.id in lines],
        own={},
    )


def _waiting(ctx: Context, tender: Tender) -> list[CallOff]:
    """What the person who speaks called off of it that is not ordered yet."""
    accounts = member_accounts.same_person(ctx.session, ctx.user)
    return tenders.waiting_of(ctx.session, accounts).get(tender.id, [])


def _give_back(ctx: Context, called: Sequence[CallOff]) -> None:
    tenders.cancel(ctx.session, [one.id for one in called], now=ctx.now_ms)


@router.membership
def left(ctx: Context, change: MembershipChange) -> None:
    """Whoever leaves the cooperative leaves to others what is not ordered yet."""
    if ctx.room is None or ctx.room.kind != "space" or change.after not in ("leave", "ban"):
        return
    if not checks.is_cooperative_member(ctx, change.user_id):
        _leave(ctx, change.user_id)


@router.job("tenders.left", grace=timedelta(days=1), every=timedelta(hours=1))
def keep_up(ctx: Context, job: Job, late: bool) -> None:
    """The register says who left."""
    for account in tenders.those_who_left(ctx.session):
        _leave(ctx, account)


def _leave(ctx: Context, account: str) -> None:
    for tender_id, called in tenders.waiting_of(ctx.session, [account]).items():
        _give_back(ctx, called)
        board.changed(ctx, tender_id)
        ctx.acted = True
