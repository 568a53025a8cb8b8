"""What people do in their own client: joining, leaving, knocking, being let in or turned away there, and
replacing a room. The room is the truth; the bot catches up with it and says what a person should know."""

from __future__ import annotations

from typing import Any

from commands.kernel import roles
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.incoming import MembershipChange, RoomReplaced
from commands.kernel.telling import tell_team
from commands.networks.joining import joined
from commands.networks.people import animators_of, language_of, tell_animators
from commands.networks.personal import PERSONAL
from commands.networks.places import space_child, space_of
from commands.networks.requests import let_in_elsewhere, request_entry, settle, withdraw
from storage import join_requests, member_accounts, networks, rooms
from storage.networks import Network

router = Router("networks")
router.personal.append(PERSONAL)


@router.membership
def on_membership(ctx: Context, change: MembershipChange) -> None:
    network = networks.by_room(ctx.session, change.room_id)
    if network is None or ctx.room is None or change.before == change.after:
        return
    if change.user_id == ctx.settings.bot_user:
        # It may have been let in again since, and whoever is in the room of a closed network needs no bot.
        if not ctx.room.joined and network.stage != "closed":
            tell_team(ctx, "staff", "networks/put_out", network=network)
    elif change.after == "knock":
        _knocked(ctx, network, change)
    elif change.after == "join":
        _joined(ctx, network, change)
    elif change.after == "invite":
        _invited(ctx, network, change)
    elif change.after in ("leave", "ban"):
        _gone(ctx, network, change)


def _knocked(ctx: Context, network: Network, change: MembershipChange) -> None:
    language = language_of(ctx, change.user_id, network)
    if network.stage == "closed":
        ctx.direct(change.user_id, "networks/closed", language=language, network=network)
        return
    entry = request_entry(ctx, network, change.user_id, knocked=True, message=change.reason)
    if entry.new:
        ctx.acted = True
        ctx.direct(
            change.user_id,
            "networks/knock_heard",
            language=language,
            network=network,
            told=entry.told,
            **_limit(ctx, change.user_id, coming=network),
        )


def _joined(ctx: Context, network: Network, change: MembershipChange) -> None:
    waiting = join_requests.waiting_of(ctx.session, network.id, change.user_id)
    if waiting is not None:
        withdraw(ctx, waiting, network)
    if network.stage == "closed":
        return
    limit = _limit(ctx, change.user_id)
    first = networks.welcome_once(ctx.session, network.id, change.user_id, now=ctx.now_ms)
    if not first and not limit["over"]:
        return
    ctx.acted = True
    ctx.direct(
        change.user_id,
        "networks/welcome" if first else "networks/over_limit",
        language=language_of(ctx, change.user_id, network),
        network=network,
        animators=_others(ctx, animators_of(ctx, network), change.user_id),
        **limit,
    )


def _others(ctx: Context, people: list[str], user_id: str) -> list[str]:
    """Nobody is referred to themselves, nor to another account of theirs."""
    own = member_accounts.same_person(ctx.session, user_id)
    return [user for user in people if user not in own]


def _limit(ctx: Context, user_id: str, coming: Network | None = None) -> dict[str, Any]:
    """Whether the person is over the limit, and in which networks; nobody is ever put out for it."""
    mine = joined(ctx, user_id)
    return {
        "over": len({one.id for one in (*mine, coming) if one}) > ctx.settings.join_limit,
        "mine": mine,
        "limit": ctx.settings.join_limit,
    }


def _invited(ctx: Context, network: Network, change: MembershipChange) -> None:
    """An animator who lets somebody in from their own client has decided."""
    waiting = join_requests.waiting_of(ctx.session, network.id, change.user_id)
    if waiting is None or change.sender == ctx.settings.bot_user:
        return
    if roles.animates(ctx.session, change.sender, network.room_id):
        let_in_elsewhere(ctx, waiting, network)


def _gone(ctx: Context, network: Network, change: MembershipChange) -> None:
    waiting = join_requests.waiting_of(ctx.session, network.id, change.user_id)
    if waiting is None or change.sender == ctx.settings.bot_user:
        return
    if change.sender == change.user_id:
        if change.before == "knock":
            withdraw(ctx, waiting, network)
    elif roles.animates(ctx.session, change.sender, network.room_id):
        settle(ctx, waiting, network, "declined", change.reason or "")


# --- a room is replaced --------------------------------------------------------------------------


def on_replaced(ctx: Context, replaced: RoomReplaced) -> None:
    """The network moves with its room, if whoever replaced it runs the new one too.

    The top floor has joined the new room, seen that it names the old one as its predecessor, and knows
    its state by now.
    """
    network = networks.by_room(ctx.session, replaced.room_id)
    new = rooms.get(ctx.session, replaced.successor)
    if network is None or new is None or not new.joined:
        return
    ctx.acted = True
    taken = networks.by_room(ctx.session, new.room_id) is not None
    if taken or new.kind not in ("other", "network"):
        tell_team(ctx, "staff", "networks/cannot_follow", network=network, why="taken")
        return
    power = new.power_of(replaced.sender)
    if (
        not rooms.is_member(ctx.session, new.room_id, replaced.sender)
        or power < new.needed("invite")
        or power < roles.MODERATOR
    ):
        tell_animators(ctx, network, "networks/cannot_follow", why="not_trusted")
        return
    _move(ctx, network, new.room_id)


router.replacements.append(on_replaced)


def _move(ctx: Context, network: Network, new_room: str) -> None:
    old_room = network.room_id
    assert old_room is not None
    old = rooms.get(ctx.session, old_room)
    networks.set_room(ctx.session, network.id, new_room)
    rooms.set_kind(ctx.session, new_room, "network")
    rooms.set_kind(ctx.session, old_room, "other")
    if old is not None:
        rooms.set_language(ctx.session, new_room, old.language)
        rooms.set_prefix(ctx.session, new_room, old.prefix)
    ctx.audit("network.moved", f"network:{network.id}")
    space = space_of(ctx.session)
    if space is not None:
        ctx.drafts.append(space_child(network, space, old_room, None, remove=True))
        ctx.drafts.append(space_child(network, space, new_room, None))
    tell_team(ctx, "staff", "networks/moved", network=network)
