"""`!supplier edit`: buyers change one field of a supplier at a time; where it stands does not move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel

from commands.kernel import catalogue, teams
from commands.kernel.catalogue import N_
from commands.kernel.choices import Choice, Misunderstood
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.dialogue import Answer, Dialogue, Question, Step
from commands.kernel.errors import Refused
from commands.kernel.fields import FieldError
from commands.kernel.parameters import OneOf, positional, rest
from commands.kernel.telling import tell_team
from commands.suppliers.companies import Company
from commands.suppliers.discretion import discreetly
from commands.suppliers.fields import FIELDS, REQUIRED, TEXTS, Parsed, value_of, with_value
from commands.suppliers.indexing import reindex
from commands.suppliers.progress import show as show_progress
from commands.suppliers.values import SupplierNumber, known, subject
from commands.suppliers.wording import choices, misunderstood, noticed, shown, understood
from storage import suppliers
from storage.suppliers import Draft, Supplier, draft_of

router = Router("buyers")

# What the buyers hear of when it changes for a supplier that members see: what was approved was another.
_TOLD: Final = frozenset(("name", "company", "class", "modes", "categories"))

FIELD_WORDS: Final[Mapping[str, Mapping[str, Sequence[str]]]] = {
    "name": {"en": ("name",), "nl": ("naam",), "fr": ("nom",)},
    "offer": {
        "en": ("offer", "description"),
        "nl": ("aanbod", "omschrijving"),
        "fr": ("offre", "description"),
    },
    "modes": {
        "en": ("mode", "modes"),
        "nl": ("wijze", "wijzen", "manier"),
        "fr": ("mode", "modes", "manière"),
    },
    "class": {"en": ("class",), "nl": ("klasse",), "fr": ("classe",)},
    "categories": {
        "en": ("categories", "category"),
        "nl": ("categorieën", "categorie"),
        "fr": ("catégories", "catégorie"),
    },
    "regions": {
        "en": ("regions", "region", "place"),
        "nl": ("regio's", "regio", "plaats"),
        "fr": ("régions", "région", "lieu"),
    },
    "languages": {
        "en": ("languages", "language"),
        "nl": ("talen", "taal"),
        "fr": ("langues", "langue"),
    },
    "website": {
        "en": ("website", "site", "link"),
        "nl": ("website", "site"),
        "fr": ("site", "site web"),
    },
    "company": {
        "en": ("company number", "number", "vat number"),
        "nl": ("ondernemingsnummer", "nummer", "btw-nummer"),
        "fr": ("numéro d'entreprise", "numéro", "numéro de TVA"),
    },
    "contact": {"en": ("contact",), "nl": ("contact",), "fr": ("contact",)},
    "deal": {
        "en": ("deal", "discount"),
        "nl": ("voordeel", "korting"),
        "fr": ("avantage", "remise"),
    },
    "steps": {"en": ("steps",), "nl": ("stappen",), "fr": ("étapes",)},
    "code": {
        "en": ("code", "discount code"),
        "nl": ("code", "kortingscode"),
        "fr": ("code", "code de remise"),
    },
    "deal_contact": {
        "en": ("contact for members", "deal contact"),
        "nl": ("contact voor leden",),
        "fr": ("contact pour les membres",),
    },
    "starts": {
        "en": ("first day", "start", "starts"),
        "nl": ("eerste dag", "begin"),
        "fr": ("premier jour", "début"),
    },
    "ends": {
        "en": ("last day", "end", "ends"),
        "nl": ("laatste dag", "einde"),
        "fr": ("dernier jour", "fin"),
    },
    "deposit": {"en": ("deposit",), "nl": ("waarborg",), "fr": ("caution",)},
    "pickup": {
        "en": ("pickup", "pick-up", "pickup point"),
        "nl": ("afhaalpunt", "afhalen"),
        "fr": ("retrait", "point de retrait"),
    },
}
FIELD: Final = OneOf.of(**FIELD_WORDS)


class Change(BaseModel):
    """What is to be changed; `given` when the field was named with the command."""

    supplier: int
    field: str = ""
    given: bool = False
    language: str = ""
    text: str = ""


def _supplier(ctx: Context, data: Change) -> Supplier:
    supplier = suppliers.get(ctx.session, data.supplier)
    assert supplier is not None, "suppliers change their state, and are never deleted"
    return supplier


def _ask_field(ctx: Context, data: Change) -> Question:
    offered = tuple(
        Choice(
            name,
            ctx._(field.label),
            tuple(word for words in FIELD_WORDS[name].values() for word in words),
        )
        for name, field in FIELDS.items()
    )
    return Question("suppliers/ask_edit_field", {"supplier": _supplier(ctx, data)}, choices=offered)


def _take_field(ctx: Context, data: Change, answer: Answer) -> Change:
    return data.model_copy(update={"field": answer.chosen[0]})


def _ask_language(ctx: Context, data: Change) -> Question:
    written = _supplier(ctx, data).texts.get(data.field, {})
    offered = dict.fromkeys((*catalogue.languages(), *written))
    return Question(
        "suppliers/ask_edit_language",
        {"field_name": FIELDS[data.field].label, "written": [catalogue.own_name(c) for c in written]},
        choices=tuple(Choice(code, catalogue.own_name(code)) for code in offered),
    )  # fmt: skip


def _take_language(ctx: Context, data: Change, answer: Answer) -> Change:
    return data.model_copy(update={"language": answer.chosen[0]})


def _ask_value(ctx: Context, data: Change) -> Question:
    supplier = _supplier(ctx, data)
    value = value_of(draft_of(supplier), data.field, data.language)
    return Question(
        "suppliers/ask_edit_value",
        {
            "supplier": supplier,
            "field": data.field,
            "field_name": FIELDS[data.field].label,
            "now": shown(ctx, data.field, value),
        },
        choices=choices(ctx, data.field),
        several=data.field == "modes",
    )


def _take_value(ctx: Context, data: Change, answer: Answer) -> Change:
    text = "; ".join(answer.chosen) if answer.chosen else answer.text
    taken = data.model_copy(update={"text": "" if answer.cleared else text})
    _changed(ctx, taken)
    return taken


def _changed(ctx: Context, data: Change) -> tuple[Draft, Parsed]:
    """The supplier with the new value in it. Raises Misunderstood."""
    supplier = _supplier(ctx, data)
    parsed = understood(ctx, data.field, data.text, country=supplier.company_country)
    value = parsed.value
    if isinstance(value, Company):
        same = suppliers.by_company(ctx.session, value.country, value.number)
        if same is not None and same.id != supplier.id:
            raise Misunderstood(
                N_("a number of its own: this one is that of supplier %(number)s, %(name)s"),
                number=same.id,
                name=same.name,
            )
    try:
        return with_value(draft_of(supplier), data.field, value, data.language), parsed
    except FieldError as error:
        raise misunderstood(ctx, data.field, error) from error


def _finish(ctx: Context, data: Change) -> None:
    teams.buyers(ctx, None)
    supplier, name = _supplier(ctx, data), data.field
    try:
        draft, parsed = _changed(ctx, data)
    except Misunderstood as problem:
        raise Refused(problem.expected, **problem.values) from problem
    before = value_of(draft_of(supplier), name, data.language)
    after = value_of(draft, name, data.language)
    if after != before:
        asked_again = suppliers.change(ctx.session, supplier.id, draft, now=ctx.now_ms)
        ctx.audit("supplier.edited", subject(supplier.id), field=name)
        reindex(ctx.session, ctx.labels, supplier.id)
        show_progress(ctx, supplier.id, asked_again=asked_again)
    ctx.reply(
        "suppliers/edited",
        supplier=_supplier(ctx, data),
        field_name=FIELDS[name].label,
        before=shown(ctx, name, before),
        after=shown(ctx, name, after),
        changed=after != before,
        notes=noticed(ctx, name, parsed.notes),
        field=name,
    )
    if after != before and supplier.is_visible and name in _TOLD:
        tell_team(
            ctx,
            "buyers",
            "suppliers/edited_told",
            supplier=_supplier(ctx, data),
            before_name=supplier.name,
            field_name=FIELDS[name].label,
            by=ctx.user,
        )


dialogue: Dialogue[Change] = Dialogue(
    "suppliers.edit",
    title=N_("change a supplier"),
    data=Change,
    steps=(
        Step("field", _ask_field, _take_field, optional=False, applies=lambda data: not data.given),
        Step(
            "language",
            _ask_language,
            _take_language,
            optional=False,
            applies=lambda data: data.field in TEXTS,
        ),
        Step(
            "needed",
            _ask_value,
            _take_value,
            optional=False,
            applies=lambda data: data.field in REQUIRED,
        ),
        Step(
            "value",
            _ask_value,
            _take_value,
            optional=False,
            applies=lambda data: data.field not in REQUIRED,
            clears=True,
        ),
    ),
    finish=_finish,
)


@dataclass(frozen=True, slots=True)
class EditArguments:
    supplier: int = positional(SupplierNumber(), N_("the number of a supplier"))
    field: str = rest(N_("what to change"), longest=60, default="")


@router.command(
    "supplier edit",
    nl=("leverancier aanpassen", "leverancier bewerken", "leverancier wijzigen"),
    fr=("fournisseur modifier", "modifier fournisseur"),
    summary=N_("changes what is written about a supplier, one field at a time"),
    examples={
        "en": ("supplier edit 12", "supplier edit 12 website"),
        "nl": ("leverancier aanpassen 12", "leverancier aanpassen 12 website"),
        "fr": ("fournisseur modifier 12", "fournisseur modifier 12 site"),
    },
    arguments=EditArguments,
    check=teams.buyers,
    who=teams.BUYERS,
)
@discreetly
def edit(ctx: Context, arguments: EditArguments) -> None:
    supplier = known(ctx, arguments.supplier)
    field = FIELD.convert(arguments.field, ctx) if arguments.field else ""
    ctx.frame.start(
        ctx, dialogue.name, Change(supplier=supplier.id, field=field, given=bool(field))
    )
