"""Requests to be let into a network: how they reach the animators, and the one decision that stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

from commands.kernel.catalogue import N_
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.errors import BadArgument, NotFound, Refused
from commands.kernel.incoming import Message, Reaction
from commands.kernel.parameters import Text, positional, rest
from commands.kernel.telling import edit_everywhere, reply_discreetly
from commands.kernel.words import decision_of
from commands.members.space import bring_into_space
from commands.networks import checks, refs
from commands.networks.people import language_of, tell_animators
from commands.networks.places import lane_of, step
from storage import join_requests, member_accounts, networks, rooms
from storage.jobs import Job
from storage.join_requests import JoinRequest
from storage.networks import Network

router = Router("animators")

_LONGEST_MESSAGE = 500
CLOSED = N_("%(name)s is closed, so nobody can join it any more.")
CLOSED_JOB: Final = "networks.closed"
ABOUT: Final = "join_request"


def about(request_id: int) -> str:
    return f"{ABOUT}:{request_id}"


@dataclass(frozen=True, slots=True)
class Entry:
    """Whether a request is new (nobody hears of it twice), and whether somebody could be told."""

    new: bool
    told: bool


def request_entry(
    ctx: Context,
    network: Network,
    person: str,
    *,
    knocked: bool = False,
    message: str | None = None,
    language: str | None = None,
) -> Entry:
    """Store that a person asks to be let in, by words in that language if by words, and tell those who
    decide."""
    message = message[:_LONGEST_MESSAGE] if message else None
    request, new = join_requests.ask(
        ctx.session,
        network.id,
        person,
        knocked=knocked,
        message=message,
        language=language,
        now=ctx.now_ms,
    )
    told = new and tell_animators(
        ctx,
        network,
        "networks/request",
        about=about(request.id),
        request=request,
        known=checks.is_cooperative_member(ctx, person),
    )
    return Entry(new, told)


def decide(ctx: Context, request: JoinRequest, *, approve: bool, reason: str = "") -> bool:
    """Approve or decline as the one who speaks; False (and an answer) when it was settled before."""
    network = networks.get(ctx.session, request.network_id)
    assert network is not None
    checks.runs(ctx, network)
    own = request.user_id in member_accounts.same_person(ctx.session, ctx.user)
    if approve and own and not checks.animates(ctx, network):
        raise Refused(N_("Somebody else has to decide on your own request."))
    membership = _membership(ctx, network, request)
    if approve and membership == "ban" and request.status == "waiting":
        raise Refused(
            N_("%(name)s is banned from the room. Lift the ban in your client first."),
            name=ctx.name_of(request.user_id),
        )
    if approve and network.stage == "closed":
        raise Refused(CLOSED, name=network.name(ctx.language))
    status: Literal["approved", "declined"] = "approved" if approve else "declined"
    if not settle(ctx, request, network, status, reason):
        settled = join_requests.get(ctx.session, request.id)
        reply_discreetly(
            ctx, "staff", "networks/request_settled", request=settled, network=network, you=ctx.user
        )
        return False
    if approve and membership != "join":
        ctx.act(
            "invite",
            lane=lane_of(network.id),
            then="networks.invited",
            data={
                "network": network.id,
                "user": request.user_id,
                "language": request.language,
                "decider": ctx.user,
            },
            room_id=network.room_id,
            user_id=request.user_id,
        )
    if approve:
        _bring_into_space(ctx, network, request)
    # In a network's room everybody would read who was let in, or not.
    reply_discreetly(
        ctx, "staff", "networks/decided", request=request, network=network, approved=approve
    )
    return True


def settle(
    ctx: Context,
    request: JoinRequest,
    network: Network,
    status: Literal["approved", "declined"],
    reason: str = "",
) -> bool:
    """Write the decision down, tell who asked, change the animators' messages, and turn away the knock of
    whoever is declined. False if too late."""
    if not join_requests.decide(
        ctx.session, request.id, status, by=ctx.user, reason=reason or None, now=ctx.now_ms
    ):
        return False
    ctx.audit(f"join_request.{status}", f"network:{network.id}", request=request.id)
    network = networks.get(ctx.session, network.id) or network
    settled = join_requests.get(ctx.session, request.id)
    edit_everywhere(
        ctx, about(request.id), "networks/request_settled", request=settled, network=network, you=""
    )
    ctx.direct(
        request.user_id,
        "networks/request_answer",
        language=language_of(ctx, request.user_id, network, request.language),
        network=network,
        approved=status == "approved",
        reason=reason,
    )
    if status == "declined" and _membership(ctx, network, request) == "knock":
        ctx.drafts.append(
            step(
                network,
                "kick",
                "kick",
                ctx.user if ctx.user != ctx.settings.bot_user else None,
                room_id=network.room_id,
                user_id=request.user_id,
                reason=reason,
            )
        )
    return True


def let_in_elsewhere(ctx: Context, request: JoinRequest, network: Network) -> None:
    """An animator invited who waits, in their own client."""
    if settle(ctx, request, network, "approved"):
        _bring_into_space(ctx, network, request)


def _bring_into_space(ctx: Context, network: Network, request: JoinRequest) -> None:
    language = language_of(ctx, request.user_id, network, request.language)
    bring_into_space(ctx, request.user_id, lane=lane_of(network.id), language=language)


def withdraw(ctx: Context, request: JoinRequest, network: Network) -> None:
    """The person no longer wants in, or is in already: nobody needs to decide any more."""
    if not join_requests.decide(
        ctx.session, request.id, "withdrawn", by=request.user_id, now=ctx.now_ms
    ):
        return
    ctx.acted = True
    if _membership(ctx, network, request) == "knock":
        ctx.act("kick", lane=lane_of(network.id), room_id=network.room_id, user_id=request.user_id)
    settled = join_requests.get(ctx.session, request.id)
    edit_everywhere(
        ctx, about(request.id), "networks/request_settled", request=settled, network=network, you=""
    )


def decline_all(ctx: Context, network: Network) -> None:
    """The network closed: whoever still waits to be let in hears so."""
    for request in join_requests.waiting(ctx.session, [network.id]):
        language = language_of(ctx, request.user_id, network, request.language)
        said = ctx.translate(CLOSED, language) % {"name": network.name(language)}
        settle(ctx, request, network, "declined", said)


@router.job(CLOSED_JOB, grace=timedelta(days=1))
def closed_elsewhere(ctx: Context, job: Job, late: bool) -> None:
    """The command line, which writes to nobody, closed the network."""
    network = networks.get(ctx.session, int(job.data["network"]))
    if network is not None and network.stage == "closed":
        decline_all(ctx, network)


def _membership(ctx: Context, network: Network, request: JoinRequest) -> str | None:
    if network.room_id is None:
        return None
    return rooms.membership_of(ctx.session, network.room_id, request.user_id)


# --- deciding by reply or reaction ---------------------------------------------------------------


@router.answer(ABOUT)
def answered(ctx: Context, reference: str, answer: Message | Reaction) -> bool:
    """A yes, a no with or without a reason, or a thumb under the request."""
    request = join_requests.get(ctx.session, int(reference))
    if request is None:
        raise Refused(N_("That request is gone, so nothing needs to be decided."))
    approve, reason = decision_of(answer)
    if approve is None:
        return isinstance(answer, Message) and _misunderstood(ctx, request, answer.text)
    decide(ctx, request, approve=approve, reason=reason)
    return True


def _misunderstood(ctx: Context, request: JoinRequest, text: str) -> bool:
    """Say what decides. False for what speaks of nothing to decide: a command, or a word afterwards."""
    is_command = ctx.is_direct and ctx.registry.find(text) is not None
    if is_command or request.status != "waiting":
        return False
    raise BadArgument(text[:40], N_("“yes”, or “no” with a reason"))


# --- deciding by command -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RequestsArguments:
    network: str = rest(refs.LABEL, longest=200, default="")


@router.command(
    "network requests",
    nl=("netwerk aanvragen", "netwerkaanvragen"),
    fr=("réseau demandes", "demandes réseau"),
    summary=N_("shows who asks to be let into your networks"),
    examples={
        "en": ("network requests",),
        "nl": ("netwerk aanvragen",),
        "fr": ("réseau demandes",),
    },
    arguments=RequestsArguments,
    check=checks.staff_or_any_animator,
    who=checks.ANY_ANIMATOR,
    reads_only=True,
)
def show_requests(ctx: Context, arguments: RequestsArguments) -> None:
    if arguments.network:
        network = refs.find(ctx, arguments.network)
        checks.runs(ctx, network)
        mine = [network]
    else:
        mine = checks.run_by(ctx)
    waiting = join_requests.waiting(ctx.session, [network.id for network in mine])
    by_id = {network.id: network for network in mine}
    shown = [(request, by_id[request.network_id]) for request in waiting]
    # In a network's room everybody would read who asks to be let in.
    reply_discreetly(ctx, "staff", "networks/requests", requests=shown)


@dataclass(frozen=True, slots=True)
class DecisionArguments:
    request: str = positional(Text(255), N_("the number of a request, or the person"))
    reason: str = rest(N_("a reason"), longest=_LONGEST_MESSAGE, default="")


@router.command(
    "network approve",
    nl=("netwerk goedkeuren", "netwerk laat toe"),
    fr=("réseau approuver", "réseau accepter"),
    summary=N_("lets somebody in who asked"),
    examples={
        "en": ("network approve 12", "network approve Noor"),
        "nl": ("netwerk goedkeuren 12", "netwerk goedkeuren Noor"),
        "fr": ("réseau approuver 12", "réseau approuver Noor"),
    },
    arguments=DecisionArguments,
    check=checks.staff_or_any_animator,
    who=checks.ANIMATORS,
)
def approve_request(ctx: Context, arguments: DecisionArguments) -> None:
    request, _ = _request(ctx, arguments.request, arguments.reason)
    decide(ctx, request, approve=True)


@router.command(
    "network decline",
    nl=("netwerk weigeren", "netwerk afwijzen"),
    fr=("réseau refuser",),
    summary=N_("tells somebody who asked that it is no, with your reason"),
    examples={
        "en": ("network decline 12 we are full until May",),
        "nl": ("netwerk weigeren 12 we zitten vol tot mei",),
        "fr": ("réseau refuser 12 nous sommes au complet jusqu'en mai",),
    },
    arguments=DecisionArguments,
    check=checks.staff_or_any_animator,
    who=checks.ANIMATORS,
)
def decline_request(ctx: Context, arguments: DecisionArguments) -> None:
    request, reason = _request(ctx, arguments.request, arguments.reason)
    decide(ctx, request, approve=False, reason=reason)


def _request(ctx: Context, text: str, after: str) -> tuple[JoinRequest, str]:
    """By its number, or by the person when one request of theirs waits; and what follows, which may hold
    the rest of a name. Raises NotFound, NotAllowed, SeveralFound."""
    number = text.lstrip("#")
    if number.isascii() and number.isdigit():
        found = join_requests.get(ctx.session, int(number[:15]))
        network = networks.get(ctx.session, found.network_id) if found else None
        if found is not None and network is not None:
            checks.runs(ctx, network)
            return found, after
        checks.staff_or_any_animator(ctx, None)
        raise NotFound(
            text[:40],
            N_("the number of a request; “%(command)s” shows them"),
            command=ctx.registry.word("network requests", ctx.language),
        )
    mine = checks.run_by(ctx)
    if not mine:
        checks.staff_or_any_animator(ctx, None)
    here = refs.of_room(ctx)
    by_name = not text.startswith("@")
    if by_name and here is not None:
        raise BadArgument(text[:40], N_("the number of a request, or a mention of the person"))
    waiting = [
        request
        for request in join_requests.waiting(ctx.session, [network.id for network in mine])
        if here is None or request.network_id == here.id
    ]
    # In a network's room everybody would read who asks to be let in.
    suggested = dict.fromkeys(one.user_id for one in waiting) if here is None else {}
    likely = [(user, ctx.name_of(user)) for user in suggested]
    if by_name:
        person, after = refs.named_first(ctx, text, after, likely)
    else:
        person = refs.person(ctx, text, likely)
    waiting = [request for request in waiting if request.user_id == person]
    if len(waiting) == 1:
        return waiting[0], after
    if waiting:
        raise Refused(
            N_("There are several requests of that person: use the number (%(numbers)s)."),
            numbers=", ".join(str(request.id) for request in waiting),
        )
    raise NotFound(text, refs.WAITING)
