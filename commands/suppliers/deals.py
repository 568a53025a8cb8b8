"""`!deal` and `!rate`: how to get a supplier's deal, told to one person alone, and what they made of it, which
the bot asks some days later."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from pydantic import BaseModel

from commands.kernel.catalogue import N_
from commands.kernel.choices import Misunderstood, at_most
from commands.kernel.command import Router
from commands.kernel.context import Context, milliseconds
from commands.kernel.dialogue import Answer, Dialogue, Question, Step
from commands.kernel.errors import Refused
from commands.kernel.incoming import Message, Reaction
from commands.kernel.moments import is_decent, next_decent
from commands.kernel.parameters import Integer, positional, rest
from commands.kernel.text import one_line
from commands.members.who import refuse_privately
from commands.networks import checks
from commands.suppliers.showing import deal_of, deal_shown
from commands.suppliers.values import SupplierNumber, seen
from storage import deal_uses, jobs, member_accounts, members, suppliers
from storage.deal_uses import Use
from storage.jobs import Job
from storage.suppliers import Supplier

router = Router("suppliers")

ASK: Final = "suppliers.ask_deal"
ABOUT: Final = "deal_use"
LONGEST_WORD: Final = 200
# At or under this it did not work: a complaint is offered.
_POOR: Final = 2
_ASKED_ONCE_IN: Final = timedelta(days=30)
# Nobody remembers after that.
_TOO_LATE: Final = timedelta(days=21)
_RATED: Final = re.compile(r"([1-5])(?:\s*/\s*5)?(?:[\s.,:;!–-]+(.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class DealArguments:
    supplier: int = positional(SupplierNumber(), N_("the number of a supplier"))


@router.command(
    "deal",
    nl=("voordeel", "korting"),
    fr=("avantage", "remise"),
    summary=N_("sends you how to get a supplier's deal, by direct chat"),
    examples={"en": ("deal 12",), "nl": ("voordeel 12",), "fr": ("avantage 12",)},
    arguments=DealArguments,
    check=checks.member,
    who=checks.MEMBERS,
)
def send_deal(ctx: Context, arguments: DealArguments) -> None:
    supplier = _approved(ctx, arguments.supplier)
    shown = deal_shown(ctx, supplier)
    deal = deal_of(supplier)
    if deal is None or shown.stands != "on":
        ctx.reply("suppliers/no_deal", supplier=supplier, deal=shown)
        return
    use_id, is_asked = _note_use(ctx, supplier)
    ctx.reply_privately(
        "suppliers/deal",
        about=f"{ABOUT}:{use_id}",
        is_asked=is_asked,
        supplier=supplier,
        deal=deal,
        shown=shown,
        steps=supplier.text("steps", ctx.language),
        pickup=supplier.text("pickup", ctx.language),
    )


def _approved(ctx: Context, number: int) -> Supplier:
    """A supplier whose deal can be used. Raises NotFound, and Refused for buyers, who see others too."""
    supplier = seen(ctx, number)
    if not supplier.is_visible:
        raise Refused(N_("This supplier is not approved, so members cannot use its deal."))
    return supplier


def _note_use(ctx: Context, supplier: Supplier) -> tuple[int, bool]:
    """Once for each person and local day; whether what they made of it will be asked comes with it."""
    accounts = member_accounts.same_person(ctx.session, ctx.user)
    day = ctx.today.isoformat()
    use_id, is_new = deal_uses.note(
        ctx.session, supplier.id, ctx.user, accounts, day=day, now=ctx.now_ms
    )
    due = next_decent(ctx.now + ctx.settings.ask_after, ctx.settings.timezone)
    if is_new:
        jobs.add(ctx.session, ASK, str(use_id), due_at=milliseconds(due), data={"use": use_id})
    ctx.acted = True
    use = deal_uses.get(ctx.session, use_id)
    is_rated = use is not None and use.rating is not None
    return use_id, not is_rated and not _was_asked(ctx, supplier.id, accounts, due)


def _was_asked(ctx: Context, supplier_id: int, accounts: Sequence[str], moment: datetime) -> bool:
    """Whether the person is not to be asked about that supplier again at that moment."""
    since = milliseconds(moment - _ASKED_ONCE_IN)
    return deal_uses.was_asked(ctx.session, supplier_id, accounts, since=since)


# --- asking what came of it ----------------------------------------------------------------------


class Verdict(BaseModel):
    """What somebody makes of a use; `word` is None while it was not asked or said."""

    use: int
    supplier: int
    name: str
    rating: int | None = None
    word: str | None = None


@router.job(ASK, grace=_TOO_LATE)
def ask(ctx: Context, job: Job, late: bool) -> None:
    use = deal_uses.get(ctx.session, int(job.data["use"]))
    if use is None or use.user_id is None or late:
        return
    if not is_decent(ctx.now, ctx.settings.timezone):
        # The bot was down when it was due: not in the night for that.
        due = next_decent(ctx.now, ctx.settings.timezone)
        again = f"{use.id}/{due.date().isoformat()}"
        jobs.add(ctx.session, ASK, again, due_at=milliseconds(due), data=job.data)
        return
    supplier = suppliers.get(ctx.session, use.supplier_id)
    if supplier is None or not supplier.is_visible or not _may_be_asked(ctx, use, use.user_id):
        return
    if not deal_uses.mark_asked(ctx.session, use.id, now=ctx.now_ms):
        return
    ctx.acted = True
    theirs = replace(
        ctx, user=use.user_id, language=ctx.language_for(use.user_id), room=None
    ).privately()
    ctx.frame.start(
        theirs,
        dialogue.name,
        Verdict(use=use.id, supplier=supplier.id, name=supplier.name),
    )


def _may_be_asked(ctx: Context, use: Use, user_id: str) -> bool:
    """Not who left, nor who said it already, nor twice in a month about the same supplier."""
    known = members.by_user(ctx.session, user_id)
    if (known is not None and known.status != "active") or not checks.is_cooperative_member(
        ctx, user_id
    ):
        return False
    accounts = member_accounts.same_person(ctx.session, user_id)
    newest = deal_uses.last(ctx.session, use.supplier_id, accounts)
    if newest is not None and newest.rating is not None:
        return False
    return not _was_asked(ctx, use.supplier_id, accounts, ctx.now)


def read_rating(text: str) -> tuple[int, str] | None:
    """`4 quick and kind` as a number from 1 to 5 and what was said with it."""
    found = _RATED.fullmatch(text.strip())
    return (int(found[1]), one_line(found[2] or "")) if found is not None else None


def _ask_rating(ctx: Context, data: Verdict) -> Question:
    return Question(
        "suppliers/ask_rating", {"name": data.name, "smallest": ctx.settings.smallest_count}
    )


def _take_rating(ctx: Context, data: Verdict, answer: Answer) -> Verdict:
    read = read_rating(answer.text)
    if read is None:
        raise Misunderstood(N_("a number from 1 (it did not work) to 5 (very good)"))
    rating, word = read
    return data.model_copy(update={"rating": rating, "word": at_most(LONGEST_WORD, word) or None})


def _ask_word(ctx: Context, data: Verdict) -> Question:
    return Question("suppliers/ask_word", {"smallest": ctx.settings.smallest_count})


def _take_word(ctx: Context, data: Verdict, answer: Answer) -> Verdict:
    return data.model_copy(update={"word": at_most(LONGEST_WORD, one_line(answer.text))})


def _finish(ctx: Context, data: Verdict) -> None:
    use = deal_uses.get(ctx.session, data.use)
    if data.rating is not None and use is not None:
        deal_uses.rate(ctx.session, use.id, data.rating, data.word or "", now=ctx.now_ms)
    ctx.reply(
        "suppliers/rated",
        name=data.name,
        number=data.supplier,
        rating=data.rating,
        poor=data.rating is not None and data.rating <= _POOR,
    )


dialogue: Dialogue[Verdict] = Dialogue(
    "suppliers.rate_deal",
    title=N_("how a deal went"),
    data=Verdict,
    steps=(
        Step("rating", _ask_rating, _take_rating),
        Step(
            "word",
            _ask_word,
            _take_word,
            applies=lambda data: data.rating is not None and data.word is None,
        ),
    ),
    finish=_finish,
)


@router.answer(ABOUT)
def answered(ctx: Context, reference: str, answer: Message | Reaction) -> bool:
    """A number and a word in reply to how to get the deal."""
    if isinstance(answer, Reaction) or (read := read_rating(answer.text)) is None:
        return False
    use = deal_uses.get(ctx.session, int(reference))
    supplier = suppliers.get(ctx.session, use.supplier_id) if use is not None else None
    if use is None or supplier is None or not supplier.is_visible:
        return False
    if use.user_id not in member_accounts.same_person(ctx.session, ctx.user):
        return False
    rating, word = read
    _rate(ctx, supplier, use, rating, word[:LONGEST_WORD])
    return True


# --- rating unasked ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RateArguments:
    supplier: int = positional(SupplierNumber(), N_("the number of a supplier"))
    rating: int = positional(
        Integer(1, 5), N_("a number from 1 (it did not work) to 5 (very good)")
    )
    word: str = rest(N_("a word about it"), longest=LONGEST_WORD, default="")


@router.command(
    "rate",
    nl=("beoordeel",),
    fr=("noter", "note"),
    summary=N_("rates a deal that you used, from 1 to 5, with a word if you like"),
    examples={
        "en": ("rate 12 4 quick and kind",),
        "nl": ("beoordeel 12 4 snel en vriendelijk",),
        "fr": ("noter 12 4 rapide et aimable",),
    },
    arguments=RateArguments,
    check=checks.member,
    who=checks.MEMBERS,
)
def rate(ctx: Context, arguments: RateArguments) -> None:
    supplier = _approved(ctx, arguments.supplier)
    accounts = member_accounts.same_person(ctx.session, ctx.user)
    use = deal_uses.last(ctx.session, supplier.id, accounts)
    if use is None:
        # Whether somebody used a deal is theirs to tell.
        refuse_privately(
            ctx,
            Refused(
                N_("Only those who used its deal rate a supplier. How to get it: “%(command)s”"),
                command=f"{ctx.registry.word('deal', ctx.language)} {supplier.id}",
            ),
        )
        return
    _rate(ctx, supplier, use, arguments.rating, one_line(arguments.word))


def _rate(ctx: Context, supplier: Supplier, use: Use, rating: int, word: str) -> None:
    deal_uses.rate(ctx.session, use.id, rating, word, now=ctx.now_ms)
    ctx.acted = True
    ctx.reply(
        "suppliers/rated",
        name=supplier.name,
        number=supplier.id,
        rating=rating,
        poor=rating <= _POOR,
    )
