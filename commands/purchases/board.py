"""The message about a purchase in each network's room: posted when it opens, and renewed in place as it goes
on, never more than once in some seconds and not at all when nothing of what it says changed."""

from __future__ import annotations

import json
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.networks.people import in_all_languages
from commands.networks.places import room_of
from commands.purchases import values
from commands.purchases.board_data import Told, rows_of, told
from commands.purchases.changes import REFRESH
from commands.purchases.hints import told_first
from storage import outbox, purchase_boards, purchases
from storage.jobs import Job
from storage.networks import Network
from storage.purchase_boards import Board
from storage.purchases import Purchase
from storage.rooms import Room

router = Router("purchases")

_IN_ALL: Final = "networks/in_all_languages"
# How many lines are told, fewer where so many are more than a message holds.
_MOST_LINES: Final = (10, 6, 3, 1)


def announce(ctx: Context, purchase: Purchase) -> None:
    """Tell of it in the room of each of its networks: a message where there is none yet, and the one that is
    there brought up to date."""
    if purchase.state == "draft":
        return
    about = told(ctx.session, purchase)
    for network in values.networks_of(ctx, purchase):
        room = room_of(ctx.session, network)
        if room is not None and room.joined:
            _tell(ctx, about, network, room)


@router.job(REFRESH, grace=timedelta(days=365))
def refresh(ctx: Context, job: Job, late: bool) -> None:
    """Something about it changed since the last slot of some seconds."""
    purchase = purchases.get(ctx.session, int(job.data["purchase"]))
    if purchase is not None:
        announce(ctx, purchase)


def _tell(ctx: Context, about: Told, network: Network, room: Room) -> None:
    purchase = about.purchase
    board = purchase_boards.get(ctx.session, purchase.id, room.room_id)
    key = board.key if board is not None and _stands(ctx, board) else None
    if key is None and not _is_under_way(purchase):
        return
    variables = {**_variables(ctx, about, network), "prefix": ctx.prefix_in(room)}
    language = (network.languages or (ctx.settings.language,))[0]
    content = ctx.render(_IN_ALL, language, **variables).content()
    digest = sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    if key is None:
        key = ctx.say(
            room.room_id,
            _IN_ALL,
            language=language,
            about=values.about(purchase.id),
            **variables,
        )
    elif board is not None and board.digest == digest:
        return
    else:
        ctx.edit_content(key, room.room_id, content)
    purchase_boards.put(ctx.session, purchase.id, room.room_id, Board(key, digest, purchase.state))


def _stands(ctx: Context, board: Board) -> bool:
    """Whether the message can be edited: it was or will be sent, and is still remembered."""
    own = outbox.by_key(ctx.session, board.key)
    return own is not None and own.status not in ("failed", "dropped")


def _is_under_way(purchase: Purchase) -> bool:
    return purchase.state in purchases.UNDER_WAY and purchase.released_at is None


def _variables(ctx: Context, about: Told, network: Network) -> dict[str, Any]:
    """For the template that says it in all languages of the room, with as many lines as a message holds."""
    language = (network.languages or (ctx.settings.language,))[0]
    standings = [row.standing for row in about.rows]
    for most in _MOST_LINES:
        shown = rows_of(told_first(standings, most))
        parts = in_all_languages(
            ctx,
            network,
            "purchases/board",
            told=about,
            purchase=about.purchase,
            rows=shown,
            more=len(about.rows) - len(shown),
            states=values.STATE_NAMES,
        )
        variables = {"parts": parts}
        if "format" in ctx.render(_IN_ALL, language, **variables).content():
            break
    return variables
