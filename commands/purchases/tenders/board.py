"""The message about a tender in each of its networks' rooms: posted when it opens, and renewed in place as its
quantities dwindle, never more than once in some seconds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.networks.people import announce as say_in_room
from commands.networks.people import in_all_languages
from commands.networks.places import room_of
from commands.purchases.tenders import values
from commands.purchases.tenders.values import STATE_NAMES
from storage import jobs, networks, outbox, rooms, tenders
from storage.jobs import Job
from storage.networks import Network
from storage.tenders import Tender

router = Router("buyers")

REFRESH: Final = "tenders.refresh"
_TEMPLATE: Final = "purchases/tender_board"
_MOST_LINES: Final = 10


def networks_of(ctx: Context, tender: Tender) -> list[Network]:
    found = (networks.get(ctx.session, number) for number in tender.network_ids)
    return [network for network in found if network is not None]


def announce(ctx: Context, tender: Tender) -> list[Network]:
    """Tell of it in the rooms of its networks; returns those that have one."""
    told = []
    for network in networks_of(ctx, tender):
        room = room_of(ctx.session, network)
        if room is None or not room.joined:
            continue
        say_in_room(
            ctx, network, _TEMPLATE, about=values.about(tender.id), **_variables(ctx, tender)
        )
        told.append(network)
    return told


def changed(ctx: Context, tender_id: int) -> None:
    """Have the messages about it renewed at the end of the current slot of some seconds."""
    slot = int(ctx.settings.purchase_refresh.total_seconds() * 1000)
    due = (ctx.now_ms // slot + 1) * slot
    jobs.add(ctx.session, REFRESH, f"{tender_id}-{due}", due_at=due, data={"tender": tender_id})


@router.job(REFRESH, grace=timedelta(days=365))
def refresh(ctx: Context, job: Job, late: bool) -> None:
    tender = tenders.get(ctx.session, int(job.data["tender"]))
    if tender is None:
        return
    for own in outbox.about(ctx.session, values.about(tender.id)):
        room = rooms.get(ctx.session, own.room_id) if own.room_id else None
        network = networks.by_room(ctx.session, room.room_id) if room is not None else None
        if own.status in ("failed", "dropped") or room is None or network is None:
            continue
        parts = in_all_languages(ctx, network, _TEMPLATE, **_variables(ctx, tender))
        language = (network.languages or (ctx.settings.language,))[0]
        content = ctx.render("networks/in_all_languages", language, parts=parts).content()
        ctx.edit_content(own.key, room.room_id, content)


def _variables(ctx: Context, tender: Tender) -> dict[str, Any]:
    return {
        "tender": tender,
        "lines": tender.lines[:_MOST_LINES],
        "more": len(tender.lines[_MOST_LINES:]),
        "takes": values.takes_call_offs(ctx, tender),
        "state": STATE_NAMES[tender.state],
    }
