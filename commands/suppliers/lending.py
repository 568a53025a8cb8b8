"""`!lend` and `!loans`: what members offer to lend, share or rent to each other. It is found without its
owner's name; who asks for it, and what the owner says, is `borrowing`'s."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from pydantic import BaseModel, Field

from commands.kernel.catalogue import N_
from commands.kernel.choices import Choice, Misunderstood, at_most, yes_no
from commands.kernel.command import Nothing, Router
from commands.kernel.context import Context
from commands.kernel.dialogue import Answer, Dialogue, Question, Step
from commands.kernel.errors import BadArgument, MissingArgument, NotAllowed, NotFound, Refused
from commands.kernel.incoming import MembershipChange
from commands.kernel.parameters import positional, rest
from commands.kernel.teams import is_buyer, is_staff
from commands.kernel.telling import edit_everywhere, reply_discreetly
from commands.kernel.text import one_line
from commands.networks import checks
from commands.search.categories import categories_in
from commands.suppliers.indexing import reindex_loan
from commands.suppliers.values import MODE_WORDS
from storage import loans, member_accounts, members
from storage.jobs import Job
from storage.loans import Loan, LoanMode, Request

router = Router("suppliers")

ABOUT: Final = "loan_request"
MODE_SAID: Final = {
    "borrow": N_("to borrow"),
    "share": N_("to share"),
    "rent": N_("to rent"),
}
LONGEST_REASON: Final = 300
# What one person may offer at the same time.
_MOST: Final = 20
_LONGEST_TITLE: Final = 80
_LONGEST_PLACE: Final = 80
_LONGEST_TERMS: Final = 200
_WAYS: Final[dict[LoanMode, str]] = {
    "borrow": N_("lend it"),
    "share": N_("share it"),
    "rent": N_("rent it out"),
}
_ELSEWHERE: Final = "elsewhere"
_OWNERS: Final = N_("whoever offers it, and staff and buyers with a reason")
_A_NUMBER: Final = N_("the number of something that a member lends, such as L4")
_NUMBER: Final = re.compile(r"#?l?#?([0-9]{1,15})", re.IGNORECASE)


class LoanNumber:
    """`L4`, `l4` or `4`. Raises BadArgument."""

    def convert(self, text: str, ctx: Context) -> int:
        found = _NUMBER.fullmatch(text)
        if found is None:
            raise BadArgument(text[:40], _A_NUMBER)
        return int(found[1])


def about(request: Request) -> str:
    """What a message is about that tells an owner who asks."""
    return f"{ABOUT}:{request.loan_id}/{request.user_id}"


def seen(ctx: Context, number: int) -> Loan:
    """Something that the person may borrow or offers themselves. Raises NotFound, worded alike for what is not
    there, what was withdrawn, and what there is a block about."""
    loan = loans.seen_by(ctx.session, ctx.user, [number]).get(number)
    if loan is None or not checks.is_cooperative_member(ctx, loan.user_id):
        raise not_found(number)
    return loan


def not_found(number: int) -> NotFound:
    return NotFound(f"L{number}", _A_NUMBER)


def is_own(ctx: Context, loan: Loan) -> bool:
    return loan.user_id in member_accounts.same_person(ctx.session, ctx.user)


# --- offering --------------------------------------------------------------------------------


class Offer(BaseModel):
    """Something while its owner says what it is. `places` are the codes or names of where they are themselves;
    `named` says whether the words told its category, `came_with_title` that its name came with the command."""

    title: str = ""
    mode: LoanMode = "borrow"
    category: str | None = None
    named: bool = False
    came_with_title: bool = False
    places: list[str] = Field(default_factory=list)
    place: str | None = None
    elsewhere: bool = True
    terms: str = ""
    published: bool = False


@dataclass(frozen=True, slots=True)
class LendArguments:
    title: str = rest(N_("what you lend"), longest=_LONGEST_TITLE, default="")


@router.command(
    "lend",
    nl=("uitlenen", "leen uit"),
    fr=("prêter", "prête"),
    summary=N_("offers something of yours to other members: to lend, to share or to rent"),
    examples={"en": ("lend", "lend ladder"), "nl": ("uitlenen",), "fr": ("prêter",)},
    arguments=LendArguments,
    check=checks.member,
    who=checks.MEMBERS,
)
def lend(ctx: Context, arguments: LendArguments) -> None:
    _refuse_too_many(ctx)
    offer = Offer(places=_own_places(ctx))
    if arguments.title:
        offer = _called(ctx, offer, arguments.title)
        offer = offer.model_copy(update={"came_with_title": True})
    ctx.frame.start(ctx, dialogue.name, offer)


def _refuse_too_many(ctx: Context) -> None:
    """Raises Refused."""
    own = loans.of_person(ctx.session, member_accounts.same_person(ctx.session, ctx.user))
    if len(own) >= _MOST:
        raise Refused(
            N_(
                "You offer %(count)s things already, which is as much as fits."
                " “%(command)s” shows them and how to stop one."
            ),
            count=len(own),
            command=ctx.registry.word("loans", ctx.language),
        )


def _own_places(ctx: Context) -> list[str]:
    """The city and the region of the person's profile, as codes where a table knows them."""
    found = members.by_user(ctx.session, ctx.user)
    if found is None:
        return []
    known = ctx.labels.place(found.profile.city) if found.profile.city else None
    city = known.code if known is not None else found.profile.city
    region = found.profile.region or (known.region if known is not None else "")
    return list(dict.fromkeys(filter(None, (city, region))))


