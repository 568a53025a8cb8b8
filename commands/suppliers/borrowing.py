"""`!borrow`: asking a member for what they lend. Its owner alone hears who asks, and decides in one reply,
reaction or word; only after a yes do the two know of each other."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from commands.kernel.catalogue import N_
from commands.kernel.command import Router
from commands.kernel.context import Context, milliseconds
from commands.kernel.errors import BadArgument, NotFound, Refused
from commands.kernel.incoming import Message, Reaction
from commands.kernel.parameters import positional, rest
from commands.kernel.telling import edit_everywhere, last_asked
from commands.kernel.words import decision_of, read_decision
from commands.members.who import refuse_privately
from commands.networks import checks
from commands.suppliers.lending import (
    ABOUT,
    LONGEST_REASON,
    LoanNumber,
    about,
    is_own,
    seen,
)
from storage import loans, member_accounts
from storage.loans import Loan, Request

router = Router("suppliers")

_LONGEST_MESSAGE: Final = 500
# A number or an account names something itself, so such a text is a command gone wrong.
_NAMES_SOMETHING: Final = re.compile(r"[0-9@]")
# The same person asks again for the same thing only after that, whatever was answered.
_AGAIN: Final = timedelta(days=30)
# What one person may ask for in a day.
_MOST: Final = 10


@dataclass(frozen=True, slots=True)
class BorrowArguments:
    loan: int = positional(
        LoanNumber(), N_("the number of something that a member lends, such as L4")
    )
    message: str = rest(N_("a message to its owner"), longest=_LONGEST_MESSAGE, default="")


@router.command(
    "borrow",
    nl=("lenen", "leen"),
    fr=("emprunter", "emprunte"),
    summary=N_("asks a member for something that they lend, share or rent"),
    examples={
        "en": ("borrow L4", "borrow L4 for this weekend, if I may"),
        "nl": ("lenen L4", "lenen L4 graag dit weekend"),
        "fr": ("emprunter L4", "emprunter L4 pour ce week-end si possible"),
    },
    arguments=BorrowArguments,
    check=checks.member,
    who=checks.MEMBERS,
)
def borrow(ctx: Context, arguments: BorrowArguments) -> None:
    try:
        loan = seen(ctx, arguments.loan)
    except NotFound as error:
        ctx.result = error.code
        ctx.reply_privately("kernel/error", error=error, command=None)
        return
    if is_own(ctx, loan):
        # In a room it would tell whose it is.
        refuse_privately(ctx, Refused(N_("That is yours already.")))
        return
    accounts = member_accounts.same_person(ctx.session, ctx.user)
    day_ago = milliseconds(ctx.now - timedelta(days=1))
    if loans.count_asked(ctx.session, accounts, since=day_ago) >= _MOST:
        refuse_privately(
            ctx, Refused(N_("You asked for a lot today. Wait for some answers, then ask again."))
        )
        return
    earlier = loans.ask(
        ctx.session,
        loan.id,
        ctx.user,
        accounts,
        again_before=milliseconds(ctx.now - _AGAIN),
        now=ctx.now_ms,
    )
    ctx.acted = True
    if earlier is not None:
        owner = loan.user_id if earlier.answered == "yes" else None
        ctx.reply_privately(
            "suppliers/loan_asked_before", loan=loan, answered=earlier.answered, owner=owner
        )
        return
    request = loans.request(ctx.session, loan.id, ctx.user)
    assert request is not None
    ctx.direct(
        loan.user_id,
        "suppliers/loan_request",
        about=about(request),
        loan=loan,
        asker=ctx.user,
        message=arguments.message.strip(),
    )
    ctx.reply_privately("suppliers/loan_asked", loan=loan)


# --- its owner decides -----------------------------------------------------------------------


@router.answer(ABOUT)
def answered(ctx: Context, reference: str, answer: Message | Reaction) -> bool:
    """A yes, a no with or without a word, or a thumb under what tells who asks."""
    number, _, asker = reference.partition("/")
    loan = loans.get(ctx.session, int(number))
    if loan is not None and not is_own(ctx, loan):
        return False
    agrees, word = decision_of(answer)
    request = loans.request(ctx.session, loan.id, asker) if loan is not None else None
    if agrees is None:
        return isinstance(answer, Message) and _misunderstood(ctx, request, answer.text)
    if loan is None or request is None or not _still_meet(ctx, loan, request):
        raise Refused(N_("That request is gone, so nothing needs to be decided."))
    _decide(ctx, loan, request, agrees=agrees, word=word)
    return True


def _misunderstood(ctx: Context, request: Request | None, text: str) -> bool:
    """Say what decides. False for what speaks of nothing to decide: a command, or a word afterwards."""
    if request is None or request.answered is not None or ctx.registry.find(text) is not None:
        return False
    raise BadArgument(text[:40], N_("“yes”, or “no” with a word"))


@router.remark
def answered_without_reply(ctx: Context, text: str) -> bool:
    """A yes or no typed in the direct chat without replying: it decides where it can only mean one request."""
    agrees, word = read_decision(text)
    if agrees is None or _NAMES_SOMETHING.search(text):
        return False
    kind, reference = last_asked(ctx)
    if kind not in ("", ABOUT):
        return False
    waiting = _waiting(ctx)
    if kind == ABOUT:
        number, _, asker = reference.partition("/")
        meant = next(
            (one for one in waiting if (str(one[1].loan_id), one[1].user_id) == (number, asker)),
            None,
        )
    else:
        meant = waiting[0] if len(waiting) == 1 else None
    if meant is not None and len(waiting) == 1:
        _decide(ctx, *meant, agrees=agrees, word=word)
    elif waiting:
        ctx.reply("suppliers/which_loan_request", requests=waiting)
    return bool(waiting)


def _waiting(ctx: Context) -> list[tuple[Loan, Request]]:
    """The requests that wait for this person, oldest first."""
    own = {
        loan.id: loan
        for loan in loans.of_person(ctx.session, member_accounts.same_person(ctx.session, ctx.user))
    }
    found = ((own[one.loan_id], one) for one in loans.waiting(ctx.session, own))
    return [(loan, request) for loan, request in found if _still_meet(ctx, loan, request)]


def _still_meet(ctx: Context, loan: Loan, request: Request) -> bool:
    """Not once it is withdrawn, its asker left, or one of the two blocked the other meanwhile."""
    return checks.is_cooperative_member(ctx, request.user_id) and bool(
        loans.seen_by(ctx.session, request.user_id, [loan.id])
    )


def _decide(ctx: Context, loan: Loan, request: Request, *, agrees: bool, word: str) -> None:
    """Write the answer down and tell both; what was answered before stands."""
    asker = request.user_id
    if not loans.answer(ctx.session, loan.id, asker, "yes" if agrees else "no"):
        ctx.reply(
            "suppliers/loan_answered",
            loan=loan,
            agrees=request.answered == "yes",
            asker=asker,
            again=True,
        )
        return
    ctx.acted = True
    edit_everywhere(
        ctx,
        about(request),
        "suppliers/loan_request_settled",
        loan=loan,
        asker=asker,
        answered="yes" if agrees else "no",
    )
    ctx.reply("suppliers/loan_answered", loan=loan, agrees=agrees, asker=asker, again=False)
    ctx.direct(
        asker,
        "suppliers/loan_answer",
        loan=loan,
        owner=loan.user_id if agrees else None,
        said=word[:LONGEST_REASON],
    )
