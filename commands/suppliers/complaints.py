"""Complaints about suppliers: a member makes one, only the buyers read it, the member hears what came of it.

One that is reviewed goes on in a round like any other (`rounds`, `voting`); they are never counted in public.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel

from commands.kernel import teams
from commands.kernel.catalogue import N_
from commands.kernel.choices import Misunderstood, at_most
from commands.kernel.command import Nothing, Router
from commands.kernel.context import Context
from commands.kernel.dialogue import Answer, Dialogue, Question, Step
from commands.kernel.errors import BadArgument, NotFound, Refused
from commands.kernel.incoming import Message, Reaction
from commands.kernel.parameters import positional, rest
from commands.kernel.telling import edit_everywhere, reply_discreetly, tell_team
from commands.kernel.words import truth_of
from commands.members.who import refuse_privately
from commands.networks import checks
from commands.suppliers import progress, rounds
from commands.suppliers.discretion import discreetly
from commands.suppliers.values import SupplierNumber, seen, subject
from storage import (
    deal_uses,
    member_accounts,
    outbox,
    people,
    supplier_complaints,
    supplier_rounds,
    suppliers,
)
from storage.supplier_complaints import Complaint
from storage.supplier_rounds import Outcome, Round
from storage.suppliers import Supplier

router = Router("suppliers")
for_buyers = Router("buyers")

ABOUT: Final = "complaint"
_SHORTEST, _LONGEST = 10, 2000
_MOST_OPEN: Final = 3
_SHOWN: Final = 15


def about(complaint_id: int) -> str:
    return f"{ABOUT}:{complaint_id}"


# --- a member complains --------------------------------------------------------------------------


class Draft(BaseModel):
    """A complaint while it is being written."""

    supplier: int
    text: str = ""


def _ask_text(ctx: Context, data: Draft) -> Question:
    supplier = suppliers.get(ctx.session, data.supplier)
    return Question("suppliers/ask_complaint", {"name": supplier.name if supplier else ""})


def _take_text(ctx: Context, data: Draft, answer: Answer) -> Draft:
    text = answer.text.strip()
    if len(text) < _SHORTEST:
        raise Misunderstood(N_("a sentence or two"))
    return data.model_copy(update={"text": at_most(_LONGEST, text)})


def _finish(ctx: Context, data: Draft) -> None:
    checks.member(ctx, None)
    _make(ctx, _concerning(ctx, data.supplier), data.text)


dialogue: Dialogue[Draft] = Dialogue(
    "suppliers.complain",
    title=N_("a complaint"),
    data=Draft,
    steps=(Step("text", _ask_text, _take_text, optional=False),),
    finish=_finish,
)


@dataclass(frozen=True, slots=True)
class ComplainArguments:
    supplier: int = positional(SupplierNumber(), N_("the number of a supplier"))
    text: str = rest(N_("what went wrong"), longest=_LONGEST, default="")


@router.command(
    "complain",
    en=("complaint", "complain about"),
    nl=("klacht", "klacht over"),
    fr=("plainte", "réclamation", "plainte contre"),
    summary=N_("tells the buyers, and nobody else, what went wrong with a supplier"),
    examples={
        "en": ("complain 12 the machine came back unrepaired, twice",),
        "nl": ("klacht 12 het toestel kwam twee keer terug zonder herstelling",),
        "fr": ("plainte 12 l'appareil est revenu deux fois sans être réparé",),
    },
    arguments=ComplainArguments,
    check=checks.member,
    who=checks.MEMBERS,
)
def complain(ctx: Context, arguments: ComplainArguments) -> None:
    supplier = _concerning(ctx, arguments.supplier)
    try:
        _refuse_more(ctx)
    except Refused as error:
        refuse_privately(ctx, error)
        return
    text = arguments.text.strip()
    if not text:
        ctx.frame.start(ctx, dialogue.name, Draft(supplier=supplier.id))
    elif len(text) < _SHORTEST:
        raise BadArgument(text, N_("a sentence or two"))
    else:
        _make(ctx, supplier, text)


def _concerning(ctx: Context, number: int) -> Supplier:
    """One that the person may see, or whose deal they used when they did. Raises NotFound."""
    supplier = suppliers.get(ctx.session, number)
    accounts = member_accounts.same_person(ctx.session, ctx.user)
    if supplier is not None and deal_uses.last(ctx.session, number, accounts) is not None:
        return supplier
    return seen(ctx, number)


def _refuse_more(ctx: Context) -> None:
    """Raises Refused where enough of the person's complaints wait."""
    accounts = member_accounts.same_person(ctx.session, ctx.user)
    made = supplier_complaints.of_people(ctx.session, accounts)
    waiting = [str(each.id) for each in made if each.status != "closed"]
    if len(waiting) >= _MOST_OPEN:
        raise Refused(
            N_(
                "The buyers still have complaints of yours to see to (%(numbers)s)."
                " When one of them is closed, you can make another."
            ),
            numbers=", ".join(waiting),
        )


