"""`!supplier`: the card of a supplier, or of what a member lends."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from commands.kernel.catalogue import N_
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.errors import NotFound
from commands.kernel.parameters import positional
from commands.members.who import refuse_outsiders
from commands.networks import checks
from commands.suppliers import lending
from commands.suppliers.lending import LoanNumber
from commands.suppliers.rounds import UNDER_WAY
from commands.suppliers.showing import Reader
from commands.suppliers.values import (
    CLASS_NAMES,
    MODE_NAMES,
    STATE_NAMES,
    SupplierNumber,
    seen,
    sees_all,
)
from storage import deal_uses, member_accounts, supplier_evidence, suppliers
from storage.suppliers import Supplier

router = Router("suppliers")

_MOST_WORDS: Final = 3
_LOAN: Final = re.compile(r"#?l#?[0-9]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reference:
    """The number of a supplier, or of what a member lends."""

    number: int
    is_loan: bool


class SupplierOrLoan:
    """`12`, `#12` or `L4`. Raises BadArgument with where numbers are found."""

    def convert(self, text: str, ctx: Context) -> Reference:
        if _LOAN.fullmatch(text):
            return Reference(LoanNumber().convert(text, ctx), True)
        return Reference(SupplierNumber().convert(text, ctx), False)


@dataclass(frozen=True, slots=True)
class CardArguments:
    of: Reference = positional(SupplierOrLoan(), N_("the number of a supplier"))


@router.command(
    "supplier",
    nl=("leverancier",),
    fr=("fournisseur",),
    summary=N_(
        "shows all about a supplier: what it offers, its charter score, its deal; or what a member lends"
    ),
    examples={
        "en": ("supplier 12", "supplier L4"),
        "nl": ("leverancier 12", "leverancier L4"),
        "fr": ("fournisseur 12", "fournisseur L4"),
    },
    arguments=CardArguments,
    reads_only=True,
)
def show(ctx: Context, arguments: CardArguments) -> None:
    refuse_outsiders(ctx)
    if arguments.of.is_loan:
        _show_loan(ctx, arguments.of.number)
        return
    own = _own_proposal(ctx, arguments.of.number)
    if own is not None:
        ctx.reply("suppliers/own_proposal", supplier=own, state=STATE_NAMES[own.state])
        return
    supplier = seen(ctx, arguments.of.number)
    (shown,) = Reader(ctx).show([supplier])
    ctx.reply(
        "suppliers/card",
        shown=shown,
        supplier=supplier,
        class_name=CLASS_NAMES[supplier.class_],
        pickup=supplier.text("pickup", ctx.language),
        words=deal_uses.words(ctx.session, supplier.id, limit=_MOST_WORDS) if shown.rating else [],
        state=STATE_NAMES[supplier.state] if sees_all(ctx) else None,
        valid={
            key: date.fromisoformat(day)
            for key, day in supplier_evidence.lasting(ctx.session, supplier.id).items()
            if day >= ctx.today.isoformat()
        },
    )


def _own_proposal(ctx: Context, number: int) -> Supplier | None:
    """What this person proposed and is not decided yet: they know its number, and where it stands."""
    if not ctx.is_direct or sees_all(ctx):
        return None
    supplier = suppliers.get(ctx.session, number)
    if supplier is None or supplier.state not in UNDER_WAY:
        return None
    own = member_accounts.same_person(ctx.session, ctx.user)
    return supplier if supplier.proposer in own else None


def _show_loan(ctx: Context, number: int) -> None:
    """What it is and where; whose it is they say themselves to who asks for it."""
    checks.member(ctx, None)
    try:
        loan = lending.seen(ctx, number)
    except NotFound as error:
        # A block is between two people: a room does not read that there is one.
        ctx.result = error.code
        ctx.reply_privately("kernel/error", error=error, command=None)
        return
    ctx.reply("suppliers/loan_card", loan=loan, mode=MODE_NAMES[loan.mode])
