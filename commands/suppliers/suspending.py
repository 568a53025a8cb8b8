"""Hiding a supplier at once: by one buyer or by itself, and telling those who used its deal.

That only hides: to show it again takes two people, which is `voting`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from commands.kernel import teams
from commands.kernel.catalogue import N_
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.errors import Refused
from commands.kernel.parameters import positional, rest
from commands.kernel.telling import reply_discreetly, tell_team
from commands.suppliers import progress
from commands.suppliers.discretion import discreetly
from commands.suppliers.standing import move
from commands.suppliers.values import SupplierNumber, known
from storage import supplier_notices, supplier_rounds
from storage.suppliers import Supplier

router = Router("buyers")

_LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class SuspendArguments:
    supplier: int = positional(SupplierNumber(), N_("the number of a supplier"))
    reason: str = rest(N_("a reason"), longest=_LONGEST_REASON)


@router.command(
    "suspend",
    nl=("schors", "schorsen"),
    fr=("suspendre", "suspends"),
    summary=N_("hides a supplier from members at once; to show it again takes two of you"),
    examples={
        "en": ("suspend 12 its certificate turned out to be another company's",),
        "nl": ("schors 12 het certificaat blijkt van een ander bedrijf",),
        "fr": ("suspendre 12 le certificat est celui d'une autre entreprise",),
    },
    arguments=SuspendArguments,
    check=teams.buyers,
    who=teams.BUYERS,
)
@discreetly
def suspend(ctx: Context, arguments: SuspendArguments) -> None:
    supplier = known(ctx, arguments.supplier)
    if not supplier.is_visible:
        raise Refused(
            N_("Members do not see %(name)s now, so there is nothing to suspend."),
            name=supplier.name,
        )
    suspended, asked_again = hide(ctx, supplier, arguments.reason)
    # What one buyer wrote for the others is not passed on: they may be wrong, and it may be read as fact.
    users_hear(ctx, suspended, "suppliers/deal_suspended", reason=None)
    progress.show(ctx, suspended.id, asked_again=asked_again)
    reply_discreetly(ctx, "buyers", "suppliers/suspended", supplier=suspended)
    if ctx.room is None or ctx.room.kind != "buyers":
        tell_team(ctx, "buyers", "suppliers/suspended_by", supplier=suspended, by=ctx.user)


def hide(ctx: Context, supplier: Supplier, reason: str) -> tuple[Supplier, int]:
    """Suspend it. Whoever voted in its open round did not know of that and is asked again; how many did is
    returned as well."""
    suspended = move(ctx, supplier, "suspended", reason=reason)
    current = supplier_rounds.current(ctx.session, supplier.id)
    return suspended, supplier_rounds.end_votes(ctx.session, current.id) if current else 0


def users_hear(
    ctx: Context, supplier: Supplier, template: str, *, since: str = "", **variables: Any
) -> None:
    """Write to everybody who used its deal, on that ISO day or later, in their direct chat."""
    for user in supplier_notices.users_of_deal(ctx.session, supplier.id, since=since):
        language = ctx.language_for(user)
        ctx.direct(user, template, language=language, supplier=supplier, **variables)
