"""`!network new` and `!network adopt`: from a conversation about the sheet to a network with its room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from commands.kernel import roles, teams
from commands.kernel.catalogue import N_
from commands.kernel.command import Nothing, Router
from commands.kernel.context import Context
from commands.kernel.dialogue import Dialogue
from commands.kernel.errors import NotAllowed, NotFound, Refused
from commands.kernel.incoming import ActionEnd
from commands.kernel.parameters import rest
from commands.kernel.telling import tell_team
from commands.networks import checks, refs
from commands.networks.names import free_slug
from commands.networks.people import announce, language_of
from commands.networks.picture import file_of
from commands.networks.places import (
    NEEDS,
    adoption,
    creation,
    lacking,
    openness_of,
    power_wanted,
    settle,
    space_of,
    too_old,
)
from commands.networks.sheet import Sheet, steps, without_languages_left_out
from storage import networks, proposals, rooms
from storage.networks import Network, Openness
from storage.rooms import Room

router = Router("animators")


def _finish(ctx: Context, data: Sheet) -> None:
    """Much may have changed since the first question: whoever lost their role opens nothing."""
    data = without_languages_left_out(data)
    first = data.languages[0]
    checks.staff_or_any_animator(ctx, None)
    if data.room is not None and not _can_still_adopt(ctx, data.room, data.openness):
        return
    network = networks.add(
        ctx.session,
        slug=free_slug(data.name[first], lambda slug: networks.slug_is_free(ctx.session, slug)),
        kind=data.kind,
        label=data.label,
        region=data.region,
        languages=data.languages,
        criterion_kind=data.criterion_kind,
        openness=data.openness,
        encrypted=_encrypted(ctx, data),
        texts=data.texts(),
        room_id=data.room,
        created_by=ctx.user,
        now=ctx.now_ms,
    )
    ctx.audit("network.created", f"network:{network.id}", adopted=data.room is not None)
    if data.proposal is not None:
        _accept(ctx, data.proposal, network)
    if data.room is not None:
        network, drafts = adoption(ctx.session, network, data.room, told=ctx.user)
        ctx.drafts.extend(drafts)
        announce(ctx, network, "networks/room_adopted")
        tell_team(ctx, "staff", "networks/opened_staff", network=network, opener=ctx.user)
        ctx.reply("networks/adopted", network=network)
        return
    _make_room(ctx, network, data.animators or [ctx.user], data.picture)


def _make_room(
    ctx: Context, network: Network, animators: Sequence[str], picture: bytes = b""
) -> None:
    ctx.acted = True
    ctx.drafts.append(
        creation(
            ctx.session,
            network,
            ctx.settings,
            animators=animators,
            told={"user": ctx.user, "language": ctx.language},
            inbox_id=ctx.inbox_id,
            picture=file_of(picture) if picture else None,
        )
    )
    ctx.reply("networks/opening", network=network)


def _encrypted(ctx: Context, data: Sheet) -> bool:
    if data.room is not None:
        room = rooms.get(ctx.session, data.room)
        return room is not None and room.encrypted
    if data.encrypted is None:
        return ctx.settings.network_rooms_encrypted
    return data.encrypted


def _accept(ctx: Context, proposal_id: int, network: Network) -> None:
    proposal = proposals.get(ctx.session, proposal_id)
    if proposal is None or not proposals.decide(
        ctx.session,
        proposal_id,
        "accepted",
        by=ctx.user,
        network_id=network.id,
        now=ctx.now_ms,
    ):
        return
    ctx.audit("proposal.accepted", f"proposal:{proposal_id}", network=network.id)
    if proposal.proposer is not None:
        ctx.direct(
            proposal.proposer,
            "networks/proposal_accepted",
            language=language_of(ctx, proposal.proposer, network, proposal.language),
            proposal=proposal,
            network=network,
        )


dialogue: Dialogue[Sheet] = Dialogue(
    "networks.sheet",
    title=N_("a new network"),
    data=Sheet,
    steps=steps(),
    finish=_finish,
)


@dataclass(frozen=True, slots=True)
class NewArguments:
    proposal: str = rest(N_("from a proposal: its number"), longest=60, default="")


@router.command(
    "network new",
    nl=("netwerk nieuw", "nieuw netwerk"),
    fr=("réseau créer", "réseau nouveau", "nouveau réseau", "créer réseau"),
    summary=N_("opens a new network: I ask what it is for and make its room"),
    examples={
        "en": ("network new", "network new from 3"),
        "nl": ("netwerk nieuw", "netwerk nieuw uit voorstel 3"),
        "fr": ("réseau créer", "réseau créer depuis 3"),
    },
    arguments=NewArguments,
    check=checks.staff_or_any_animator,
    who=checks.ANY_ANIMATOR,
)
def new_network(ctx: Context, arguments: NewArguments) -> None:
    digits = "".join(sign for sign in arguments.proposal if sign.isascii() and sign.isdigit())
    if not arguments.proposal:
        start(ctx)
        return
    proposal = proposals.get(ctx.session, int(digits[:15])) if digits else None
    if proposal is None or proposal.status != "open" or proposal.kind != "network":
        raise NotFound(arguments.proposal, N_("the number of an open proposal of a network"))
    start(ctx, proposal)


def start(ctx: Context, proposal: proposals.Proposal | None = None) -> None:
    """Begin the conversation, with what a proposal says already."""
    data = Sheet()
    if proposal is not None:
        data = Sheet(
            kind=proposal.network_kind or "other",
            region=proposal.region,
            proposal=proposal.id,
            suggested_name=proposal.title,
            suggested_purpose=proposal.purpose,
        )
    ctx.frame.start(ctx, dialogue.name, data)


@router.continuation("networks.room_created")
def after_creation(ctx: Context, end: ActionEnd) -> None:
    network = networks.get(ctx.session, int(end.data["network"]))
    if network is None or network.room_id is not None:
        return
    asker = end.data.get("user")
    asked_in = end.data.get("language")
    if end.error is not None:
        if isinstance(asker, str):
            ctx.direct(
                asker,
                "networks/room_failed",
                language=language_of(ctx, asker, network, asked_in),
                network=network,
                error=end.error,
            )
        else:
            tell_team(ctx, "staff", "networks/room_failed", network=network, error=end.error)
        return
    room_id = str(end.result["room_id"])
    rooms.know(ctx.session, room_id, now=ctx.now_ms)
    network = settle(ctx.session, network, room_id)
    announce(ctx, network, "networks/room_ready")
    if isinstance(asker, str):
        ctx.direct(
            asker,
            "networks/opened",
            language=language_of(ctx, asker, network, asked_in),
            network=network,
            animators=[user for user in end.data.get("animators", []) if user != asker],
            problems=bool(end.result.get("problems")),
        )
    tell_team(ctx, "staff", "networks/opened_staff", network=network, opener=asker)


@dataclass(frozen=True, slots=True)
class RoomArguments:
    network: str = rest(refs.LABEL, longest=200)


@router.command(
    "network room",
    nl=("netwerk kamer",),
    fr=("réseau salon", "réseau salle"),
    summary=N_("tries again to make the room of a network that has none"),
    examples={
        "en": ("network room audiovisual-brussels",),
        "nl": ("netwerk kamer audiovisueel-brussel",),
        "fr": ("réseau salon audiovisuel-bruxelles",),
    },
    arguments=RoomArguments,
    check=checks.staff_or_any_animator,
    who=checks.ANY_ANIMATOR,
)
def retry_room(ctx: Context, arguments: RoomArguments) -> None:
    wanted = arguments.network.strip()
    network = networks.by_slug(ctx.session, wanted) or refs.find(ctx, wanted)
    if network.room_id is not None:
        raise Refused(N_("%(name)s has its room already."), name=network.name(ctx.language))
    if ctx.user != network.created_by:
        teams.staff(ctx, None)
    _make_room(ctx, network, [network.created_by or ctx.user])


# --- adopting ------------------------------------------------------------------------------------

TOO_OLD = N_(
    "This room is of an old kind that I cannot take care of. Somebody who runs it can upgrade it in its"
    " settings, or with /upgraderoom 11; then invite me into the new one."
)


def _can_adopt(ctx: Context, room: Room, openness: Openness) -> bool:
    """Whether the bot may do enough in that room; says exactly what it may not, and how to mend it.

    Raises NotAllowed for who neither is staff nor runs the room, Refused where its version is too old.
    """
    if not (teams.is_staff(ctx) or roles.moderates(ctx.session, ctx.user, room)):
        raise NotAllowed(N_("moderators of this room, and staff"))
    if missing := lacking(room, ctx.settings.bot_user):
        ctx.reply(
            "networks/adopt_lacking",
            missing=[NEEDS[need] for need in missing],
            power=power_wanted(room),
        )
        return False
    if too_old(room, openness, space_of(ctx.session)):
        raise Refused(TOO_OLD)
    return True


def _can_still_adopt(ctx: Context, room_id: str, openness: Openness) -> bool:
    """As `_can_adopt`, after a conversation during which the room may have changed."""
    if networks.by_room(ctx.session, room_id) is not None:
        raise Refused(
            N_("Meanwhile the room became that of another network, so I changed nothing.")
        )
    room = rooms.get(ctx.session, room_id)
    if room is None or not room.joined:
        raise Refused(N_("I am not in that room any more, so I changed nothing."))
    return _can_adopt(ctx, room, openness)


@router.command(
    "network adopt",
    nl=("netwerk overnemen", "netwerk adopteren"),
    fr=("réseau adopter",),
    summary=N_("makes the room in which you type it the room of a network"),
    examples={
        "en": ("network adopt",),
        "nl": ("netwerk overnemen",),
        "fr": ("réseau adopter",),
    },
    arguments=Nothing,
    check=checks.staff_or_any_animator,
    who=checks.ANY_ANIMATOR,
)
def adopt(ctx: Context, arguments: Nothing) -> None:
    room = ctx.room
    if room is None or room.kind == "direct":
        raise Refused(N_("Invite me into the room that is to become a network, and type it there."))
    if networks.by_room(ctx.session, room.room_id) is not None:
        raise Refused(N_("This is the room of a network already."))
    if room.kind not in ("other", "network"):
        raise Refused(N_("This room has another task, so it cannot become a network."))
    if not _can_adopt(ctx, room, "open"):
        return
    suggested = Sheet(
        room=room.room_id,
        suggested_name=room.name,
        openness=openness_of(room, space_of(ctx.session)),
    )
    ctx.frame.start(ctx, dialogue.name, suggested)
