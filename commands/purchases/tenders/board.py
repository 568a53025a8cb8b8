"""The message about a tender in each of its networks' rooms: posted when it opens, and renewed in place as its
quantities dwindle, never more than once in some seconds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.incoming import RoomReplaced
from commands.networks.people import announce as say_in_room
from commands.networks.people import in_all_languages
from commands.networks.places import room_of
from commands.purchases.changes import once_in_a_slot
from commands.purchases.tenders import values
from commands.purchases.tenders.values import STATE_NAMES
from storage import networks, outbox, tenders
from storage.jobs import Job
from storage.networks import Network
from storage.rooms import Room
from storage.tenders import Tender

router = Router("buyers")

REFRESH: Final = "tenders.refresh"
_TEMPLATE: Final = "purchases/tender_board"
_MOST_LINES: Final = 10
_LOST: Final = ("failed", "dropped")


def announce(ctx: Context, tender: Tender) -> list[Network]:
    """Tell of it in the rooms of its networks, and bring up to date what was told there; returns the networks
    that have a room."""
    told = []
    for network in networks.several(ctx.session, tender.network_ids):
        room = room_of(ctx.session, network)
        if room is None or not room.joined:
            continue
        key = _message_in(ctx, tender, room)
        if key is not None:
            _edit(ctx, tender, network, room, key)
        elif tender.state == "open":
            about = values.about(tender.id)
            say_in_room(ctx, network, _TEMPLATE, about=about, **_variables(ctx, tender))
        told.append(network)
    return told


def _message_in(ctx: Context, tender: Tender, room: Room) -> str | None:
    """The key of the message that tells of it there; what somebody was answered is none."""
    for own in outbox.about(ctx.session, values.about(tender.id)):
        is_answer = own.inbox_id is not None
        if own.room_id == room.room_id and not is_answer and own.status not in _LOST:
            return own.key
    return None


def _edit(ctx: Context, tender: Tender, network: Network, room: Room, key: str) -> None:
    parts = in_all_languages(ctx, network, _TEMPLATE, **_variables(ctx, tender))
    language = (network.languages or (ctx.settings.language,))[0]
    content = ctx.render("networks/in_all_languages", language, parts=parts).content()
    ctx.edit_content(key, room.room_id, content)


def changed(ctx: Context, tender_id: int) -> None:
    """Have the messages about it renewed at the end of the current slot of some seconds."""
    once_in_a_slot(ctx, REFRESH, "tender", tender_id)


@router.job(REFRESH, grace=timedelta(days=365))
def refresh(ctx: Context, job: Job, late: bool) -> None:
    tender = tenders.get(ctx.session, int(job.data["tender"]))
    if tender is not None and tender.state != "draft":
        announce(ctx, tender)


def on_replaced(ctx: Context, replaced: RoomReplaced) -> None:
    """A network's room was upgraded: what is open is told in the new one, once the network is there."""
    network = networks.by_room(ctx.session, replaced.successor) or networks.by_room(
        ctx.session, replaced.room_id
    )
    for tender in tenders.in_states(ctx.session, ["open"]):
        if network is not None and network.id in tender.network_ids:
            changed(ctx, tender.id)


router.replacements.append(on_replaced)


def _variables(ctx: Context, tender: Tender) -> dict[str, Any]:
    return {
        "tender": tender,
        "lines": tender.lines[:_MOST_LINES],
        "more": len(tender.lines[_MOST_LINES:]),
        "takes": values.takes_call_offs(ctx, tender),
        "state": STATE_NAMES[tender.state],
    }
