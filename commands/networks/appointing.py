"""Who helps to run a network: animators by their power in its room, ambassadors and advisors by the sheet."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from commands.kernel import teams
from commands.kernel.catalogue import N_
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.errors import BadArgument, MissingArgument, NotFound, Refused
from commands.kernel.incoming import ActionEnd
from commands.kernel.parameters import rest
from commands.kernel.roles import MODERATOR
from commands.labels.fold import fold
from commands.networks import checks, refs
from commands.networks.people import animators_of
from commands.networks.places import NOT_READY, lacking, lane_of, room_of, step
from commands.networks.values import REMOVE
from storage import join_requests, networks, rooms
from storage.networks import HelperRole, Network
from storage.rooms import Room

router = Router("animators")

_ONE_PERSON = N_("one person, as a mention or as @name:server")


@dataclass(frozen=True, slots=True)
class Appointment:
    network: Network
    person: str
    remove: bool


@dataclass(frozen=True, slots=True)
class AppointmentArguments:
    who: str = rest(N_("network and person"), longest=500)


def _read(ctx: Context, text: str) -> Appointment:
    """`[network] @person [remove]`, in any order. Raises what the parts raise."""
    named = refs.people_typed(text)
    if len(named) != 1:
        if not named:
            _miss_person(ctx, text)
        raise BadArgument(text[:60], _ONE_PERSON)
    words = text.replace(named[0], " ").split()
    kept = [word for word in words if fold(word) not in REMOVE]
    network = refs.said_or_here(ctx, " ".join(kept))
    checks.runs(ctx, network)
    inside = rooms.named_members(ctx.session, network.room_id or "")
    remove = len(kept) < len(words)
    person = refs.person(ctx, named[0], inside, known=not remove)
    if person == ctx.settings.bot_user:
        raise Refused(N_("I help every network already, but only people can have a role in it."))
    return Appointment(network, person, remove)


def _miss_person(ctx: Context, text: str) -> None:
    """A network and nobody: what was understood is not to blame. Raises MissingArgument, NotAllowed."""
    with contextlib.suppress(NotFound):
        checks.runs(ctx, refs.find(ctx, text))
        raise MissingArgument(_ONE_PERSON)


@router.command(
    "network animator",
    nl=("netwerk animator",),
    fr=("réseau animateur·rice", "réseau animatrice"),
    summary=N_("makes somebody an animator of a network, or ends that with “remove”"),
    examples={
        "en": ("network animator audiovisual-brussels @noor:example.org",),
        "nl": ("netwerk animator audiovisueel-brussel @noor:example.org",),
        "fr": ("réseau animateur·rice audiovisuel-bruxelles @noor:example.org",),
    },
    arguments=AppointmentArguments,
    check=checks.staff_or_any_animator,
    who=checks.ANIMATORS,
)
def appoint_animator(ctx: Context, arguments: AppointmentArguments) -> None:
    wanted = _read(ctx, arguments.who)
    network = wanted.network
    room = room_of(ctx.session, network)
    if room is None or not room.joined:
        raise Refused(NOT_READY, name=network.name(ctx.language))
    power = room.power_of(wanted.person)
    if (power < MODERATOR) if wanted.remove else (power >= MODERATOR):
        ctx.reply("networks/role_unchanged", appointment=wanted, role="animator")
        return
    _check_power(ctx, room, wanted)
    membership = rooms.membership_of(ctx.session, room.room_id, wanted.person)
    invite = not wanted.remove and membership not in ("join", "invite")
    if invite:
        ctx.drafts.append(
            step(
                network,
                "invite",
                "invite",
                ctx.user,
                room_id=room.room_id,
                user_id=wanted.person,
            )
        )
    ctx.act(
        "set_power",
        lane=lane_of(network.id),
        then="networks.power_set",
        data={"network": network.id, "user": ctx.user, "person": wanted.person},
        room_id=room.room_id,
        user_id=wanted.person,
        level=0 if wanted.remove else MODERATOR,
    )
    ctx.audit(
        "animator.removed" if wanted.remove else "animator.appointed", f"network:{network.id}"
    )
    remaining = [user for user in animators_of(ctx, network) if user != wanted.person]
    ctx.reply(
        "networks/animator_set",
        appointment=wanted,
        invited=invite,
        nobody_left=wanted.remove and not remaining,
    )
    if wanted.person != ctx.user:
        ctx.direct(
            wanted.person,
            "networks/role_told",
            appointment=wanted,
            role="animator",
            waiting=bool(join_requests.waiting(ctx.session, [network.id])),
        )


def _check_power(ctx: Context, room: Room, wanted: Appointment) -> None:
    """Whether the bot may change that person's power, and whoever asks for it. Raises Refused, NotAllowed."""
    bot, power = ctx.settings.bot_user, room.power_of(wanted.person)
    if lacking(room, bot, ["m.room.power_levels"]):
        raise Refused(
            N_("In that room I may not change permissions. Give me power level 100 there, please.")
        )
    if wanted.remove and power >= room.power_of(bot):
        raise Refused(
            N_("%(name)s has as much power in that room as I have, so only they can give it up."),
            name=ctx.name_of(wanted.person),
        )
    if wanted.remove and wanted.person != ctx.user and power >= room.power_of(ctx.user):
        # Matrix lets nobody lower an equal, and the bot's own power must be no way around that.
        teams.staff(ctx, None)


