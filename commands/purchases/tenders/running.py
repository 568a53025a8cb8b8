"""`!tender set` and `!tender close`: buyers let a tender last longer, add to what there is or to the rooms that
hear of it, or end it early."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from commands.kernel import teams
from commands.kernel.catalogue import N_
from commands.kernel.choices import Misunderstood
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.errors import BadArgument, MissingArgument, Refused
from commands.kernel.parameters import OneOf, positional, rest
from commands.kernel.telling import reply_discreetly
from commands.kernel.text import one_line
from commands.purchases import quantities
from commands.purchases.tenders import board, clock, values
from commands.purchases.tenders.opening import networks_named
from commands.purchases.tenders.values import LABEL, LONGEST_NOTE, MOST_YEARS, TenderNumber
from commands.suppliers.days import day_ahead
from commands.suppliers.discretion import discreetly
from storage import networks, tenders
from storage.tenders import Tender

router = Router("buyers")

_LONGEST_REASON: Final = 300
_SHORTEST_REASON: Final = 5
_FIELD: Final = OneOf.of(
    until={
        "en": ("until", "end", "valid"),
        "nl": ("tot", "einde", "geldig"),
        "fr": ("jusqu'au", "jusqu'à", "fin", "jusque"),
    },
    quantity={
        "en": ("quantity", "number"),
        "nl": ("hoeveelheid", "aantal"),
        "fr": ("quantité", "nombre"),
    },
    networks={
        "en": ("networks", "network"),
        "nl": ("netwerken", "netwerk"),
        "fr": ("réseaux", "réseau"),
    },
    note={
        "en": ("note",),
        "nl": ("opmerking", "nota"),
        "fr": ("remarque", "note"),
    },
)


@dataclass(frozen=True, slots=True)
class SetArguments:
    tender: int = positional(TenderNumber(), LABEL)
    field: str = positional(_FIELD, N_("what to change: until, quantity, networks or note"))
    value: str = rest(N_("what it becomes"), longest=2000, default="")


@router.command(
    "tender set",
    nl=("raamaankoop wijzigen", "wijzig raamaankoop"),
    fr=("achat-cadre modifier", "modifier achat-cadre"),
    summary=N_(
        "changes until when a tender lasts, how much there is, where it is told, or its note"
    ),
    examples={
        "en": ("tender set T3 until 31 December 2027", "tender set T3 quantity chairs 50"),
        "nl": ("raamaankoop wijzigen T3 tot 31 december 2027",),
        "fr": ("achat-cadre modifier T3 quantité chaises 50",),
    },
    arguments=SetArguments,
    check=teams.buyers,
    who=teams.BUYERS,
)
@discreetly
def change(ctx: Context, arguments: SetArguments) -> None:
    tender = values.known(ctx, arguments.tender)
    if tender.state == "closed":
        raise Refused(N_("T%(number)s is closed for good: begin a new one."), number=tender.id)
    value = arguments.value.strip()
    if not value and arguments.field != "note":
        raise MissingArgument(N_("what it becomes"))
    if arguments.field == "until":
        _set_until(ctx, tender, value)
    elif arguments.field == "quantity":
        _set_quantities(ctx, tender, value)
    elif arguments.field == "networks":
        _add_networks(ctx, tender, value)
    else:
        _set_note(ctx, tender, value)
    ctx.audit("tender.changed", values.subject(tender.id), field=arguments.field)
    board.changed(ctx, tender.id)
    now = values.known(ctx, tender.id)
    reply_discreetly(
        ctx,
        "buyers",
        "purchases/tender_set",
        tender=now,
        field=arguments.field,
        before=tender,
        networks=[one.name(ctx.language) for one in networks.several(ctx.session, now.network_ids)],
    )


def _set_until(ctx: Context, tender: Tender, text: str) -> None:
    with _as_argument(text):
        until = day_ahead(ctx, text, years=MOST_YEARS).isoformat()
    tenders.change(ctx.session, tender.id, now=ctx.now_ms, valid_until=until)
    if tender.state == "open":
        clock.put_down(ctx, replace(tender, valid_until=until))


def _add_networks(ctx: Context, tender: Tender, text: str) -> None:
    """Its message comes there with what else changes."""
    with _as_argument(text):
        found = networks_named(ctx, text)
    tenders.add_networks(ctx.session, tender.id, found)


@contextmanager
def _as_argument(text: str) -> Iterator[None]:
    """What conversations ask again is told to whoever typed a command."""
    try:
        yield
    except Misunderstood as problem:
        raise BadArgument(text[:40], problem.expected, **problem.values) from problem


def _set_quantities(ctx: Context, tender: Tender, text: str) -> None:
    wanted = quantities.parse(text, tender.lines)
    for one in wanted:
        if one.tolerance or one.quantity < max(1, one.line.called):
            raise Refused(
                N_("Of “%(article)s” %(called)s are called off: there cannot be fewer.")
                if one.line.called
                else N_("How many of “%(article)s” are there in all? At least 1."),
                article=one.line.article,
                called=one.line.called,
            )
    for one in wanted:
        tenders.set_quantity(ctx.session, one.line.id, one.quantity)


def _set_note(ctx: Context, tender: Tender, text: str) -> None:
    note = one_line(text)
    if len(note) > LONGEST_NOTE:
        raise BadArgument(
            note[:40], N_("a text of at most %(longest)s characters"), longest=LONGEST_NOTE
        )
    tenders.change(ctx.session, tender.id, now=ctx.now_ms, note="" if note == "-" else note)


@dataclass(frozen=True, slots=True)
class CloseArguments:
    tender: int = positional(TenderNumber(), LABEL)
    reason: str = rest(N_("a reason, which everybody reads"), longest=_LONGEST_REASON, default="")


@router.command(
    "tender close",
    en=("close tender",),
    nl=("raamaankoop sluiten", "sluit raamaankoop"),
    fr=("achat-cadre fermer", "fermer achat-cadre", "achat-cadre clore"),
    summary=N_("ends a tender before its last day, with a reason that everybody reads"),
    examples={
        "en": ("tender close T3 the supplier stopped",),
        "nl": ("raamaankoop sluiten T3 de leverancier is gestopt",),
        "fr": ("achat-cadre fermer T3 le fournisseur a cessé",),
    },
    arguments=CloseArguments,
    check=teams.buyers,
    who=teams.BUYERS,
)
@discreetly
def close(ctx: Context, arguments: CloseArguments) -> None:
    """What was called off stays so, and is ordered or given back."""
    tender = values.known(ctx, arguments.tender)
    if tender.state == "closed":
        raise Refused(N_("T%(number)s is closed already."), number=tender.id)
    reason = one_line(arguments.reason)
    if len(reason) < _SHORTEST_REASON:
        raise MissingArgument(N_("a reason, which everybody reads"))
    if tender.state == "draft":
        tenders.move(ctx.session, tender.id, "closed", now=ctx.now_ms, reason=reason)
        ctx.audit("tender.closed", values.subject(tender.id), early=True)
    else:
        clock.close(ctx, tender, reason)
        _tell_those_who_wait(ctx, tender, reason)
    reply_discreetly(ctx, "buyers", "purchases/tender_set", tender=tender, field="closed")


def _tell_those_who_wait(ctx: Context, tender: Tender, reason: str) -> None:
    waiting = [one for one in tenders.call_offs(ctx.session, tender.id) if one.order_id is None]
    for user in dict.fromkeys(one.user_id for one in waiting):
        if user is not None:
            ctx.direct(user, "purchases/tender_closed_own", tender=tender, reason=reason)
