"""Tenders by their number, who sees them, and how their states are called."""

from __future__ import annotations

import re
from typing import Final

from commands.kernel import teams
from commands.kernel.catalogue import N_
from commands.kernel.context import Context
from commands.kernel.errors import BadArgument, NotFound
from commands.suppliers.values import sees_all
from storage import tenders
from storage.tenders import Tender

STATE_NAMES: Final = {"draft": N_("draft"), "open": N_("open"), "closed": N_("closed")}
ABOUT: Final = "tender"
# How far ahead the last day may be, and characters of what members should know.
MOST_YEARS: Final = 5
LONGEST_NOTE: Final = 300
A_NUMBER: Final = N_("the number of a tender, such as T3; “%(command)s” shows them")
LABEL: Final = N_("the number of a tender")
_NUMBER: Final = re.compile(r"#?t?#?([0-9]{1,15})", re.IGNORECASE)


class TenderNumber:
    """`T3`, `t3` or `3`. Raises BadArgument with where numbers are found."""

    def convert(self, text: str, ctx: Context) -> int:
        found = _NUMBER.fullmatch(text)
        if found is None:
            raise BadArgument(text[:40], A_NUMBER, command=_list_word(ctx))
        return int(found[1])


def about(tender_id: int) -> str:
    """What the message about a tender in a room is about: replies to it call off."""
    return f"{ABOUT}:{tender_id}"


def subject(tender_id: int) -> str:
    """How the audit log names a tender."""
    return f"tender:{tender_id}"


def seen(ctx: Context, number: int) -> Tender:
    """A tender that the person may see here: drafts are for buyers whom nobody else overhears. Raises NotFound,
    worded alike for what is not there."""
    tender = tenders.get(ctx.session, number)
    if tender is None or (tender.state == "draft" and not sees_all(ctx)):
        raise not_found(ctx, number)
    return tender


def known(ctx: Context, number: int) -> Tender:
    """A tender in any state, for a buyer. Raises NotFound, NotAllowed or Refused."""
    teams.buyers(ctx, None)
    tender = tenders.get(ctx.session, number)
    if tender is None:
        raise not_found(ctx, number)
    return tender


def not_found(ctx: Context, number: int) -> NotFound:
    return NotFound(f"T{number}", A_NUMBER, command=_list_word(ctx))


def takes_call_offs(ctx: Context, tender: Tender) -> bool:
    """Whether members may call off of it now: its last day counts whole, for what was sent on it as well when
    the bot reads that later."""
    zone = ctx.settings.timezone
    said = ctx.message.sent_at.astimezone(zone).date() if ctx.message else ctx.today
    return tender.state == "open" and min(said, ctx.today) <= tender.last_day


def _list_word(ctx: Context) -> str:
    return f"{ctx.prefix}{ctx.registry.word('tenders', ctx.language)}"
