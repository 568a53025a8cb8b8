"""A new version of the charter comes into force when a second person confirms it: of the ethics committee's
room where the configuration names one, else of the buyers' room (product.md, section 4).

That whoever made it cannot confirm it is a rule of the tables as well (migration 0008).
"""

from __future__ import annotations

from typing import Any, Final, Literal

from commands.kernel import roles, teams
from commands.kernel.catalogue import N_
from commands.kernel.command import Nothing, Router
from commands.kernel.context import Context
from commands.kernel.errors import NotAllowed, Refused
from commands.kernel.incoming import Message, Reaction
from commands.kernel.telling import edit_everywhere, reply_discreetly, team_rooms, tell_team
from commands.kernel.words import truth_of
from commands.suppliers import upkeep
from commands.suppliers.charter_changes import Changes, changes
from commands.suppliers.charter_door import Content
from storage import charters, member_accounts, rooms
from storage.charters import Charter

router = Router("buyers")

ABOUT: Final = "charter"
ETHICS: Final = N_("the members of the ethics committee's room")
CONFIRMERS: Final = N_(
    "the members of the ethics committee's room, or of the buyers' room where there is none"
)

# Why nobody can be told in a team's room, nor confirm.
Trouble = Literal["missing", "lax"]


def about(version: int) -> str:
    return f"{ABOUT}:{version}"


def confirming_team(ctx: Context) -> roles.Team:
    return "ethics" if ctx.settings.ethics_confirms else "buyers"


def trouble(ctx: Context) -> Trouble | None:
    """What is wrong with the room of those who confirm, if none of it counts."""
    if team_rooms(ctx, confirming_team(ctx)):
        return None
    return "lax" if rooms.of_kind(ctx.session, confirming_team(ctx)) else "missing"


def since_in_force(ctx: Context, after: Content) -> Changes:
    """What a content changes against the version in force."""
    current = charters.in_force(ctx.session)
    return changes(Content.of(current) if current is not None else None, after)


def ask(ctx: Context, charter: Charter) -> bool:
    """Put it to those who confirm; False when they have no room that can be trusted."""
    current = charters.in_force(ctx.session)
    return tell_team(
        ctx,
        confirming_team(ctx),
        "suppliers/charter_waiting",
        about=about(charter.version),
        charter=charter,
        current=current,
        changes=since_in_force(ctx, Content.of(charter)),
    )


def _may_confirm(ctx: Context) -> None:
    """Raises NotAllowed, or Refused with what to change about the room of those who may."""
    team = confirming_team(ctx)
    if roles.in_team(ctx.session, ctx.user, team):
        return
    teams.refuse_for_laxity(ctx, team)
    if team == "ethics" and trouble(ctx) == "missing":
        raise Refused(
            N_(
                "The ethics committee confirms a new charter, and I am not in its room."
                " Somebody of that room must invite me, and whoever runs me names it in my settings."
            )
        )
    raise NotAllowed(ETHICS if team == "ethics" else teams.BUYERS)


def _made_it(ctx: Context, charter: Charter) -> bool:
    return charter.made_by in member_accounts.same_person(ctx.session, ctx.user)


def confirm(ctx: Context, charter: Charter) -> None:
    """Raises NotAllowed, and Refused for whoever made it, from any account of theirs."""
    _may_confirm(ctx)
    if _made_it(ctx, charter):
        raise Refused(
            N_(
                "You made version %(version)s, so a second person confirms it."
                " “%(command)s” withdraws it."
            ),
            version=charter.version,
            command=ctx.registry.word("charter decline", ctx.language),
        )
    if charter.made_by is None:
        raise Refused(
            N_(
                "Whoever made version %(version)s has left, so nobody can tell that two people agree."
                " Somebody among the buyers has to send it again: “%(command)s”."
            ),
            version=charter.version,
            command=ctx.registry.word("charter new", ctx.language),
        )
    found = since_in_force(ctx, Content.of(charter))
    charters.put_in_force(ctx.session, charter.version, by=ctx.user, now=ctx.now_ms)
    ctx.audit("charter.in_force", about(charter.version))
    settled = settle(ctx, charter.version)
    here = ctx.room.room_id if ctx.room is not None else None
    is_first = len(charters.readable(ctx.session)) == 1
    news: dict[str, Any] = {"charter": settled, "changes": found, "is_first": is_first}
    for room in team_rooms(ctx, "buyers"):
        if room.room_id != here:
            ctx.say(room.room_id, "suppliers/charter_in_force", **news)
    ctx.reply("suppliers/charter_in_force", **news)
    upkeep.charter_changed(ctx, charter.version)


