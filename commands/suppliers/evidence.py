"""Evidence for the criteria of the charter: recorded in a conversation (a claim, a link or a file, and its last
day), sent back to a buyer who wants to read it, withdrawn, or asked of whoever proposed the supplier."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from pydantic import BaseModel, Field

from commands.kernel import fields, teams
from commands.kernel.catalogue import N_
from commands.kernel.choices import Choice, Misunderstood, yes_no
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.dialogue import Answer, Dialogue, Question, Step
from commands.kernel.errors import BadArgument, NotFound, Refused
from commands.kernel.parameters import positional, rest
from commands.kernel.telling import reply_discreetly
from commands.kernel.text import one_line
from commands.labels.fold import fold
from commands.suppliers import progress
from commands.suppliers.days import day_ahead, years_after
from commands.suppliers.discretion import discreetly
from commands.suppliers.rounds import charter_in_force, look, refuse_barred
from commands.suppliers.standing import move
from commands.suppliers.values import SupplierNumber, known, subject
from commands.suppliers.voting import answer
from storage import charters, supplier_evidence, supplier_rounds
from storage.charters import Charter
from storage.outbox import FileOut
from storage.supplier_evidence import Evidence, File
from storage.suppliers import Supplier

router = Router("buyers")

_LONGEST_CLAIM: Final = 500
_LONGEST_NAME: Final = 120
_MOST_YEARS: Final = 5


class Draft(BaseModel):
    """Evidence while it is being told. `again` asks first whether there is another one, after the one of that
    number. The file is never stored with the conversation, so it comes last."""

    supplier: int
    charter: int
    recorded: int | None = None
    another: bool = True
    criterion: str = ""
    claim: str = ""
    until: str = ""
    link: str | None = None
    file_name: str = Field(default="", exclude=True)
    file_type: str = Field(default="", exclude=True)
    file: bytes = Field(default=b"", exclude=True)


def _charter(ctx: Context, data: Draft) -> Charter:
    found = charters.get(ctx.session, data.charter)
    assert found is not None, "versions of the charter are never removed"
    return found


def _ask_another(ctx: Context, data: Draft) -> Question:
    return Question(
        "suppliers/ask_another_evidence",
        {"number": data.recorded, "supplier": known(ctx, data.supplier)},
        choices=yes_no(ctx.language),
    )


def _take_another(ctx: Context, data: Draft, said: Answer) -> Draft:
    return data.model_copy(update={"another": said.chosen[0] == "yes"})


def _ask_criterion(ctx: Context, data: Draft) -> Question:
    offered = tuple(
        Choice(each.key, each.name(ctx.language), tuple(each.texts.get("name", {}).values()))
        for each in _charter(ctx, data).criteria
    )
    return Question(
        "suppliers/ask_evidence_criterion", {"supplier": known(ctx, data.supplier)}, choices=offered
    )


def _take_criterion(ctx: Context, data: Draft, said: Answer) -> Draft:
    return data.model_copy(update={"criterion": said.chosen[0]})


def _ask_claim(ctx: Context, data: Draft) -> Question:
    criterion = _charter(ctx, data).criterion(data.criterion)
    return Question("suppliers/ask_claim", {"criterion": criterion})


def _take_claim(ctx: Context, data: Draft, said: Answer) -> Draft:
    text = one_line(said.text)
    if not 3 <= len(text) <= _LONGEST_CLAIM:
        raise Misunderstood(
            N_("what the supplier says, in 3 to %(longest)s characters"), longest=_LONGEST_CLAIM
        )
    return data.model_copy(update={"claim": text})


def _ask_until(ctx: Context, data: Draft) -> Question:
    return Question("suppliers/ask_valid_until", {"usual": years_after(ctx.today, 1)})


def _take_until(ctx: Context, data: Draft, said: Answer) -> Draft:
    day = day_ahead(ctx, said.text, years=_MOST_YEARS)
    return data.model_copy(update={"until": day.isoformat()})


def _ask_proof(ctx: Context, data: Draft) -> Question:
    return Question("suppliers/ask_proof", {"megabytes": _megabytes(ctx)})


def _megabytes(ctx: Context) -> int:
    return max(1, ctx.settings.largest_file // 1_000_000)


def _take_proof(ctx: Context, data: Draft, said: Answer) -> Draft:
    if said.file is None:
        try:
            address = fields.link(said.text.strip())
        except fields.FieldError as error:
            raise Misunderstood(N_("a link or a file; or “skip” without one")) from error
        return data.model_copy(update={"link": address})
    if said.file.data is None or len(said.file.data) > ctx.settings.largest_file:
        raise Misunderstood(
            N_("a file of at most %(megabytes)s MB"),
            megabytes=_megabytes(ctx),
        )
    return data.model_copy(
        update={
            "file_name": one_line(said.file.name)[-_LONGEST_NAME:] or "evidence",
            "file_type": said.file.mimetype,
            "file": said.file.data,
        }
    )


def _finish(ctx: Context, data: Draft) -> None:
    teams.buyers(ctx, None)
    supplier = known(ctx, data.supplier)
    if not data.another:
        answer(ctx, look(ctx.session, supplier))
        return
    file = File(data.file_name, data.file_type, data.file) if data.file else None
    number = supplier_evidence.add(
        ctx.session,
        supplier.id,
        data.criterion,
        data.claim,
        link=data.link,
        file=file,
        # Evidence is looked at every year (product.md, section 4) unless it says otherwise.
        valid_until=data.until or years_after(ctx.today, 1).isoformat(),
        by=ctx.user,
        now=ctx.now_ms,
    )
    ctx.audit(
        "supplier.evidence_recorded",
        subject(supplier.id),
        evidence=number,
        criterion=data.criterion,
    )
    progress.show(ctx, supplier.id)
    following = Draft(supplier=supplier.id, charter=data.charter, recorded=number)
    ctx.frame.start(ctx, dialogue.name, following)


def _if_another(data: Draft) -> bool:
    return data.another


dialogue: Dialogue[Draft] = Dialogue(
    "suppliers.evidence",
    title=N_("evidence about a supplier"),
    data=Draft,
    steps=(
        Step(
            "another",
            _ask_another,
            _take_another,
            optional=False,
            applies=lambda data: data.recorded is not None,
        ),
        Step("criterion", _ask_criterion, _take_criterion, optional=False, applies=_if_another),
        Step("claim", _ask_claim, _take_claim, optional=False, applies=_if_another),
        Step("until", _ask_until, _take_until, applies=_if_another),
        Step("proof", _ask_proof, _take_proof, takes_file=True, applies=_if_another),
    ),
    finish=_finish,
)


# --- the command ---------------------------------------------------------------------------------


def _record(ctx: Context, supplier: Supplier, words: str) -> None:
    if supplier.state == "prospect":
        raise Refused(
            N_("Supplier %(number)s is a prospect: it has to be proposed first."),
            number=supplier.id,
        )
    current = supplier_rounds.current(ctx.session, supplier.id)
    version = current.charter_version if current else charter_in_force(ctx).version
    ctx.frame.start(ctx, dialogue.name, Draft(supplier=supplier.id, charter=version))


def _named(ctx: Context, supplier: Supplier, words: str) -> Evidence:
    """The evidence of that number. Raises NotFound."""
    digits = words.strip().lstrip("#")
    number = int(digits[:15]) if digits.isascii() and digits.isdigit() else 0
    found = supplier_evidence.get(ctx.session, number)
    if found is None or found.supplier_id != supplier.id or found.withdrawn_at is not None:
        raise NotFound(
            words[:40],
            N_("the number of evidence; “%(command)s %(number)s” shows them"),
            command=ctx.registry.word("review", ctx.language),
            number=supplier.id,
        )
    return found


def _show(ctx: Context, supplier: Supplier, words: str) -> None:
    found = _named(ctx, supplier, words)
    file = supplier_evidence.file_of(ctx.session, found.id)
    criterion = _criterion_name(ctx, found.criterion)
    there = ctx.privately()
    there.reply(
        "suppliers/evidence",
        evidence=found,
        supplier=supplier,
        criterion=criterion,
        today=ctx.today.isoformat(),
        day=date.fromisoformat,
    )
    if file is not None:
        there.send_file(FileOut(file.name, file.mimetype, file.data), user_id=ctx.user)
    if not ctx.is_direct:
        ctx.say_sent_privately()


def _criterion_name(ctx: Context, key: str) -> str:
    charter = charters.in_force(ctx.session)
    criterion = charter.criterion(key) if charter is not None else None
    return criterion.name(ctx.language) if criterion is not None else key


def _withdraw(ctx: Context, supplier: Supplier, words: str) -> None:
    found = _named(ctx, supplier, words)
    supplier_evidence.withdraw(ctx.session, found.id, now=ctx.now_ms)
    ctx.audit(
        "supplier.evidence_withdrawn",
        subject(supplier.id),
        evidence=found.id,
        criterion=found.criterion,
    )
    progress.show(ctx, supplier.id)
    reply_discreetly(
        ctx, "buyers", "suppliers/evidence_withdrawn", evidence=found, supplier=supplier
    )


def _ask_for_more(ctx: Context, supplier: Supplier, words: str) -> None:
    """What is under review goes back to gathering evidence: whoever voted did so on less."""
    if len(words.strip()) < 3:
        raise BadArgument(words, N_("what is missing, in a few words"))
    if supplier.state not in ("triage", "evidence", "review"):
        raise Refused(
            N_(
                "Supplier %(number)s is not under review now."
                " “%(command)s %(number)s” shows where it stands."
            ),
            number=supplier.id,
            command=ctx.registry.word("review", ctx.language),
        )
    refuse_barred(ctx, supplier)
    review = look(ctx.session, supplier)
    if supplier.state != "evidence":
        if review.round is not None:
            supplier_rounds.end_votes(ctx.session, review.round.id)
        supplier = move(ctx, supplier, "evidence")
    ctx.audit("supplier.more_evidence", subject(supplier.id))
    progress.tell_proposer(ctx, supplier, "more_evidence", reason=words.strip())
    progress.show(ctx, supplier.id, asked_again=len(review.votes))
    answer(ctx, look(ctx.session, supplier), asked_again=len(review.votes))


_WORDS: Final[dict[Callable[[Context, Supplier, str], None], tuple[str, ...]]] = {
    _show: ("show", "toon", "bekijk", "montrer", "montre", "voir"),
    _withdraw: ("withdraw", "remove", "intrekken", "verwijder", "retirer", "retire", "supprimer"),
    _ask_for_more: ("ask", "vraag", "demander", "demande"),
}
_ACTIONS: Final = {word: action for action, words in _WORDS.items() for word in words}


@dataclass(frozen=True, slots=True)
class EvidenceArguments:
    supplier: int = positional(SupplierNumber(), N_("the number of a supplier"))
    words: str = rest(N_("show, withdraw or ask"), longest=600, default="")


@router.command(
    "evidence",
    nl=("bewijs", "bewijzen"),
    fr=("preuve", "preuves"),
    summary=N_(
        "records evidence about a supplier; shows or withdraws some, or asks the proposer for more"
    ),
    examples={
        "en": (
            "evidence 12",
            "evidence 12 show 3",
            "evidence 12 withdraw 3",
            "evidence 12 ask who makes the paper",
        ),
        "nl": (
            "bewijs 12",
            "bewijs 12 toon 3",
            "bewijs 12 intrekken 3",
            "bewijs 12 vraag wie het papier maakt",
        ),
        "fr": (
            "preuve 12",
            "preuve 12 montrer 3",
            "preuve 12 retirer 3",
            "preuve 12 demander qui fabrique le papier",
        ),
    },
    arguments=EvidenceArguments,
    check=teams.buyers,
    who=teams.BUYERS,
)
@discreetly
def evidence(ctx: Context, arguments: EvidenceArguments) -> None:
    supplier = known(ctx, arguments.supplier)
    first, _, following = arguments.words.strip().partition(" ")
    if not first:
        _record(ctx, supplier, "")
        return
    action = _ACTIONS.get(fold(first))
    if action is None:
        raise BadArgument(first[:40], N_("“show 3”, “withdraw 3”, or “ask” and what is missing"))
    action(ctx, supplier, following)
