"""What a catalogue's file looks like: its columns, their headers in each language, and the sheet of a workbook
that holds it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from commands import spreadsheets
from commands.kernel.catalogue import languages
from commands.spreadsheets import Columns, Table
from commands.suppliers.fields import TEXTS

SHEET: Final = "suppliers"

# What a column is called in each language; a text has a column for each, such as `offer_nl`. Those that
# begin with `_` are there to be read, and an import passes them over.
_HEADERS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "number": {"en": "number", "nl": "nummer", "fr": "numéro"},
        "name": {"en": "name", "nl": "naam", "fr": "nom"},
        "company_country": {"en": "country", "nl": "land", "fr": "pays"},
        "company_number": {
            "en": "company_number",
            "nl": "ondernemingsnummer",
            "fr": "numéro_entreprise",
        },
        "class": {"en": "class", "nl": "klasse", "fr": "classe"},
        "modes": {"en": "modes", "nl": "wijzen", "fr": "modes"},
        "categories": {"en": "categories", "nl": "categorieën", "fr": "catégories"},
        "regions": {"en": "regions", "nl": "regio's", "fr": "régions"},
        "languages": {"en": "languages", "nl": "talen", "fr": "langues"},
        "website": {"en": "website", "nl": "website", "fr": "site"},
        "contact": {"en": "contact", "nl": "contact", "fr": "contact"},
        "offer": {"en": "offer", "nl": "aanbod", "fr": "offre"},
        "deal": {"en": "deal", "nl": "voordeel", "fr": "avantage"},
        "steps": {"en": "steps", "nl": "stappen", "fr": "étapes"},
        "code": {"en": "code", "nl": "code", "fr": "code"},
        "deal_contact": {"en": "deal_contact", "nl": "contact_voordeel", "fr": "contact_avantage"},
        "starts": {"en": "starts", "nl": "begin", "fr": "début"},
        "ends": {"en": "ends", "nl": "einde", "fr": "fin"},
        "deposit": {"en": "deposit", "nl": "waarborg", "fr": "caution"},
        "pickup": {"en": "pickup", "nl": "afhaalpunt", "fr": "retrait"},
        "_state": {"en": "_state", "nl": "_status", "fr": "_statut"},
        "_score": {"en": "_score", "nl": "_score", "fr": "_score"},
        "_review_due": {"en": "_review_due", "nl": "_herziening", "fr": "_prochain_examen"},
        "_rating": {"en": "_rating", "nl": "_beoordeling", "fr": "_note"},
    }
)
_ALSO: Final[Mapping[str, str]] = MappingProxyType(
    {
        "number": "supplier|supplier number|no|nr|leverancier|leveranciersnummer|fournisseur"
        "|numéro de fournisseur|n°",
        "name": "supplier name|naam van de leverancier|nom du fournisseur",
        "company_country": "company country|country of the company|land van de onderneming"
        "|pays de l'entreprise",
        "company_number": "company|company no|vat|vat number|kbo|kvk|btw|btw-nummer|siren|siret|bce|tva"
        "|numéro d'entreprise|numéro de tva",
        "modes": "mode|wijze|manier|manière|manières",
        "categories": "category|categorie|catégorie",
        "regions": "region|place|places|regio|regios|plaats|région|lieu|lieux",
        "languages": "language|taal|langue",
        "website": "site web|web|url|link",
        "contact": "contact for buyers|contact voor aankopers|contact des acheteurs",
        "code": "discount code|kortingscode|code de remise|code promo",
        "deal_contact": "contact for members|contact voor leden|contact pour les membres",
        "starts": "start|first day|eerste dag|premier jour",
        "ends": "end|last day|until|eind|laatste dag|tot|dernier jour|jusqu'à",
        "deposit": "guarantee|borg",
    }
)


def text_column(field: str, language: str) -> str:
    """Our name for the column of a text in a language."""
    return f"{field}_{language}"


def _headers() -> dict[str, dict[str, str]]:
    """Our name for every column, with its header by language."""
    found: dict[str, dict[str, str]] = {}
    for name, headers in _HEADERS.items():
        if name not in TEXTS:
            found[name] = dict(headers)
            continue
        for code in languages():
            called = {spoken: text_column(header, code) for spoken, header in headers.items()}
            found[text_column(name, code)] = called
    return found


HEADERS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(_headers())
# Our name for the column of a text -> field and language.
TEXT_COLUMNS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {text_column(field, code): (field, code) for field in TEXTS for code in languages()}
)
_WRITABLE: Final = tuple(name for name in HEADERS if not name.startswith("_"))
COLUMNS: Final = Columns(
    names=_WRITABLE,
    mandatory=("name", "class"),
    aliases={
        name: "|".join(dict.fromkeys((*HEADERS[name].values(), *_ALSO.get(name, name).split("|"))))
        for name in _WRITABLE
    },
)


def header(name: str, language: str) -> str:
    """What a column is called in a language, else in English."""
    return HEADERS[name].get(language) or HEADERS[name]["en"]


def read(source: Path | bytes, name: str | None = None) -> Table:
    """Read a catalogue's file or its bytes. Raises SpreadsheetError, OSError."""
    return spreadsheets.read(source, COLUMNS, sheet=SHEET, name=name)