@router.continuation("networks.power_set")
def after_power(ctx: Context, end: ActionEnd) -> None:
    network = networks.get(ctx.session, int(end.data["network"]))
    if end.error is not None and network is not None:
        ctx.direct(
            str(end.data["user"]),
            "networks/power_failed",
            network=network,
            person=end.data["person"],
        )


@router.command(
    "network ambassador",
    nl=("netwerk ambassadeur",),
    fr=("réseau ambassadeur·rice", "réseau ambassadrice"),
    summary=N_("notes who speaks of a network outside it, or ends that with “remove”"),
    examples={
        "en": ("network ambassador audiovisual-brussels @noor:example.org",),
        "nl": ("netwerk ambassadeur audiovisueel-brussel @noor:example.org",),
        "fr": ("réseau ambassadeur·rice audiovisuel-bruxelles @noor:example.org",),
    },
    arguments=AppointmentArguments,
    check=checks.staff_or_any_animator,
    who=checks.ANIMATORS,
)
def appoint_ambassador(ctx: Context, arguments: AppointmentArguments) -> None:
    _appoint_helper(ctx, arguments, "ambassador")


@router.command(
    "network advisor",
    nl=("netwerk adviseur",),
    fr=("réseau conseiller·ère", "réseau conseillère"),
    summary=N_("notes who advises a network, or ends that with “remove”"),
    examples={
        "en": ("network advisor audiovisual-brussels @noor:example.org",),
        "nl": ("netwerk adviseur audiovisueel-brussel @noor:example.org",),
        "fr": ("réseau conseiller·ère audiovisuel-bruxelles @noor:example.org",),
    },
    arguments=AppointmentArguments,
    check=checks.staff_or_any_animator,
    who=checks.ANIMATORS,
)
def appoint_advisor(ctx: Context, arguments: AppointmentArguments) -> None:
    _appoint_helper(ctx, arguments, "advisor")


def _appoint_helper(ctx: Context, arguments: AppointmentArguments, role: HelperRole) -> None:
    wanted = _read(ctx, arguments.who)
    network_id = wanted.network.id
    if wanted.remove:
        changed = networks.remove_helper(ctx.session, network_id, wanted.person, role)
    else:
        changed = networks.add_helper(ctx.session, network_id, wanted.person, role, now=ctx.now_ms)
    if not changed:
        ctx.reply("networks/role_unchanged", appointment=wanted, role=role)
        return
    ctx.audit(f"{role}.{'removed' if wanted.remove else 'appointed'}", f"network:{network_id}")
    ctx.reply("networks/role_set", appointment=wanted, role=role)
    if wanted.person != ctx.user:
        ctx.direct(wanted.person, "networks/role_told", appointment=wanted, role=role)