def _called(ctx: Context, offer: Offer, title: str) -> Offer:
    categories = categories_in(ctx.labels, title)
    return offer.model_copy(
        update={
            "title": title,
            "category": categories[0] if categories else None,
            "named": bool(categories),
        }
    )


def _ask_title(ctx: Context, data: Offer) -> Question:
    return Question("suppliers/ask_loan_title")


def _take_title(ctx: Context, data: Offer, said: Answer) -> Offer:
    title = one_line(said.text)
    if not 2 <= len(title) <= _LONGEST_TITLE or not any(sign.isalnum() for sign in title):
        raise Misunderstood(
            N_("what it is, in 2 to %(longest)s characters"), longest=_LONGEST_TITLE
        )
    return _called(ctx, data, title)


def _ask_mode(ctx: Context, data: Offer) -> Question:
    ways = tuple(
        Choice(
            mode, ctx._(said), tuple(word for words in MODE_WORDS[mode].values() for word in words)
        )
        for mode, said in _WAYS.items()
    )
    return Question("suppliers/ask_loan_mode", {"title": data.title}, choices=ways)


def _take_mode(ctx: Context, data: Offer, said: Answer) -> Offer:
    return data.model_copy(update={"mode": said.chosen[0]})


def _ask_category(ctx: Context, data: Offer) -> Question:
    return Question("suppliers/ask_loan_category", {"title": data.title})


def _take_category(ctx: Context, data: Offer, said: Answer) -> Offer:
    categories = categories_in(ctx.labels, said.text)
    if categories:
        return data.model_copy(update={"category": categories[0]})
    near = ctx.labels.suggest(one_line(said.text), "category", 3)
    if near:
        names = ", ".join(ctx.labels.name(one.code, ctx.language) for one in near)
        raise Misunderstood(N_("a kind of thing. Perhaps: %(names)s"), names=names)
    raise Misunderstood(N_("a kind of thing, such as tools, cameras or furniture"))


def _ask_own_place(ctx: Context, data: Offer) -> Question:
    places = tuple(Choice(place, ctx.labels.name(place, ctx.language)) for place in data.places)
    return Question(
        "suppliers/ask_loan_own_place",
        {"title": data.title},
        choices=(*places, Choice(_ELSEWHERE, ctx._(N_("somewhere else")))),
    )


def _take_own_place(ctx: Context, data: Offer, said: Answer) -> Offer:
    elsewhere = said.chosen[0] == _ELSEWHERE
    place = None if elsewhere else said.chosen[0]
    return data.model_copy(update={"elsewhere": elsewhere, "place": place})


def _ask_place(ctx: Context, data: Offer) -> Question:
    return Question("suppliers/ask_loan_place", {"title": data.title})


def _take_place(ctx: Context, data: Offer, said: Answer) -> Offer:
    typed = one_line(said.text)
    known = ctx.labels.place(typed)
    if known is None and (not 2 <= len(typed) <= _LONGEST_PLACE):
        raise Misunderstood(N_("a city or a region, in a few letters"))
    return data.model_copy(update={"place": known.code if known is not None else typed})


def _ask_terms(ctx: Context, data: Offer) -> Question:
    return Question("suppliers/ask_loan_terms", {"title": data.title})


def _take_terms(ctx: Context, data: Offer, said: Answer) -> Offer:
    terms = one_line(said.text)
    return data.model_copy(update={"terms": at_most(_LONGEST_TERMS, terms)})


def _ask_published(ctx: Context, data: Offer) -> Question:
    return Question(
        "suppliers/ask_loan_published",
        {"offer": data, "mode": MODE_SAID[data.mode]},
        choices=yes_no(ctx.language),
    )


def _take_published(ctx: Context, data: Offer, said: Answer) -> Offer:
    return data.model_copy(update={"published": said.chosen[0] == "yes"})


def _finish(ctx: Context, data: Offer) -> None:
    if not data.published:
        ctx.reply("suppliers/loan_not_published", title=data.title)
        return
    checks.member(ctx, None)
    _refuse_too_many(ctx)
    number = loans.add(
        ctx.session,
        ctx.user,
        data.title,
        data.mode,
        category=data.category,
        region=data.place,
        terms=data.terms,
        language=ctx.language,
        now=ctx.now_ms,
    )
    ctx.audit("loan.offered", _subject(number))
    reindex_loan(ctx.session, ctx.labels, number)
    ctx.reply("suppliers/loan_offered", title=data.title, number=number)


def _subject(loan_id: int) -> str:
    return f"loan:{loan_id}"


