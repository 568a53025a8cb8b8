"""A yes or no that an animator types under a request to be let in without replying to it: it decides where
it can only mean one request."""

from __future__ import annotations

import re

from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.telling import last_asked
from commands.kernel.words import read_decision
from commands.networks.checks import animates
from commands.networks.requests import ABOUT, decide
from storage import join_requests, networks
from storage.join_requests import JoinRequest

router = Router("animators")

# A number or an account names something itself, so such a text is a command gone wrong.
_NAMES_SOMETHING = re.compile(r"[0-9@]")


@router.remark
def answered_without_reply(ctx: Context, text: str) -> bool:
    approve, reason = read_decision(text)
    if approve is None or _NAMES_SOMETHING.search(text):
        return False
    kind, last = _last_asked(ctx)
    if kind not in ("", ABOUT):
        # It answers what was just said about something else.
        return False
    waiting = _waiting(ctx)
    # What was settled meanwhile is said to be, whatever else waits.
    if last is not None and (waiting == [last] or last.status != "waiting"):
        decide(ctx, last, approve=approve, reason=reason)
        return True
    if not waiting:
        return False
    by_id = {network.id: network for network in networks.every(ctx.session)}
    ctx.reply(
        "networks/which_request",
        requests=[(request, by_id[request.network_id]) for request in waiting],
        approve=approve,
    )
    return True


def _last_asked(ctx: Context) -> tuple[str, JoinRequest | None]:
    """The kind of thing that my last message in the direct chat was about, and the request if it was one."""
    kind, reference = last_asked(ctx)
    return kind, join_requests.get(ctx.session, int(reference)) if kind == ABOUT else None


def _waiting(ctx: Context) -> list[JoinRequest]:
    """The requests of which the person hears in their direct chat: those for staff go to the staff room."""
    mine = [network.id for network in networks.every(ctx.session) if animates(ctx, network)]
    return join_requests.waiting(ctx.session, mine)
