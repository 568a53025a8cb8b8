"""`!supplier`: the card of a supplier, or of what a member lends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from commands.kernel.catalogue import N_
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.parameters import positional
from commands.members.who import refuse_outsiders
from commands.suppliers.showing import Reader
from commands.suppliers.values import (
    CLASS_NAMES,
    STATE_NAMES,
    SupplierNumber,
    seen,
    sees_all,
    today,
)
from storage import deal_uses, supplier_evidence

router = Router("suppliers")

_MOST_WORDS = 3


@dataclass(frozen=True, slots=True)
class CardArguments:
    supplier: int = positional(SupplierNumber(), N_("the number of a supplier"))


@router.command(
    "supplier",
    nl=("leverancier",),
    fr=("fournisseur",),
    summary=N_("shows all about a supplier: what it offers, its charter score, its deal"),
    examples={"en": ("supplier 12",), "nl": ("leverancier 12",), "fr": ("fournisseur 12",)},
    arguments=CardArguments,
    reads_only=True,
)
def show(ctx: Context, arguments: CardArguments) -> None:
    refuse_outsiders(ctx)
    supplier = seen(ctx, arguments.supplier)
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
            if day >= today(ctx).isoformat()
        },
    )