def decline(ctx: Context, charter: Charter) -> None:
    """Whoever made it may withdraw it. Raises NotAllowed or Refused."""
    own = _made_it(ctx, charter)
    if not own:
        _may_confirm(ctx)
    charters.decline(ctx.session, charter.version, by=ctx.user, now=ctx.now_ms)
    ctx.audit("charter.declined", about(charter.version))
    settled = settle(ctx, charter.version)
    reply_discreetly(ctx, confirming_team(ctx), "suppliers/charter_settled", charter=settled)
    if not own and charter.made_by is not None:
        ctx.direct(charter.made_by, "suppliers/charter_settled", charter=settled)


def settle(ctx: Context, version: int) -> Charter:
    """Say in the messages that asked about it how it was decided."""
    settled = charters.get(ctx.session, version)
    assert settled is not None
    edit_everywhere(ctx, about(version), "suppliers/charter_settled", charter=settled)
    return settled


def _waiting(ctx: Context) -> Charter:
    """Raises Refused when nothing waits."""
    charter = charters.waiting(ctx.session)
    if charter is None:
        raise Refused(
            N_("No new version of the charter waits to be confirmed. “%(command)s” makes one."),
            command=ctx.registry.word("charter new", ctx.language),
        )
    return charter


def _deals_with_it(ctx: Context, arguments: object) -> None:
    """Raises NotAllowed, or Refused: buyers make it and may withdraw it, others confirm it."""
    if not teams.is_buyer(ctx):
        _may_confirm(ctx)


@router.command(
    "charter confirm",
    nl=("handvest bevestig", "handvest bevestigen", "bevestig handvest"),
    fr=("charte confirmer", "confirmer charte", "confirmer la charte"),
    summary=N_("puts the new version of the charter in force, as a second person"),
    examples={
        "en": ("charter confirm",),
        "nl": ("handvest bevestig",),
        "fr": ("charte confirmer",),
    },
    arguments=Nothing,
    check=_deals_with_it,
    who=CONFIRMERS,
)
def confirm_charter(ctx: Context, arguments: Nothing) -> None:
    confirm(ctx, _waiting(ctx))


@router.command(
    "charter decline",
    nl=("handvest weiger", "handvest weigeren", "weiger handvest"),
    fr=("charte refuser", "refuser charte", "refuser la charte"),
    summary=N_("declines or withdraws the new version of the charter"),
    examples={"en": ("charter decline",), "nl": ("handvest weiger",), "fr": ("charte refuser",)},
    arguments=Nothing,
    check=_deals_with_it,
    who=CONFIRMERS,
)
def decline_charter(ctx: Context, arguments: Nothing) -> None:
    decline(ctx, _waiting(ctx))


@router.answer(ABOUT)
def answered(ctx: Context, reference: str, said: Message | Reaction) -> bool:
    """A yes or no to the message about a version."""
    truth = truth_of(said.key if isinstance(said, Reaction) else said.text)
    charter = charters.get(ctx.session, int(reference))
    if truth is None or charter is None:
        return False
    if charter.status != "waiting":
        _deals_with_it(ctx, None)
        ctx.reply("suppliers/charter_settled", charter=charter)
    elif truth:
        confirm(ctx, charter)
    else:
        decline(ctx, charter)
    return True
