"""`!join` and `!leave`: a member's own way into a network and out of it. The room stays the truth; here
is only asked for what makes it so."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pydantic import BaseModel

from commands.kernel.catalogue import N_
from commands.kernel.choices import yes_no
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.dialogue import Answer, Dialogue, Question, Step
from commands.kernel.errors import Refused
from commands.kernel.incoming import ActionEnd
from commands.kernel.parameters import rest
from commands.kernel.telling import reply_discreetly, tell_team
from commands.members.space import bring_into_space
from commands.networks import checks, refs
from commands.networks.people import animators_of, language_of
from commands.networks.places import NOT_READY, lacking, lane_of, room_of
from commands.networks.requests import CLOSED, request_entry, withdraw
from storage import join_requests, member_accounts, networks, rooms
from storage.networks import Network
from storage.rooms import Room

router = Router("networks")

# A number and a quantity: "doe mee 7 3+2" speaks of a purchase, in the same words.
_PURCHASE = re.compile(r"#?[0-9]+ +(?:[0-9]+(?:\s*\+\s*[0-9]+)?$|.*[0-9]+\s*\+\s*[0-9]+$)")


@dataclass(frozen=True, slots=True)
class NetworkArguments:
    network: str = rest(refs.LABEL, longest=200, default="")


@router.command(
    "join",
    nl=("aansluiten", "sluit aan", "meedoen", "doe mee", "word lid", "lid worden"),
    fr=("rejoindre", "rejoins", "adhérer"),
    summary=N_("joins a network, or asks its animators to let you in"),
    examples={
        "en": ("join audiovisual-brussels",),
        "nl": ("aansluiten audiovisueel-brussel",),
        "fr": ("rejoindre audiovisuel-bruxelles",),
    },
    arguments=NetworkArguments,
    check=checks.member,
    who=checks.MEMBERS,
)
def join(ctx: Context, arguments: NetworkArguments) -> None:
    if not arguments.network and refs.of_room(ctx) is None:
        ctx.reply("networks/join_which")
        return
    if _PURCHASE.match(arguments.network):
        raise Refused(
            N_("To take part in a group purchase, type “%(command)s”."),
            command=f"{ctx.prefix}{ctx.registry.word('commit', ctx.language)} {arguments.network}",
        )
    network = refs.said_or_here(ctx, arguments.network, closed=True)
    room = _room_to_join(ctx, network)
    if _stands_already(ctx, network, room):
        return
    if network.openness == "invitation" and not checks.animates(ctx, network):
        raise Refused(
            N_("%(name)s is by invitation only. Ask one of its animators: %(animators)s."),
            name=network.name(ctx.language),
            animators=_animators(ctx, network),
        )
    mine = joined(ctx, ctx.user)
    if len(mine) >= ctx.settings.join_limit and network not in mine:
        # Which networks somebody is in is theirs to tell.
        reply_discreetly(ctx, "staff", "networks/limit_reached", mine=mine)
        return
    if network.openness == "open":
        ctx.act(
            "invite",
            lane=lane_of(network.id),
            then="networks.invited",
            data={"network": network.id, "user": ctx.user, "language": ctx.language},
            room_id=room.room_id,
            user_id=ctx.user,
        )
        bring_into_space(ctx, ctx.user, lane=lane_of(network.id), language=ctx.language)
        ctx.reply("networks/invited", network=network)
    else:
        ctx.acted = True
        entry = request_entry(ctx, network, ctx.user, language=ctx.language)
        ctx.reply("networks/asked", network=network, told=entry.told)


def _room_to_join(ctx: Context, network: Network) -> Room:
    """Raises Refused where nobody can be let in."""
    name = network.name(ctx.language)
    if network.stage == "closed":
        raise Refused(CLOSED, name=name)
    room = room_of(ctx.session, network)
    if room is None:
        raise Refused(NOT_READY, name=name)
    if not room.joined:
        raise Refused(
            N_(
                "I am no longer in the room of %(name)s, so I cannot let you in. Please tell staff."
            ),
            name=name,
        )
    return room


def _stands_already(ctx: Context, network: Network, room: Room) -> bool:
    """Whether there is nothing to ask for any more; says so."""
    membership = rooms.membership_of(ctx.session, room.room_id, ctx.user)
    if membership == "ban":
        reply_discreetly(
            ctx, "staff", "networks/banned", network=network, who=_animators(ctx, network)
        )
    elif membership == "join":
        ctx.reply("networks/already_in", network=network)
    elif membership == "invite":
        ctx.reply("networks/already_invited", network=network)
    elif network.openness == "approval" and join_requests.waiting_of(
        ctx.session, network.id, ctx.user
    ):
        ctx.reply("networks/already_asked", network=network)
    else:
        return False
    return True


def _animators(ctx: Context, network: Network) -> str:
    found = [ctx.name_of(user) for user in animators_of(ctx, network)]
    return ", ".join(found) or ctx._(N_("the cooperative's staff"))


def joined(ctx: Context, user_id: str) -> list[Network]:
    """The networks, not closed, that the person takes part in, from whichever account; each once."""
    accounts = member_accounts.same_person(ctx.session, user_id)
    return networks.several(ctx.session, networks.joined_by(ctx.session, accounts))


@router.continuation("networks.invited")
def after_invitation(ctx: Context, end: ActionEnd) -> None:
    """An invitation that failed: whoever waits for it hears so, and staff what is wrong."""
    network = networks.get(ctx.session, int(end.data["network"]))
    if end.error is None or network is None:
        return
    user = str(end.data["user"])
    told = tell_team(
        ctx, "staff", "networks/invitation_failed_staff", network=network, error=end.error
    )
    language = language_of(ctx, user, network, end.data.get("language"))
    ctx.direct(
        user, "networks/invitation_failed", language=language, network=network, staff_told=told
    )
    decider = end.data.get("decider")
    if isinstance(decider, str) and decider != user:
        ctx.direct(decider, "networks/invitation_failed_decider", network=network, person=user)


# --- leaving -------------------------------------------------------------------------------------


class Leaving(BaseModel):
    network: int
    sure: bool = False


def _ask_leave(ctx: Context, data: Leaving) -> Question:
    return Question(
        "networks/leave_question",
        {"network": networks.get(ctx.session, data.network)},
        choices=yes_no(ctx.language),
    )


def _take_leave(ctx: Context, data: Leaving, answer: Answer) -> Leaving:
    return data.model_copy(update={"sure": answer.chosen[0] == "yes"})


def _finish_leave(ctx: Context, data: Leaving) -> None:
    network = networks.get(ctx.session, data.network)
    if network is None or network.room_id is None:
        return
    if not data.sure:
        ctx.reply("networks/stayed", network=network)
        return
    if not rooms.is_member(ctx.session, network.room_id, ctx.user):
        ctx.reply("networks/not_in", network=network, invited=False)
        return
    ctx.act(
        "kick",
        lane=lane_of(network.id),
        then="networks.left",
        data={"network": network.id, "user": ctx.user, "language": ctx.language},
        room_id=network.room_id,
        user_id=ctx.user,
        reason=ctx._(N_("at your own request")),
    )
    ctx.reply("networks/leaving", network=network)


leave_dialogue: Dialogue[Leaving] = Dialogue(
    "networks.leave",
    title=N_("leave a network"),
    data=Leaving,
    steps=(Step("sure", _ask_leave, _take_leave, optional=False),),
    finish=_finish_leave,
)


@router.command(
    "leave",
    nl=("verlaat", "verlaten", "stap uit"),
    fr=("quitter", "quitte"),
    summary=N_("leaves a network, or takes back your request to join it"),
    examples={
        "en": ("leave audiovisual-brussels",),
        "nl": ("verlaat audiovisueel-brussel",),
        "fr": ("quitter audiovisuel-bruxelles",),
    },
    arguments=NetworkArguments,
)
def leave(ctx: Context, arguments: NetworkArguments) -> None:
    if not arguments.network and refs.of_room(ctx) is None:
        _show_what_can_be_left(ctx)
        return
    network = refs.said_or_here(ctx, arguments.network)
    room = room_of(ctx.session, network)
    waiting = join_requests.waiting_of(ctx.session, network.id, ctx.user)
    if waiting is not None:
        withdraw(ctx, waiting, network)
        ctx.reply("networks/withdrawn", network=network)
        return
    membership = rooms.membership_of(ctx.session, room.room_id, ctx.user) if room else None
    if room is None or membership != "join":
        ctx.reply("networks/not_in", network=network, invited=membership == "invite")
        return
    bot = ctx.settings.bot_user
    if lacking(room, bot, ["kick"]) or room.power_of(ctx.user) >= room.power_of(bot):
        ctx.reply("networks/leave_yourself", network=network)
        return
    ctx.frame.start(ctx, leave_dialogue.name, Leaving(network=network.id))


def _show_what_can_be_left(ctx: Context) -> None:
    asked = [
        one.network_id
        for one in join_requests.of_person(ctx.session, ctx.user)
        if one.status == "waiting"
    ]
    # Which networks somebody is in is theirs to tell.
    ctx.reply_privately(
        "networks/leave_which",
        mine=networks.several(ctx.session, networks.joined_by(ctx.session, [ctx.user])),
        asked=networks.several(ctx.session, asked),
    )


@router.continuation("networks.left")
def after_leaving(ctx: Context, end: ActionEnd) -> None:
    network = networks.get(ctx.session, int(end.data["network"]))
    if end.error is not None and network is not None:
        user = str(end.data["user"])
        language = language_of(ctx, user, network, end.data.get("language"))
        ctx.direct(user, "networks/leave_yourself", language=language, network=network)