dialogue: Dialogue[Offer] = Dialogue(
    "suppliers.lend",
    title=N_("something to lend"),
    data=Offer,
    steps=(
        Step("title", _ask_title, _take_title, optional=False,
             applies=lambda data: not data.came_with_title),
        Step("mode", _ask_mode, _take_mode, optional=False),
        Step("category", _ask_category, _take_category, applies=lambda data: not data.named),
        Step("own_place", _ask_own_place, _take_own_place,
             applies=lambda data: bool(data.places)),
        Step("place", _ask_place, _take_place, applies=lambda data: data.elsewhere),
        Step("terms", _ask_terms, _take_terms),
        Step("published", _ask_published, _take_published, optional=False),
    ),
    finish=_finish,
)  # fmt: skip


# --- one's own, and stopping -----------------------------------------------------------------


@router.command(
    "loans",
    nl=("uitleen", "uitleningen", "mijn uitleningen", "mijn leningen"),
    fr=("prêts", "mes prêts"),
    summary=N_("shows what you lend to other members, and how to stop"),
    examples={"en": ("loans",), "nl": ("uitleen",), "fr": ("prêts",)},
    arguments=Nothing,
    reads_only=True,
)
def show_loans(ctx: Context, arguments: Nothing) -> None:
    own = loans.of_person(ctx.session, member_accounts.same_person(ctx.session, ctx.user))
    waiting: dict[int, list[Request]] = {}
    for request in loans.waiting(ctx.session, [loan.id for loan in own]):
        waiting.setdefault(request.loan_id, []).append(request)
    ctx.reply_privately(
        "suppliers/loans",
        loans=[(loan, MODE_SAID[loan.mode], waiting.get(loan.id, [])) for loan in own],
    )


@dataclass(frozen=True, slots=True)
class StopArguments:
    loan: int = positional(LoanNumber(), _A_NUMBER)
    reason: str = rest(N_("a reason"), longest=LONGEST_REASON, default="")


@router.command(
    "lend stop",
    nl=("uitlenen stop", "stop uitlenen", "uitleen stop"),
    fr=("prêter stop", "arrêter prêt", "prêts stop"),
    summary=N_("stops offering something that you lend"),
    examples={
        "en": ("lend stop L4",),
        "nl": ("uitlenen stop L4",),
        "fr": ("prêter stop L4",),
    },
    arguments=StopArguments,
    check=checks.member,
    who=checks.MEMBERS,
)
def stop(ctx: Context, arguments: StopArguments) -> None:
    """One's own; staff and buyers take down what should not be there, with a reason that its owner hears."""
    loan = loans.get(ctx.session, arguments.loan)
    if loan is None or loan.withdrawn_at is not None:
        raise not_found(arguments.loan)
    if is_own(ctx, loan):
        _withdraw(ctx, loan)
        ctx.reply_privately("suppliers/loan_stopped", loan=loan)
        return
    if not (is_staff(ctx) or is_buyer(ctx)):
        seen(ctx, arguments.loan)
        raise NotAllowed(_OWNERS)
    reason = one_line(arguments.reason)
    if not reason:
        raise MissingArgument(N_("a reason, which its owner hears"))
    _withdraw(ctx, loan)
    ctx.direct(loan.user_id, "suppliers/loan_taken_down", loan=loan, reason=reason)
    reply_discreetly(ctx, "staff" if is_staff(ctx) else "buyers", "suppliers/loan_taken", loan=loan)


def _withdraw(ctx: Context, loan: Loan) -> None:
    """Nobody finds it from now on; those who still waited for an answer hear so."""
    loans.withdraw(ctx.session, loan.id, now=ctx.now_ms)
    ctx.audit("loan.withdrawn", _subject(loan.id))
    reindex_loan(ctx.session, ctx.labels, loan.id)
    for request in loans.waiting(ctx.session, [loan.id]):
        loans.forget_request(ctx.session, loan.id, request.user_id)
        edit_everywhere(ctx, about(request), "suppliers/loan_request_settled", answered=None)
        ctx.direct(request.user_id, "suppliers/loan_gone", loan=loan)


# --- who left lends nothing ------------------------------------------------------------------


@router.membership
def left(ctx: Context, change: MembershipChange) -> None:
    """Whoever left the cooperative's Space, and is no member by another right, lends nothing."""
    if ctx.room is None or ctx.room.kind != "space" or change.after not in ("leave", "ban"):
        return
    if not checks.is_cooperative_member(ctx, change.user_id):
        for loan in loans.of_person(ctx.session, [change.user_id]):
            _withdraw(replace(ctx, user=change.user_id), loan)
            ctx.acted = True


@router.job("suppliers.loans", grace=timedelta(days=1), every=timedelta(hours=1))
def keep_up(ctx: Context, job: Job, late: bool) -> None:
    """The register says who left; they are found by nobody from then on, and forgotten by the index here."""
    for loan in loans.of_those_who_left(ctx.session):
        _withdraw(ctx, loan)