def _make(ctx: Context, supplier: Supplier, text: str) -> None:
    """Raises Refused."""
    _refuse_more(ctx)
    complaint_id = supplier_complaints.add(
        ctx.session, supplier.id, ctx.user, text, language=ctx.language, now=ctx.now_ms
    )
    ctx.acted = True
    complaint = supplier_complaints.get(ctx.session, complaint_id)
    assert complaint is not None
    told = _tell_buyers(ctx, complaint, supplier)
    ctx.reply_privately(
        "suppliers/complaint_noted", complaint=complaint, supplier=supplier, told=told
    )


def _tell_buyers(ctx: Context, complaint: Complaint, supplier: Supplier) -> bool:
    return tell_team(
        ctx,
        "buyers",
        "suppliers/complaint",
        about=about(complaint.id),
        complaint=complaint,
        supplier=supplier,
    )


def tell_untold(ctx: Context) -> None:
    """What was complained of while there was no buyers' room that could be trusted."""
    for complaint in supplier_complaints.unsettled(ctx.session):
        supplier = suppliers.get(ctx.session, complaint.supplier_id)
        if supplier is not None and not outbox.about(ctx.session, about(complaint.id)):
            _tell_buyers(ctx, complaint, supplier)


# --- the buyers see to it ------------------------------------------------------------------------

_A_NUMBER: Final = N_("the number of a complaint; “%(command)s” shows them")


class ComplaintNumber:
    """Raises BadArgument with where the numbers stand."""

    def convert(self, text: str, ctx: Context) -> int:
        digits = text.lstrip("#")
        if digits.isascii() and digits.isdigit():
            return int(digits[:15])
        raise BadArgument(
            text[:40], _A_NUMBER, command=ctx.registry.word("complaints", ctx.language)
        )


@for_buyers.command(
    "complaints",
    nl=("klachten",),
    fr=("plaintes", "réclamations"),
    summary=N_("lists the complaints about suppliers that are not closed"),
    examples={"en": ("complaints",), "nl": ("klachten",), "fr": ("plaintes",)},
    arguments=Nothing,
    check=teams.buyers,
    who=teams.BUYERS,
    reads_only=True,
)
def list_complaints(ctx: Context, arguments: Nothing) -> None:
    found = supplier_complaints.unsettled(ctx.session)
    about_whom = suppliers.of_ids(ctx.session, {each.supplier_id for each in found[:_SHOWN]})
    reply_discreetly(
        ctx,
        "buyers",
        "suppliers/complaints",
        complaints=[(each, about_whom[each.supplier_id]) for each in found[:_SHOWN]],
        more=len(found[_SHOWN:]),
    )


@dataclass(frozen=True, slots=True)
class ComplaintArguments:
    complaint: int = positional(ComplaintNumber(), N_("the number of a complaint"))


@for_buyers.command(
    "complaint review",
    nl=("klacht onderzoeken", "klacht onderzoek", "klacht beoordelen"),
    fr=("plainte examiner", "examiner plainte", "plainte examen"),
    summary=N_("begins a new review of a supplier because of a complaint"),
    examples={
        "en": ("complaint review 3",),
        "nl": ("klacht onderzoeken 3",),
        "fr": ("plainte examiner 3",),
    },
    arguments=ComplaintArguments,
    check=teams.buyers,
    who=teams.BUYERS,
)
@discreetly
def review_complaint(ctx: Context, arguments: ComplaintArguments) -> None:
    complaint, supplier = _known(ctx, arguments.complaint)
    _review(ctx, complaint, supplier)


def _review(ctx: Context, complaint: Complaint, supplier: Supplier) -> None:
    """Raises Refused."""
    if complaint.status == "review":
        raise Refused(N_("That complaint is under review already."))
    _refuse_closed(complaint)
    if not supplier.is_visible:
        raise Refused(
            N_(
                "Members do not see %(name)s now, so a complaint begins no review."
                " Close it with an answer: “%(command)s”."
            ),
            name=supplier.name,
            command=f"{ctx.registry.word('complaint close', ctx.language)} {complaint.id}",
        )
    current = supplier_rounds.current(ctx.session, supplier.id)
    opened = current or rounds.begin(ctx, supplier, "complaint", with_scores_of=supplier.round_id)
    supplier_complaints.review(ctx.session, complaint.id, opened.id)
    ctx.audit("complaint.review", subject(supplier.id), complaint=complaint.id, round=opened.id)
    _edit(ctx, complaint.id, supplier)
    if current is None:
        progress.show(ctx, supplier.id)
    _tell_complainant(ctx, complaint, "suppliers/complaint_reviewed", supplier=supplier)
    reply_discreetly(
        ctx,
        "buyers",
        "suppliers/complaint_review",
        complaint=complaint,
        supplier=supplier,
        joined=current is not None,
    )


