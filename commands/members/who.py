"""Who is a member, and which profile is theirs (product.md, section 2)."""

from __future__ import annotations

from typing import Final

from commands.kernel.catalogue import N_
from commands.kernel.context import Context
from commands.kernel.errors import CheckFailure, Refused
from storage import erasure, member_accounts, members
from storage.members import Member

MEMBERS_ONLY: Final = N_(
    "This is for members of the cooperative. If you are one, ask staff for a code and send it to me"
    " with: link CODE"
)


def is_member(ctx: Context, user_id: str) -> bool:
    """Accounts of trusted servers, and accounts that are linked to a row of the register."""
    server = user_id.partition(":")[2]
    if server in ctx.settings.trusted_servers:
        return True
    found = members.by_user(ctx.session, user_id)
    return found is not None and found.number is not None


def refuse_outsiders(ctx: Context) -> None:
    """Who agreed to be found agreed to be found by members, and by visitors where there may be any.

    Raises Refused.
    """
    if not ctx.settings.visitors_may_have_profiles and not is_member(ctx, ctx.user):
        raise Refused(MEMBERS_ONLY)


def refuse_privately(ctx: Context, error: CheckFailure) -> None:
    """Say no in the direct chat, where the reason tells something about the person."""
    ctx.result = error.code
    ctx.reply_privately("kernel/error", error=error, command=None)


def own_profile(ctx: Context) -> Member:
    """The profile of who is speaking; made now if they may have one and have none.

    Raises Refused for an account without a row where the installation keeps profiles to members.
    """
    found = members.by_user(ctx.session, ctx.user)
    if found is not None:
        return found
    if not is_member(ctx, ctx.user) and not ctx.settings.visitors_may_have_profiles:
        raise Refused(
            N_(
                "Profiles are for members of the cooperative. If you are one, ask staff for a code"
                " and send it to me with: link CODE"
            )
        )
    # Whoever was erased and now asks for a profile comes back on their own wish.
    erasure.lift(ctx.session, ctx.settings.erasure_key, "account", ctx.user)
    return member_accounts.ensure_for_user(
        ctx.session, ctx.user, display_name=ctx.name_of(ctx.user), now=ctx.now_ms
    )
