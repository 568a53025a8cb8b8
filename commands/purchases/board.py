"""The message about a purchase in each network's room: posted when it opens, and renewed in place as it goes
on, never more than once in some seconds and not at all when nothing of what it says changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.incoming import RoomReplaced
from commands.networks.people import in_all_languages
from commands.networks.places import room_of
from commands.purchases import values
from commands.purchases.asking import ask_again
from commands.purchases.board_data import Told, told
from commands.purchases.changes import REFRESH, changed
from commands.purchases.picture import picture_of
from storage import networks, outbox, purchase_boards, purchases
from storage.jobs import Job
from storage.networks import Network
from storage.outbox import FileOut
from storage.purchase_boards import Board
from storage.purchases import Purchase, State
from storage.rooms import Room

router = Router("purchases")

_IN_ALL: Final = "networks/in_all_languages"
_PICTURED: Final[frozenset[State]] = frozenset({"open", "filling", "tipped", "confirmed"})
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
        ask_again(ctx, purchase)


def on_replaced(ctx: Context, replaced: RoomReplaced) -> None:
    """A network's room was upgraded: what is under way is told in the new one, once the network is there."""
    network = networks.by_room(ctx.session, replaced.successor) or networks.by_room(
        ctx.session, replaced.room_id
    )
    if network is None:
        return
    for purchase in purchases.in_states(ctx.session, purchases.UNDER_WAY):
        if network.id in purchase.network_ids:
            changed(ctx, purchase.id)


router.replacements.append(on_replaced)


def _tell(ctx: Context, about: Told, network: Network, room: Room) -> None:
    purchase = about.purchase
    board = purchase_boards.get(ctx.session, purchase.id, room.room_id)
    key = board.key if board is not None and _stands(ctx, board) else None
    if key is None and not _is_under_way(purchase):
        return
    language = (network.languages or (ctx.settings.language,))[0]
    variables = {**_variables(ctx, about, network, language), "prefix": ctx.prefix_in(room)}
    content = ctx.render(_IN_ALL, language, **variables).content()
    picture = _picture(about, language)
    digest = _digest(content, picture)
    inside = None if room.encrypted else picture
    if board is None or key is None:
        key = ctx.say(
            room.room_id,
            _IN_ALL,
            language=language,
            about=values.about(purchase.id),
            picture=inside,
            **variables,
        )
    elif board.digest == digest:
        return
    else:
        ctx.edit_content(key, room.room_id, content, picture=inside)
    if room.encrypted and picture is not None and (board is None or board.state != purchase.state):
        # It cannot stand inside the message there: alone, and not each time that somebody takes part.
        ctx.send_file(picture, room_id=room.room_id)
    purchase_boards.put(ctx.session, purchase.id, room.room_id, Board(key, digest, purchase.state))


def _stands(ctx: Context, board: Board) -> bool:
    """Whether the message can be edited: it was or will be sent, and is still remembered."""
    own = outbox.by_key(ctx.session, board.key)
    return own is not None and own.status not in ("failed", "dropped")


def _is_under_way(purchase: Purchase) -> bool:
    return purchase.state in purchases.UNDER_WAY and purchase.released_at is None


def _digest(content: Mapping[str, Any], picture: FileOut | None) -> str:
    said = sha256(json.dumps(content, sort_keys=True).encode())
    said.update(picture.data if picture is not None else b"")
    return said.hexdigest()


def _picture(about: Told, language: str) -> FileOut | None:
    """Of the lines that are told first, while how full their cases are is what matters."""
    if about.purchase.state not in _PICTURED:
        return None
    first = [row.standing for row in about.first(_MOST_LINES[0])]
    others = [row.standing for row in about.rows if row.standing not in first]
    return picture_of([*first, *others], language)


def _variables(ctx: Context, about: Told, network: Network, language: str) -> dict[str, Any]:
    """For the template that says it in all languages of the room, with as many lines as a message holds."""
    for most in _MOST_LINES:
        rows = about.first(most)
        parts = in_all_languages(
            ctx,
            network,
            "purchases/board",
            told=about,
            purchase=about.purchase,
            rows=rows,
            more=len(about.rows) - len(rows),
            states=values.STATE_NAMES,
        )
        variables = {"parts": parts}
        if "format" in ctx.render(_IN_ALL, language, **variables).content():
            break
    return variables
