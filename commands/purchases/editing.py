"""`!purchase set`: what those who run a purchase may still change of it. A later deadline is told to everybody;
all else shows in the rooms' message. What each field means, and when it may change, is `setting`'s."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from commands.kernel.catalogue import N_
from commands.kernel.choices import Misunderstood
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.errors import BadArgument, MissingArgument, Refused
from commands.kernel.fields import FieldError
from commands.kernel.parameters import positional, rest
from commands.purchases import (
    approving,
    changes,
    hearing,
    interest,
    pledging,
    setting,
    typed,
    values,
)
from commands.purchases.board_data import moment
from commands.purchases.setting import FIELDS, Field, named
from commands.purchases.values import PurchaseNumber
from storage import purchases
from storage.purchases import Purchase

router = Router("purchases")

_A_FIELD: Final = N_("what to change, such as: %(fields)s")
_LONGEST: Final = 1200
# What the decision rests on: it stays from the deadline on, although the decision comes a moment later.
_DECIDES: Final = frozenset({"deadline", "price"})


@dataclass(frozen=True, slots=True)
class SetArguments:
    purchase: int = positional(PurchaseNumber(), N_("the number of a group purchase"))
    change: str = rest(N_("what to change, and into what"), longest=_LONGEST, default="")


@router.command(
    "purchase set",
    en=("purchase change", "purchase edit"),
    nl=("groepsaankoop zet", "aankoop zet", "groepsaankoop wijzig", "aankoop wijzig", "aankoop wijzigen"),
    fr=("achat groupé changer", "achat changer", "achat groupé modifier", "achat modifier"),
    summary=N_("changes a group purchase: costs, prices, a later deadline, how to collect and pay"),
    examples={
        "en": ("purchase set 7 freight 45", "purchase set 7 deadline friday 18:00",
               "purchase set 7 price 2: 10; from 20: 9.50"),
        "nl": ("groepsaankoop zet 7 vracht 45", "groepsaankoop zet 7 deadline vrijdag 18u",
               "groepsaankoop zet 7 prijs 2: 10; vanaf 20: 9,50"),
        "fr": ("achat groupé changer 7 transport 45", "achat groupé changer 7 échéance vendredi 18h",
               "achat groupé changer 7 prix 2: 10; dès 20: 9,50"),
    },
    arguments=SetArguments,
    who=values.RUNNERS,
)  # fmt: skip
def set_field(ctx: Context, arguments: SetArguments) -> None:
    purchase = _run(ctx, arguments.purchase)
    if not arguments.change:
        raise MissingArgument(N_("what to change, and into what"))
    field, text = _field(ctx, arguments.change)
    if purchase.state not in field.states or purchase.released_at is not None:
        raise Refused(
            N_("“%(field)s” can no longer be changed: purchase %(number)s stands at “%(state)s”."),
            field=field.word(ctx.language),
            number=purchase.id,
            state=ctx._(values.STATE_NAMES[purchase.state]),
        )
    if field.name in _DECIDES and purchase.state == "open":
        sent_at = ctx.message.sent_at if ctx.message is not None else ctx.now
        pledging.refuse_late(ctx, purchase, sent_at)
    try:
        field.write(ctx, purchase, text)
    except FieldError as error:
        problem = typed.misunderstood(error)
        raise BadArgument(text[:40], problem.expected, **problem.values) from error
    except Misunderstood as error:
        raise BadArgument(text[:40], error.expected, **error.values) from error
    ctx.audit("purchase.changed", values.subject(purchase.id), field=field.name)
    after = purchases.get(ctx.session, purchase.id)
    assert after is not None
    changes.changed(ctx, purchase.id)
    if field.name == "deadline" and purchase.state == "open":
        _tell_later(ctx, after)
    is_of_lines = field.name in setting.OF_LINES
    said: dict[str, Any] = {
        "field": field.word(ctx.language),
        "shown": setting.shown(ctx, after, field),
        "lines": after.lines if is_of_lines else (),
    }
    values.reply_about(ctx, after, "purchases/changed", **said)


def _run(ctx: Context, number: int) -> Purchase:
    """Its opener changes a draft, who runs it anything. Raises NotFound or NotAllowed."""
    purchase = values.seen(ctx.privately(), number)
    if not (purchase.state == "draft" and values.is_same(ctx, purchase.opener)):
        purchase = values.must_run(ctx.privately(), number)
    if purchase.awaits_approval and not approving.may_decide(ctx, purchase):
        raise Refused(
            N_("It waits for an answer as it was sent. “%(command)s %(number)s” takes it back."),
            command=f"{ctx.prefix}{ctx.registry.word('purchase cancel', ctx.language)}",
            number=number,
        )
    return purchase


def _field(ctx: Context, change: str) -> tuple[Field, str]:
    """Which field the first words name, and what follows. Raises BadArgument or MissingArgument."""
    found = named(change)
    if found is None:
        known = ", ".join(field.word(ctx.language) for field in FIELDS)
        raise BadArgument(change.split()[0][:40], _A_FIELD, fields=known)
    if not found[1]:
        raise MissingArgument(N_("what to change it into"))
    return found


def _tell_later(ctx: Context, purchase: Purchase) -> None:
    until = moment(purchase.deadline)
    own = f"{interest.OWN}:{purchase.id}"
    hearing.tell_rooms(ctx, purchase, "purchases/news_later", about=own, until=until)
    hearing.tell_members(ctx, purchase, "purchases/own_later", until=until)
