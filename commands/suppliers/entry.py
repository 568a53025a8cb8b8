"""The model through which every supplier comes in as texts: from a catalogue's row, or from a conversation."""

from __future__ import annotations

from typing import Annotated, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationInfo, field_validator

from commands.kernel import fields as kernel
from commands.kernel.fields import FieldError, Note, at_the_door
from commands.kernel.text import one_line
from commands.suppliers.companies import Company, company
from commands.suppliers.fields import TEXTS, Around, Value, check_period, deal_or_none, parse
from storage.suppliers import Class, Deal, Draft, Mode


class Circumstances:
    """What a model is made in: `around`, and the notes that came of it, each with its field."""

    def __init__(self, around: Around) -> None:
        self.around = around
        self.notes: list[tuple[str, Note]] = []


def _text(text: str, info: ValidationInfo[Circumstances]) -> str:
    assert info.context is not None
    assert info.field_name is not None
    try:
        return str(parse(info.field_name, text, info.context.around).value or "")
    except FieldError as error:
        raise at_the_door(error) from error


_Text = Annotated[str, AfterValidator(_text)]


class Entry(BaseModel):
    """A supplier at the door, every field as a text, those of `TEXTS` by language: becomes values or errors
    (`commands.kernel.fields.faults`), all of them at once.

    `Entry.model_validate(texts, context=Circumstances(around))`. `class` and `deal` are the fields of those
    names. `company_country` may be empty where the number names its country, and means nothing without one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    class_: str
    modes: tuple[str, ...] = ("buy",)
    categories: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    website: str | None = None
    company_country: str | None = None
    company: Company | None = None
    contact: str | None = None
    offer: dict[str, _Text] = {}
    deal: dict[str, _Text] = {}
    steps: dict[str, _Text] = {}
    pickup: dict[str, _Text] = {}
    code: str | None = None
    deal_contact: str | None = None
    starts: str | None = None
    ends: str | None = None
    deposit: int | None = None

    @field_validator("company_country", mode="before")
    @classmethod
    def _country(cls, text: str) -> str | None:
        try:
            return kernel.country(one_line(text)) if one_line(text) else None
        except FieldError as error:
            raise at_the_door(error) from error

    @field_validator("company", mode="before")
    @classmethod
    def _company(cls, text: str, info: ValidationInfo[Circumstances]) -> Value:
        assert info.context is not None
        if not one_line(text) or "company_country" not in info.data:
            return None
        country = info.data["company_country"]
        usual = info.context.around.country
        try:
            return company(text, country=country, usual=usual)
        except FieldError as error:
            raise at_the_door(error) from error

    @field_validator(
        "name", "class_", "modes", "categories", "regions", "languages", "website", "contact",
        "code", "deal_contact", "starts", "ends", "deposit", mode="before",
    )  # fmt: skip
    @classmethod
    def _one(cls, text: str, info: ValidationInfo[Circumstances]) -> Value:
        assert info.context is not None
        assert info.field_name is not None
        name = info.field_name.rstrip("_")
        try:
            parsed = parse(name, text, info.context.around)
            if name == "ends":
                check_period(info.data.get("starts"), cast(str | None, parsed.value))
        except FieldError as error:
            raise at_the_door(error) from error
        info.context.notes.extend((name, note) for note in parsed.notes)
        return parsed.value

    def draft(self) -> Draft:
        written = {field: getattr(self, field) for field in TEXTS}
        texts: dict[str, dict[str, str]] = {
            field: {language: text for language, text in by_language.items() if text}
            for field, by_language in written.items()
            if any(by_language.values())
        }
        return Draft(
            self.name,
            cast(Class, self.class_),
            self.company.country if self.company else None,
            self.company.number if self.company else None,
            self.website,
            self.contact,
            cast(tuple[Mode, ...], self.modes),
            self.categories,
            self.regions,
            self.languages,
            texts,
            deal_or_none(
                Deal(self.code, self.deal_contact, self.starts, self.ends, self.deposit),
                texts.get("deal") or texts.get("steps"),
            ),
        )
