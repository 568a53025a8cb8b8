"""Suppliers that the cooperative would like to have: noted, approached, and proposed when they are ready; and
the log of what was said with any supplier (product.md, section 4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from pydantic import BaseModel

from commands.kernel import teams
from commands.kernel.catalogue import N_
from commands.kernel.choices import Misunderstood
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.dialogue import Answer, Dialogue, Question, Step
from commands.kernel.errors import BadArgument, Refused
from commands.kernel.fields import FieldError, link
from commands.kernel.paging import page_of
from commands.kernel.parameters import Integer, option, positional, rest
from commands.kernel.telling import reply_discreetly
from commands.search.categories import categories_in
from commands.suppliers import progress
from commands.suppliers.discretion import discreetly
from commands.suppliers.reviewing import propose_anew
from commands.suppliers.values import CLASS_NAMES, STATE_NAMES, SupplierNumber, known, subject
from commands.suppliers.wording import choices, understood
from storage import supplier_contacts, suppliers
from storage.supplier_contacts import Contact
from storage.suppliers import Class, Draft, State, Supplier

router = Router("buyers")

_PAGE: Final = 20
_SHORTEST_NOTE: Final = 3


class Prospect(BaseModel):
    """A prospect while it is being noted. `same` are suppliers called nearly so: number, name, state."""

    name: str
    same: list[tuple[int, str, State]] = []
    website: str | None = None
    contact: str | None = None
    offer: str = ""
    class_: Class = "service"


def _ask_reach(ctx: Context, data: Prospect) -> Question:
    return Question(
        "suppliers/ask_reach", {"name": data.name, "same": data.same, "states": STATE_NAMES}
    )


def _take_reach(ctx: Context, data: Prospect, answer: Answer) -> Prospect:
    """A web address alone is the website; all else is a contact."""
    text = answer.text.strip()
    try:
        website = link(text) if "@" not in text else None
    except FieldError:
        website = None
    if website is not None:
        found = understood(ctx, "website", text).value
        return data.model_copy(update={"website": found, "contact": None})
    found = understood(ctx, "contact", text).value
    return data.model_copy(update={"website": None, "contact": found})


def _ask_offer(ctx: Context, data: Prospect) -> Question:
    return Question("suppliers/ask_prospect_offer", {"name": data.name})


def _take_offer(ctx: Context, data: Prospect, answer: Answer) -> Prospect:
    offer = understood(ctx, "offer", answer.text).value
    if not isinstance(offer, str) or len(offer) < 3:
        raise Misunderstood(N_("a few words"))
    return data.model_copy(update={"offer": offer})


def _ask_class(ctx: Context, data: Prospect) -> Question:
    return Question("suppliers/ask_class", {"name": data.name}, choices=choices(ctx, "class"))


def _take_class(ctx: Context, data: Prospect, answer: Answer) -> Prospect:
    return data.model_copy(update={"class_": answer.chosen[0]})


def _finish(ctx: Context, data: Prospect) -> None:
    teams.buyers(ctx, None)
    number = suppliers.add(
        ctx.session,
        Draft(
            data.name,
            data.class_,
            website=data.website,
            contact=data.contact,
            categories=categories_in(ctx.labels, data.offer),
            texts={"offer": {ctx.language: data.offer}},
        ),
        state="prospect",
        proposer=None,
        language=ctx.language,
        now=ctx.now_ms,
    )
    ctx.audit("supplier.prospect", subject(number))
    ctx.reply("suppliers/prospect_noted", supplier=known(ctx, number))


dialogue: Dialogue[Prospect] = Dialogue(
    "suppliers.prospect",
    title=N_("a supplier to approach"),
    data=Prospect,
    steps=(
        Step("reach", _ask_reach, _take_reach),
        Step("offer", _ask_offer, _take_offer, optional=False),
        Step("class", _ask_class, _take_class, optional=False),
    ),
    finish=_finish,
)


@dataclass(frozen=True, slots=True)
class ProspectArguments:
    name: str = rest(N_("the name of a supplier"), longest=300)


@router.command(
    "prospect",
    nl=("prospect",),
    fr=("prospect",),
    summary=N_("notes a supplier that the cooperative would like to have"),
    examples={
        "en": ("prospect The Paper Mill",),
        "nl": ("prospect De Papiermolen",),
        "fr": ("prospect Le Moulin à papier",),
    },
    arguments=ProspectArguments,
    check=teams.buyers,
    who=teams.BUYERS,
)
def prospect(ctx: Context, arguments: ProspectArguments) -> None:
    try:
        name = understood(ctx, "name", arguments.name).value
    except Misunderstood as problem:
        raise BadArgument(arguments.name[:40], problem.expected, **problem.values) from problem
    assert isinstance(name, str)
    data = Prospect(name=name, same=progress.resembling(ctx, name))
    ctx.frame.start(ctx, dialogue.name, data)


@dataclass(frozen=True, slots=True)
class ProposeArguments:
    supplier: int = positional(SupplierNumber(), N_("the number of a supplier"))


@router.command(
    "prospect propose",
    nl=("prospect voorstellen", "voorstel prospect"),
    fr=("prospect proposer", "proposer prospect"),
    summary=N_("makes a proposal of a prospect: from then on you are its proposer"),
    examples={
        "en": ("prospect propose 12",),
        "nl": ("prospect voorstellen 12",),
        "fr": ("prospect proposer 12",),
    },
    arguments=ProposeArguments,
    check=teams.buyers,
    who=teams.BUYERS,
)
@discreetly
def propose(ctx: Context, arguments: ProposeArguments) -> None:
    supplier = known(ctx, arguments.supplier)
    if supplier.state != "prospect":
        raise Refused(
            N_("%(name)s is not a prospect any more: it is “%(state)s”."),
            name=supplier.name,
            state=ctx._(STATE_NAMES[supplier.state]),
        )
    if not supplier.text("offer", ctx.language):
        raise Refused(
            N_("First say what %(name)s offers: “%(command)s %(number)s”."),
            name=supplier.name,
            command=ctx.registry.word("supplier edit", ctx.language),
            number=supplier.id,
        )
    review = propose_anew(ctx, supplier)
    reply_discreetly(
        ctx,
        "buyers",
        "suppliers/prospect_proposed",
        supplier=review.supplier,
        has_charter=review.is_open,
    )


# --- contacts --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Listed:
    """A prospect, and its last contact with the whole days since; both None without any."""

    supplier: Supplier
    contact: Contact | None
    days: int | None


@dataclass(frozen=True, slots=True)
class ProspectsArguments:
    page: int = option(
        Integer(1, 500), N_("page"), default=1, en=("page",), nl=("pagina",), fr=("page",)
    )


@router.command(
    "prospects",
    nl=("prospecten",),
    fr=("prospects",),
    summary=N_("lists the prospects with the last contact, longest ago first"),
    examples={"en": ("prospects",), "nl": ("prospecten",), "fr": ("prospects",)},
    arguments=ProspectsArguments,
    check=teams.buyers,
    who=teams.BUYERS,
    reads_only=True,
)
def list_prospects(ctx: Context, arguments: ProspectsArguments) -> None:
    found = suppliers.in_state(ctx.session, "prospect")
    last = supplier_contacts.latest(ctx.session, [one.id for one in found])
    listed = [_listed(ctx, one, last.get(one.id)) for one in found]
    listed.sort(key=lambda one: (one.contact.at if one.contact else 0, one.supplier.created_at))
    page = page_of(listed, arguments.page, _PAGE)
    reply_discreetly(
        ctx,
        "buyers",
        "suppliers/prospects",
        listed=page.items,
        total=len(listed),
        page=page.number,
        pages=page.pages,
        classes=CLASS_NAMES,
    )


def _listed(ctx: Context, supplier: Supplier, contact: Contact | None) -> Listed:
    if contact is None:
        return Listed(supplier, None, None)
    return Listed(supplier, contact, (ctx.today - _day(ctx, contact.at)).days)


def _day(ctx: Context, at: int) -> date:
    return datetime.fromtimestamp(at / 1000, ctx.settings.timezone).date()


@dataclass(frozen=True, slots=True)
class ContactedArguments:
    supplier: int = positional(SupplierNumber(), N_("the number of a supplier"))
    note: str = rest(N_("what was said"), longest=1000)


@router.command(
    "contacted",
    nl=("gecontacteerd", "contact gehad"),
    fr=("contacté", "contactée"),
    summary=N_("notes what was said with a supplier, for buyers to read"),
    examples={
        "en": ("contacted 12 they send prices next week",),
        "nl": ("gecontacteerd 12 ze sturen volgende week prijzen",),
        "fr": ("contacté 12 les prix arrivent la semaine prochaine",),
    },
    arguments=ContactedArguments,
    check=teams.buyers,
    who=teams.BUYERS,
)
@discreetly
def contacted(ctx: Context, arguments: ContactedArguments) -> None:
    supplier = known(ctx, arguments.supplier)
    note = arguments.note.strip()
    if len(note) < _SHORTEST_NOTE:
        raise BadArgument(note, N_("a few words about what was said"))
    supplier_contacts.add(ctx.session, supplier.id, ctx.user, note, now=ctx.now_ms)
    ctx.audit("supplier.contacted", subject(supplier.id))
    reply_discreetly(ctx, "buyers", "suppliers/contacted", supplier=supplier)


@dataclass(frozen=True, slots=True)
class ContactsArguments:
    supplier: int = positional(SupplierNumber(), N_("the number of a supplier"))
    page: int = option(
        Integer(1, 500), N_("page"), default=1, en=("page",), nl=("pagina",), fr=("page",)
    )


@router.command(
    "contacts",
    nl=("contacten",),
    fr=("contacts",),
    summary=N_("shows what was said with a supplier, the latest first"),
    examples={"en": ("contacts 12",), "nl": ("contacten 12",), "fr": ("contacts 12",)},
    arguments=ContactsArguments,
    check=teams.buyers,
    who=teams.BUYERS,
    reads_only=True,
)
@discreetly
def contacts(ctx: Context, arguments: ContactsArguments) -> None:
    supplier = known(ctx, arguments.supplier)
    found = supplier_contacts.of_supplier(ctx.session, supplier.id)
    page = page_of(found, arguments.page, _PAGE)
    reply_discreetly(
        ctx,
        "buyers",
        "suppliers/contacts",
        supplier=supplier,
        contacts=[(one, _day(ctx, one.at)) for one in page.items],
        page=page.number,
        pages=page.pages,
    )
