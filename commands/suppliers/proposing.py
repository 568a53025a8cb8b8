"""`!propose supplier`: five short questions by which any member puts a supplier forward. What becomes of the
proposal is the buyers', in `reviewing`; its proposer hears of each step."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel, Field

from commands.kernel.catalogue import N_
from commands.kernel.choices import Choice, Misunderstood, at_most, yes_no
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.dialogue import Answer, Dialogue, Question, Step
from commands.kernel.errors import BadArgument, Refused
from commands.kernel.fields import FieldError, link
from commands.kernel.parameters import rest
from commands.kernel.teams import is_buyer
from commands.kernel.text import one_line
from commands.networks import checks
from commands.search.categories import categories_in
from commands.suppliers import progress
from commands.suppliers.fields import FIELDS, Around, parse
from commands.suppliers.rounds import UNDER_WAY, begin
from commands.suppliers.values import MODE_NAMES, MODE_WORDS, subject
from storage import charters, member_accounts, suppliers
from storage.suppliers import MODES, VISIBLE, Class, Draft, Mode

router = Router("suppliers")

# Proposals of one person that may wait at the same time; buyers have none, since it is they who decide.
_MOST_OPEN: Final = 3
_LONGEST_NAME: Final = FIELDS["name"].longest
_LONGEST_OFFER: Final = 600
_LONGEST_LAST: Final = 300
_ADDRESS: Final = re.compile(
    r"(?<![\w@.])(?:https?://)?(?:[\w\-]+\.)+[a-z]{2,24}(?:[/?#]\S*)?", re.I
)


class Proposal(BaseModel):
    """A proposal while it is being written. `same` are suppliers that are called nearly so: number and name;
    `came_with_name` says that its own came with the command."""

    name: str = ""
    came_with_name: bool = False
    same: list[tuple[int, str]] = Field(default_factory=list)
    another: bool = True
    offer: str = ""
    modes: list[Mode] = Field(default_factory=list)
    regions: list[str] = Field(default_factory=list)
    last: str = ""


def _ask_name(ctx: Context, data: Proposal) -> Question:
    return Question("suppliers/ask_supplier_name")


def _take_name(ctx: Context, data: Proposal, said: Answer) -> Proposal:
    return _called(ctx, data, said.text)


def _called(ctx: Context, data: Proposal, text: str) -> Proposal:
    name = one_line(text)
    if not 2 <= len(name) <= _LONGEST_NAME or not any(sign.isalnum() for sign in name):
        raise Misunderstood(N_("a name of 2 to %(longest)s characters"), longest=_LONGEST_NAME)
    return data.model_copy(update={"name": name, "same": _seen_alike(ctx, name), "another": True})


def _seen_alike(ctx: Context, name: str) -> list[tuple[int, str]]:
    """Suppliers called nearly so that the person may know of: those that members see, and their own."""
    own = {one.id for one in _own_open(ctx)}
    return [
        (number, other)
        for number, other, state in progress.resembling(ctx, name)
        if state in VISIBLE or number in own
    ]


def _ask_another(ctx: Context, data: Proposal) -> Question:
    return Question(
        "suppliers/ask_supplier_another",
        {"name": data.name, "same": data.same},
        choices=yes_no(ctx.language),
    )


def _take_another(ctx: Context, data: Proposal, said: Answer) -> Proposal:
    return data.model_copy(update={"another": said.chosen[0] == "yes"})


def _ask_offer(ctx: Context, data: Proposal) -> Question:
    return Question("suppliers/ask_supplier_offer", {"name": data.name})


def _take_offer(ctx: Context, data: Proposal, said: Answer) -> Proposal:
    text = said.text.strip()
    if len(text) < 3:
        raise Misunderstood(N_("a few words"))
    return data.model_copy(update={"offer": at_most(_LONGEST_OFFER, text)})


def _ask_modes(ctx: Context, data: Proposal) -> Question:
    offered = tuple(
        Choice(
            mode,
            ctx._(MODE_NAMES[mode]),
            tuple(word for words in MODE_WORDS[mode].values() for word in words),
        )
        for mode in MODES
    )
    return Question(
        "suppliers/ask_supplier_modes", {"name": data.name}, choices=offered, several=True
    )


def _take_modes(ctx: Context, data: Proposal, said: Answer) -> Proposal:
    return data.model_copy(update={"modes": list(said.chosen)})


def _ask_regions(ctx: Context, data: Proposal) -> Question:
    return Question("suppliers/ask_supplier_regions", {"name": data.name})


def _take_regions(ctx: Context, data: Proposal, said: Answer) -> Proposal:
    around = Around(ctx.labels, ctx.today, ctx.settings.currency)
    try:
        found = parse("regions", said.text, around).value
    except FieldError as error:
        raise Misunderstood(N_("one or more places, or “everywhere”")) from error
    return data.model_copy(update={"regions": list(found) if isinstance(found, tuple) else []})


def _ask_last(ctx: Context, data: Proposal) -> Question:
    return Question("suppliers/ask_supplier_why", {"name": data.name})


def _take_last(ctx: Context, data: Proposal, said: Answer) -> Proposal:
    text = one_line(said.text)
    return data.model_copy(update={"last": at_most(_LONGEST_LAST, text)})


def address_in(text: str) -> str | None:
    """The first web address that a text holds."""
    for match in _ADDRESS.finditer(text):
        try:
            return link(match[0].rstrip(".,;:!?)"))
        except FieldError:
            continue
    return None


def _usual_class(ctx: Context, categories: tuple[str, ...], modes: list[Mode]) -> Class:
    """A first guess, which buyers correct: what most such purchases are."""
    category = ctx.labels.category(categories[0]) if categories else None
    if modes == ["repair"]:
        return "service"
    if category is not None:
        return category.usual_class
    return "product" if {"buy", "second_hand"} & set(modes) else "service"


def _own_open(ctx: Context) -> list[suppliers.Supplier]:
    """What this person proposed, from any account, that is not decided yet."""
    return [
        supplier
        for account in member_accounts.same_person(ctx.session, ctx.user)
        for supplier in suppliers.proposed_by(ctx.session, account)
        if supplier.state in UNDER_WAY
    ]


def _refuse_too_many(ctx: Context) -> None:
    """Raises Refused."""
    waiting = _own_open(ctx)
    if len(waiting) >= _MOST_OPEN and not is_buyer(ctx):
        raise Refused(
            N_(
                "%(count)s of your proposals are still being looked at (%(names)s)."
                " Once one of them is decided you can propose another: thank you for your patience."
            ),
            count=len(waiting),
            names=", ".join(one.name for one in waiting),
        )


def _finish(ctx: Context, data: Proposal) -> None:
    if not data.another:
        ctx.reply("suppliers/not_another", same=data.same)
        return
    checks.member(ctx, None)
    _refuse_too_many(ctx)
    categories = categories_in(ctx.labels, data.offer)
    supplier_id = suppliers.add(
        ctx.session,
        Draft(
            data.name,
            _usual_class(ctx, categories, data.modes),
            website=address_in(data.last),
            contact=data.last or None,
            modes=tuple(data.modes),
            categories=categories,
            regions=tuple(data.regions),
            texts={"offer": {ctx.language: data.offer}},
        ),
        state="proposed",
        proposer=ctx.user,
        language=ctx.language,
        now=ctx.now_ms,
    )
    ctx.audit("supplier.proposed", subject(supplier_id))
    supplier = suppliers.get(ctx.session, supplier_id)
    assert supplier is not None
    has_charter = charters.in_force(ctx.session) is not None
    if has_charter:
        begin(ctx, supplier, "first")
    told = progress.show(ctx, supplier_id)
    ctx.reply("suppliers/supplier_proposed", supplier=supplier, told=told, has_charter=has_charter)


def _if_another(data: Proposal) -> bool:
    return data.another


dialogue: Dialogue[Proposal] = Dialogue(
    "suppliers.propose",
    title=N_("a supplier to propose"),
    data=Proposal,
    steps=(
        Step(
            "name", _ask_name, _take_name, optional=False,
            applies=lambda data: not data.came_with_name,
        ),
        Step(
            "another", _ask_another, _take_another, optional=False,
            applies=lambda data: bool(data.same),
        ),
        Step("offer", _ask_offer, _take_offer, optional=False, applies=_if_another),
        Step("modes", _ask_modes, _take_modes, optional=False, applies=_if_another),
        Step("regions", _ask_regions, _take_regions, applies=_if_another),
        Step("last", _ask_last, _take_last, applies=_if_another),
    ),
    finish=_finish,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ProposeArguments:
    name: str = rest(N_("the name of a supplier"), longest=_LONGEST_NAME, default="")


@router.command(
    "propose supplier",
    nl=(
        "voorstel leverancier",
        "leverancier voorstellen",
        "stel leverancier voor",
        "stel een leverancier voor",
        "stel voor leverancier",
    ),
    fr=(
        "proposer fournisseur",
        "proposer un fournisseur",
        "propose fournisseur",
        "propose un fournisseur",
    ),
    summary=N_("proposes a supplier; buyers hold it against the charter and you hear what comes"),
    examples={
        "en": ("propose supplier",),
        "nl": ("voorstel leverancier",),
        "fr": ("proposer fournisseur",),
    },
    arguments=ProposeArguments,
    check=checks.member,
    who=checks.MEMBERS,
)
def propose_supplier(ctx: Context, arguments: ProposeArguments) -> None:
    _refuse_too_many(ctx)
    proposal = Proposal()
    if arguments.name:
        try:
            proposal = _called(ctx, proposal, arguments.name)
        except Misunderstood as error:
            raise BadArgument(arguments.name, error.expected, **error.values) from error
        proposal = proposal.model_copy(update={"came_with_name": True})
    ctx.frame.start(ctx, dialogue.name, proposal)
