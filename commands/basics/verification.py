"""What people and staff are told when they verify the bot's device; the verification itself is the engine's."""

from __future__ import annotations

from typing import Any, Final

from commands.basics.emoji import EMOJI
from commands.kernel import roles
from commands.kernel.catalogue import N_, translate
from commands.kernel.command import Nothing, Router
from commands.kernel.context import Context
from commands.kernel.errors import Refused
from commands.kernel.incoming import ActionEnd
from commands.kernel.settings import Settings, Who
from commands.kernel.teams import STAFF, staff
from storage import members, people, rooms
from storage.crypto import own_keys
from storage.session import Session

router = Router("animators")

# What some clients show when a verification ends early, by the code that the specification gives it.
_ENDED = N_("The verification was broken off. Please start it again.")
_REASONS: Final = {
    "not_allowed": N_("You may not verify me here. Ask staff for my fingerprint if you need it."),
    "busy": N_("Too many verifications are open. Please try again in ten minutes."),
    "m.timeout": N_("The verification took too long. Please start it again."),
    "m.unknown_transaction": N_("I do not know of this verification. Please start it again."),
    "m.unknown_method": N_("I can only be verified by comparing emoji or numbers."),
    "m.key_mismatch": N_("Your device's keys are not the ones that I know. Please try again."),
}


@router.command(
    "verify",
    en=("fingerprint",),
    nl=("verifieer", "verifiëren", "vingerafdruk"),
    fr=("vérifier", "vérifie", "empreinte"),
    summary=N_("tells the fingerprint of my device, and how to verify me"),
    examples={"en": ("verify",), "nl": ("verifieer",), "fr": ("vérifier",)},
    arguments=Nothing,
    check=staff,
    who=STAFF,
    reads_only=True,
)
def show_fingerprint(ctx: Context, arguments: Nothing) -> None:
    keys = own_keys.get(ctx.session)
    if keys is None:
        raise Refused(N_("I have no keys yet. Please try again in a minute."))
    ctx.reply_privately(
        "basics/verify",
        user=keys.user_id,
        device=keys.device_id,
        fingerprint=_in_fours(keys.ed25519),
        master=_in_fours(keys.master) if keys.master is not None else None,
    )


def _in_fours(key: str) -> str:
    return " ".join(key[start : start + 4] for start in range(0, len(key), 4))


@router.continuation("basics.compare")
def compare(ctx: Context, end: ActionEnd) -> None:
    """A verification has come to where both sides show the same: tell what the bot would show.

    It is told in the direct chat only, and none is opened for it.
    """
    user, room_id = str(end.data["user"]), end.data["room"]
    shown: dict[str, Any] = {
        "emoji": [EMOJI[int(number)] for number in end.data["emoji"]],
        "decimals": [int(number) for number in end.data["decimals"]],
    }
    language = ctx.language_for(user)
    room = rooms.get(ctx.session, str(room_id)) if room_id is not None else None
    if room is not None and room.joined and room.direct_user == user:
        ctx.say(room.room_id, "basics/compare", language=language, **shown)
    elif rooms.direct_with(ctx.session, user) is not None:
        ctx.direct(user, "basics/compare", language=language, **shown)


def may_verify(session: Session, settings: Settings, who: Who, user_id: str) -> bool:
    """Whether the installation lets this person verify the bot; nothing depends on whether they did."""
    if who == "members":
        found = members.by_user(session, user_id)
        known = found is not None and found.number is not None
        return known or user_id.partition(":")[2] in settings.trusted_servers
    if who == "staff":
        return roles.in_team(session, user_id, "staff")
    return who == "everyone"


def reason(session: Session, settings: Settings, user_id: str, why: str) -> str:
    """Why a verification ends, in the person's language; `why` is 'not_allowed', 'busy' or a code."""
    language = people.language_of(session, user_id) or settings.language
    return translate(language, _REASONS.get(why, _ENDED))
