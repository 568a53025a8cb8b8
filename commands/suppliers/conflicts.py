"""`!conflict`: a buyer with an interest in a supplier says so; from then on others judge it."""

from __future__ import annotations

from commands.kernel import teams
from commands.kernel.catalogue import N_
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.telling import reply_discreetly
from commands.suppliers import progress
from commands.suppliers.discretion import discreetly
from commands.suppliers.values import known, subject
from commands.suppliers.voting import SupplierArguments
from storage import member_accounts, supplier_rounds

router = Router("buyers")


@router.command(
    "conflict",
    nl=("belangenconflict",),
    fr=("conflit", "conflit d'intérêts"),
    summary=N_("says that you have an interest in a supplier: others judge it then"),
    examples={"en": ("conflict 12",), "nl": ("belangenconflict 12",), "fr": ("conflit 12",)},
    arguments=SupplierArguments,
    check=teams.buyers,
    who=teams.BUYERS,
)
@discreetly
def conflict(ctx: Context, arguments: SupplierArguments) -> None:
    supplier = known(ctx, arguments.supplier)
    declared = set(supplier_rounds.conflicted(ctx.session, supplier.id))
    new = declared.isdisjoint(member_accounts.same_person(ctx.session, ctx.user))
    took_back = False
    if new:
        supplier_rounds.declare_conflict(ctx.session, supplier.id, ctx.user, now=ctx.now_ms)
        current = supplier_rounds.current(ctx.session, supplier.id)
        if current is not None:
            took_back = supplier_rounds.take_back(ctx.session, current.id, ctx.user)
        ctx.audit("supplier.conflict", subject(supplier.id))
        progress.show(ctx, supplier.id)
    reply_discreetly(
        ctx, "buyers", "suppliers/conflict", supplier=supplier, new=new, took_back=took_back
    )
