"""From a draft to an open purchase: who may open it, what is in the way, how it will look, and what happens
when it opens. Who asks for it, and who agrees to it, is for others."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from markupsafe import Markup

from commands.kernel import roles
from commands.kernel.catalogue import N_
from commands.kernel.context import Context
from commands.kernel.errors import Refused
from commands.kernel.fields import FieldError
from commands.kernel.teams import is_buyer
from commands.purchases import board, changes, merging, typed, values
from commands.purchases.board_data import moment, told
from commands.purchases.supplying import not_in_directory
from storage import purchases
from storage.purchases import Purchase

_LINES_SHOWN: Final = 6


def may_open(ctx: Context, purchase: Purchase) -> bool:
    """Buyers, and who animates each of its networks: others need somebody's agreement."""
    own = values.networks_of(ctx, purchase)
    return is_buyer(ctx) or (
        bool(own) and all(roles.animates(ctx.session, ctx.user, one.room_id) for one in own)
    )


def in_the_way(ctx: Context, purchase: Purchase) -> Refused | None:
    """Why a draft cannot be opened now, and what mends it."""
    command = f"{ctx.prefix}{ctx.registry.word('purchase set', ctx.language)}"
    own = values.networks_of(ctx, purchase)
    if not own or any(not one.visible or one.room_id is None for one in own):
        return Refused(N_("One of its networks is closed or has no room any more. Make a new one."))
    try:
        typed.in_time(moment(purchase.deadline), ctx.now)
    except FieldError:
        return Refused(
            N_(
                "It would close in less than an hour, or has already. Say until when people can take part:"
                " “%(command)s %(number)s deadline friday 18:00”."
            ),
            command=command,
            number=purchase.id,
        )
    hidden = not_in_directory(ctx.session, (line.supplier_id for line in purchase.lines))
    strangers = [line.supplier_name for line in purchase.lines if line.supplier_id in hidden]
    if strangers and not purchase.unapproved_reason:
        return Refused(
            N_(
                "%(name)s is not in the reference directory. Say why it is bought there all the same:"
                " “%(command)s %(number)s reason …”."
            ),
            name=strangers[0],
            command=command,
            number=purchase.id,
        )
    return None


def preview(ctx: Context, purchase: Purchase, language: str | None = None) -> Markup:
    """A draft as the rooms will see it."""
    shown = replace(purchase, state="open")
    about = told(ctx.session, shown)
    rows = about.first(_LINES_SHOWN)
    return ctx.render(
        "purchases/board",
        language,
        told=about,
        purchase=shown,
        rows=rows,
        more=len(about.rows) - len(rows),
        states=values.STATE_NAMES,
    ).markup


def launch(ctx: Context, purchase: Purchase) -> Purchase:
    """Open a draft with which nothing is wrong, and tell the rooms; returns it as it stands now."""
    if purchase.awaits_approval:
        purchases.change(ctx.session, purchase.id, now=ctx.now_ms, awaits_approval=False)
    purchases.move(ctx.session, purchase.id, "open", now=ctx.now_ms, due_at=purchase.deadline)
    ctx.audit("purchase.opened", values.subject(purchase.id))
    changes.step_at(ctx, purchase.id, purchase.deadline)
    opened = purchases.get(ctx.session, purchase.id)
    assert opened is not None
    board.announce(ctx, opened)
    merging.look(ctx, opened)
    return opened