@dataclass(frozen=True, slots=True)
class CloseArguments:
    complaint: int = positional(ComplaintNumber(), N_("the number of a complaint"))
    answer: str = rest(N_("your answer to the member"), longest=_LONGEST)


@for_buyers.command(
    "complaint close",
    nl=("klacht sluiten", "klacht afsluiten", "klacht beantwoorden"),
    fr=("plainte clore", "plainte fermer", "clore plainte"),
    summary=N_("closes a complaint with an answer, which I send to who made it"),
    examples={
        "en": ("complaint close 3 they repair it again, free of charge",),
        "nl": ("klacht sluiten 3 ze herstellen het gratis opnieuw",),
        "fr": ("plainte clore 3 la réparation sera refaite gratuitement",),
    },
    arguments=CloseArguments,
    check=teams.buyers,
    who=teams.BUYERS,
)
@discreetly
def close_complaint(ctx: Context, arguments: CloseArguments) -> None:
    complaint, supplier = _known(ctx, arguments.complaint)
    _refuse_closed(complaint)
    supplier_complaints.close(
        ctx.session, complaint.id, answer=arguments.answer, by=ctx.user, now=ctx.now_ms
    )
    ctx.audit("complaint.closed", subject(supplier.id), complaint=complaint.id)
    _edit(ctx, complaint.id, supplier)
    answer = arguments.answer
    _tell_complainant(
        ctx, complaint, "suppliers/complaint_answer", supplier=supplier, answer=answer
    )
    reply_discreetly(ctx, "buyers", "suppliers/complaint_closed", complaint=complaint)


@for_buyers.answer(ABOUT)
def answered(ctx: Context, reference: str, answer: Message | Reaction) -> bool:
    """A yes under the complaint begins a review; a no needs an answer to the member first."""
    truth = truth_of(answer.key if isinstance(answer, Reaction) else answer.text)
    if truth is None:
        return False
    teams.buyers(ctx, None)
    complaint, supplier = _known(ctx, int(reference))
    if truth:
        _review(ctx, complaint, supplier)
    else:
        _refuse_closed(complaint)
        ctx.reply("suppliers/complaint_needs_answer", complaint=complaint)
    return True


def round_closed(ctx: Context, closed: Round, outcome: Outcome) -> None:
    """A round of review has ended: whoever complained hears what came of it, once the supplier has moved.

    Without a verdict their complaint is open again, for the buyers to see to.
    """
    supplier = suppliers.get(ctx.session, closed.supplier_id)
    if supplier is None:
        return
    for complaint in supplier_complaints.of_round(ctx.session, closed.id):
        if outcome == "withdrawn":
            supplier_complaints.reopen(ctx.session, complaint.id)
        else:
            supplier_complaints.close(
                ctx.session, complaint.id, answer=None, by=None, now=ctx.now_ms
            )
            _tell_complainant(
                ctx, complaint, "suppliers/complaint_outcome", supplier=supplier, outcome=outcome
            )
        _edit(ctx, complaint.id, supplier)


def _known(ctx: Context, number: int) -> tuple[Complaint, Supplier]:
    """Raises NotFound."""
    complaint = supplier_complaints.get(ctx.session, number)
    supplier = suppliers.get(ctx.session, complaint.supplier_id) if complaint else None
    if complaint is None or supplier is None:
        raise NotFound(
            str(number), _A_NUMBER, command=ctx.registry.word("complaints", ctx.language)
        )
    return complaint, supplier


def _refuse_closed(complaint: Complaint) -> None:
    if complaint.status == "closed":
        raise Refused(N_("That complaint is closed already."))


def _edit(ctx: Context, complaint_id: int, supplier: Supplier) -> None:
    complaint = supplier_complaints.get(ctx.session, complaint_id)
    edit_everywhere(
        ctx,
        about(complaint_id),
        "suppliers/complaint",
        team="buyers",
        complaint=complaint,
        supplier=supplier,
    )


def _tell_complainant(ctx: Context, complaint: Complaint, template: str, **variables: Any) -> None:
    if complaint.user_id is not None:
        language = people.language_of(ctx.session, complaint.user_id) or complaint.language
        ctx.direct(complaint.user_id, template, language=language, complaint=complaint, **variables)
